//! How English words sound.
