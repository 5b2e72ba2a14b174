//! Sound goes through real ALSA devices: captured at another rate, in stereo, and played; a device that goes
//! away comes back.

mod alsa;
mod microphone;
mod service;
mod speaker;
