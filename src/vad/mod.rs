//! Speech or not, and where an utterance ends.
//!
//! In come frames; out come the start and the end of speech. What must never happen here: the loss of the
//! first word; an utterance without an end.
