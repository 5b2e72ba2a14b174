//! What is played comes out of the loudspeaker, once, and stops when told.

use crate::alsa::{Listener, RATE, SPEAKER, difference_db, with_devices};
use sotto::assistant::mouth::Sink;
use sotto::audio::playback::Playback;
use sotto::audio::{AudioConfig, resample};
use std::thread;
use std::time::{Duration, Instant};

/// The rate of Piper's voices, in Hz.
const VOICE_HZ: u32 = 22_050;

fn named(output: &str) -> AudioConfig {
    AudioConfig { input: String::new(), output: output.into() }
}

/// A tone whose pitch climbs, so that every moment of it is unlike the others.
fn glide(seconds: f32) -> Vec<f32> {
    let count = (seconds * VOICE_HZ as f32) as usize;
    (0..count)
        .map(|n| {
            let t = n as f32 / VOICE_HZ as f32;
            0.5 * (std::f32::consts::TAU * (200.0 + 300.0 * t) * t).sin()
        })
        .collect()
}

/// Waits until nothing sounds any more; how long that took.
fn wait(playback: &Playback) -> Duration {
    let began = Instant::now();
    while playback.is_playing() {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not end");
        thread::sleep(Duration::from_millis(5));
    }
    began.elapsed()
}

/// Where `heard` begins to be loud.
fn onset(heard: &[f32]) -> usize {
    heard.iter().position(|s| s.abs() > 1e-3).unwrap_or(heard.len())
}

#[test]
fn two_sounds_are_heard_one_after_the_other() {
    with_devices("speaker::two_sounds_are_heard_one_after_the_other", |devices| {
        let listener = Listener::start(devices);
        let mut playback = Playback::open(&named(SPEAKER)).unwrap();
        let (first, second) = (glide(0.8), glide(0.5));
        assert!(!playback.is_playing());
        playback.play(&first, VOICE_HZ);
        Sink::play(&mut playback, &second, VOICE_HZ);
        assert!(playback.is_playing());
        let took = wait(&playback);
        assert!(took >= Duration::from_millis(900), "over after {took:?}, before it can have been heard");
        drop(playback);
        thread::sleep(Duration::from_millis(500));
        let heard = listener.heard();
        let mut wanted = resample::resample(&first, VOICE_HZ, RATE as u32).unwrap();
        wanted.extend(resample::resample(&second, VOICE_HZ, RATE as u32).unwrap());
        let begin = onset(&heard) - onset(&wanted);
        let difference = difference_db(&heard[begin..], &wanted);
        println!("played {} samples, {difference:.1} dB beside what was asked, took {took:?}", wanted.len());
        assert!(heard.len() >= begin + wanted.len());
        assert!(difference < -50.0, "{difference} dB");
        assert!(heard[begin + wanted.len()..].iter().all(|s| *s == 0.0), "something after the end");
    });
}

#[test]
fn a_stop_is_silence_and_the_next_sound_is_whole() {
    with_devices("speaker::a_stop_is_silence_and_the_next_sound_is_whole", |devices| {
        let listener = Listener::start(devices);
        let mut playback = Playback::open(&named(SPEAKER)).unwrap();
        let long = glide(5.0);
        let sound = glide(0.6);
        playback.play(&long, VOICE_HZ);
        thread::sleep(Duration::from_millis(600));
        playback.stop();
        assert!(!playback.is_playing());
        playback.play(&sound, VOICE_HZ);
        wait(&playback);
        drop(playback);
        thread::sleep(Duration::from_millis(500));
        let heard = listener.heard();
        let end = heard.len() - heard.iter().rev().position(|s| s.abs() > 1e-3).unwrap();
        let wanted = resample::resample(&sound, VOICE_HZ, RATE as u32).unwrap();
        let trailing = wanted.iter().rev().position(|s| s.abs() > 1e-3).unwrap();
        let begin = end + trailing - wanted.len();
        let difference = difference_db(&heard[begin..], &wanted);
        println!("the second sound is {difference:.1} dB beside what was asked");
        assert!(difference < -50.0, "{difference} dB");
        let before = heard[..begin].iter().filter(|s| **s != 0.0).count();
        assert!((RATE / 10..RATE * 2).contains(&before), "{before} samples of the five seconds were heard");
    });
}

#[test]
fn a_loudspeaker_that_takes_nothing_does_not_hold_anybody_up() {
    with_devices("speaker::a_loudspeaker_that_takes_nothing_does_not_hold_anybody_up", |devices| {
        let listener = Listener::start(devices);
        let mut playback = Playback::open(&named(SPEAKER)).unwrap();
        playback.play(&[], VOICE_HZ);
        assert!(!playback.is_playing());
        // A rate that nothing can play is dropped, and the next sound is played all the same.
        playback.play(&[0.5; 100], 10);
        playback.play(&glide(0.2), VOICE_HZ);
        wait(&playback);
        drop(playback);
        thread::sleep(Duration::from_millis(300));
        assert!(listener.heard().iter().any(|s| s.abs() > 0.3));
    });
}
