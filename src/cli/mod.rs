//! The command line, one file a subcommand.
//!
//! In come arguments; out come text or JSON lines and an exit code: 0 done, 1 it failed, 2 wrong usage or
//! configuration, 3 heard or read but not understood.
