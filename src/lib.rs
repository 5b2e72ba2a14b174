//! Sotto: a voice assistant for the home that never leaves the home.
//!
//! Data walks one way, and the modules stand in that order.
//!
//! * [`config`]: one commented TOML file; every key has a default, a range and a sentence.
//! * [`audio`]: sound in and out. Inside Sotto sound is 16 kHz mono `f32`, cut into frames of 10 ms.
//! * [`wake`]: frames in, the moment somebody says the wake word out.
//! * [`vad`]: frames in, where speech begins and where the utterance ends out.
//! * [`stt`]: an utterance in, a [`stt::Transcript`] with confidence out.
//! * [`intent`]: text in, [`intent::Command`]s out; a sentence grammar first, a language model second.
//! * [`home`]: what exists, in what state, and which MQTT publishes carry out a command.
//! * [`mqtt`]: the connection to the broker, and the broker that a demo or a small home embeds.
//! * [`skills`]: what is no device: timers, alarms, lists, memory, routines, clock.
//! * [`store`]: what must outlive a power cut, in one SQLite file.
//! * [`tts`]: text in, sound out.
//! * [`assistant`]: the state machine that ties the stages, and the events that everyone may watch.
//! * [`models`]: where weights come from.
//! * [`board`]: the board's hardware, looked at; its service manager.
//! * [`cli`]: one file a subcommand.

#![deny(missing_docs)]

pub mod assistant;
pub mod audio;
pub mod board;
pub mod cli;
pub mod config;
pub mod home;
pub mod intent;
pub mod models;
pub mod mqtt;
pub mod skills;
pub mod store;
pub mod stt;
pub mod tts;
pub mod vad;
pub mod wake;
