//! Where weights come from.
//!
//! In comes a name; out comes the path of a file whose hash was checked. What must never happen here: a
//! download that nobody asked for; a half-written file under a final name.
