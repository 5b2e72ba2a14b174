//! What is no device: timers, the clock.
//!
//! In come skill actions and the time; out come results and things that are due. What must never happen
//! here: a look at the system's clock: the time is always handed in.
