//! Wake word.
//!
//! In come frames of 10 ms; out comes a detection when somebody said a wake word. The work per frame
//! is constant. What must never happen here: a wait; a look into the future; an allocation per frame.
