//! Text to speech.
//!
//! In comes a reply; out comes sound, sentence by sentence. What must never happen here: a download; a
//! sentence held back until the whole reply is ready.
