//! One commented TOML file; every key has a default, a range and a sentence.
