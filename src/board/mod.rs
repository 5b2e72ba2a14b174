//! The board: what it is, whether its sound hardware is as it should be, and its service manager.
//!
//! In comes what the kernel shows under `/proc`, `/sys`, `/dev` and `/boot`; out come [`Check`]s that say what
//! is wrong and what to do, and the signs of life that systemd waits for. What must never happen here: writing
//! to the system; a check that needs a device to be opened that somebody else may be using; a sign of life
//! while the hearing thread stands still.

mod catalog;
mod check;
mod detect;
mod notify;

pub use catalog::{Board, Bus, I2c, Microphone, boards, microphones};
pub use check::{Check, check, check_under};
pub use notify::{Watchdog, ready, stopping};
