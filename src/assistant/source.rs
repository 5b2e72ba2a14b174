//! Where the hearing thread's sound comes from.

use super::event::EventKind;
use crate::audio::Frame;
use crate::audio::capture::{Capture, CaptureEvent};
use std::time::Duration;

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

impl Source for Capture {
    fn next(&mut self) -> Sounded {
        match Capture::next(self, Duration::from_millis(100)) {
            None => Sounded::Nothing,
            Some(CaptureEvent::Frame(frame)) => Sounded::Frame(frame),
            Some(CaptureEvent::Level { dbfs }) => Sounded::Told(EventKind::Level { dbfs }),
            Some(CaptureEvent::Overrun { samples }) => Sounded::Told(EventKind::Overrun { samples }),
            Some(CaptureEvent::Lost { reason }) => {
                Sounded::Told(EventKind::Microphone { there: false, reason })
            }
            Some(CaptureEvent::Back) => {
                Sounded::Told(EventKind::Microphone { there: true, reason: String::new() })
            }
        }
    }
}
