//! Where the hearing thread's sound comes from.

use super::event::EventKind;
use crate::audio::Frame;

/// What a source gave.
#[derive(Debug)]
pub enum Sounded {
    /// 10 ms of sound.
    Frame(Frame),
    /// Something to tell.
    Told(EventKind),
    /// Nothing for a while; the caller looks after other things and asks again.
    Nothing,
    /// There will be no more.
    Ended,
}

/// A stream of frames. [`Source::next`] blocks, but for no longer than about 100 ms.
pub trait Source: Send {
    /// The next piece.
    fn next(&mut self) -> Sounded;
}
