//! What goes into the microphone comes out as 16 kHz mono frames.

use crate::alsa::{FAST_MICROPHONE, MICROPHONE, NAMED, RATE, Voice, difference_db, with_devices};
use sotto::assistant::{EventKind, Sounded, Source};
use sotto::audio::capture::{Capture, CaptureEvent};
use sotto::audio::{AudioConfig, AudioError, devices, file, resample};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(50);

fn named(input: &str) -> AudioConfig {
    AudioConfig { input: input.into(), output: String::new() }
}

fn spoken() -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/01-kitchen-ceiling-on.wav");
    file::read_all(&path, 60_000).unwrap()
}

/// Takes `samples` of sound, and everything else that is told on the way.
fn take(capture: &mut Capture, voice: &Voice, samples: usize) -> (Vec<f32>, Vec<CaptureEvent>) {
    let (mut sound, mut told) = (Vec::new(), Vec::new());
    let patience = Instant::now() + Duration::from_secs(60);
    while sound.len() < samples {
        assert!(Instant::now() < patience, "only {} of {samples} samples came; {told:?}", sound.len());
        match capture.next(SHORT) {
            Some(CaptureEvent::Frame(frame)) => {
                sound.extend(frame);
                voice.took(frame.len());
            }
            Some(event) => told.push(event),
            None => {}
        }
    }
    (sound, told)
}

#[test]
fn a_recording_is_captured_as_it_was() {
    with_devices("microphone::a_recording_is_captured_as_it_was", |devices| {
        let recording = spoken();
        let at_device = resample::resample(&recording, 16_000, RATE as u32).unwrap();
        let voice = devices.speak_into_microphone(at_device.clone());
        let mut capture = Capture::open(&named(MICROPHONE)).unwrap();
        assert_eq!(capture.format().to_string(), "48000 Hz, 2 channel(s), f32");
        let (heard, told) = take(&mut capture, &voice, recording.len());
        // The right channel is half as loud: the mean of both is three quarters.
        let wanted: Vec<f32> = resample::resample(&at_device, RATE as u32, 16_000).unwrap();
        let differences = [&wanted, &recording]
            .map(|of| difference_db(&heard, &of.iter().map(|s| 0.75 * s).collect::<Vec<_>>()));
        println!(
            "{} samples: {differences:.1?} dB beside the same without a device, and the recording",
            heard.len()
        );
        assert!(differences[0] < -60.0 && differences[1] < -20.0, "{differences:?} dB");
        let levels: Vec<f32> = told
            .iter()
            .map(|event| match event {
                CaptureEvent::Level { dbfs } => *dbfs,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(levels.len().abs_diff(heard.len() / 1_600) <= 1, "{} levels", levels.len());
        assert!(levels.iter().any(|l| *l > -35.0) && levels.iter().all(|l| (-120.0..=0.0).contains(l)));
        // The device is closed between two periods.
        voice.free();
    });
}

#[test]
fn a_device_of_integers_is_found_by_a_part_of_what_it_is_called() {
    with_devices("microphone::a_device_of_integers_is_found_by_a_part_of_what_it_is_called", |_| {
        // Digital silence, as fast as it is read.
        let mut capture = Capture::open(&named("integers ONLY")).unwrap();
        assert_eq!(capture.format().to_string(), "48000 Hz, 2 channel(s), i32");
        let heard = (0..100).find_map(|_| match capture.next(SHORT) {
            Some(CaptureEvent::Frame(frame)) => Some(frame),
            _ => None,
        });
        assert_eq!(heard, Some([0.0; 160]));
    });
}

#[test]
fn a_microphone_that_goes_away_is_waited_for() {
    with_devices("microphone::a_microphone_that_goes_away_is_waited_for", |devices| {
        let pipe = devices.path("in.pipe");
        fs::rename(&pipe, devices.path("first.pipe")).unwrap();
        symlink(devices.path("first.pipe"), &pipe).unwrap();
        let first = devices.speak_into_microphone(vec![0.2; RATE]);
        let mut capture = Capture::open(&named(MICROPHONE)).unwrap();
        take(&mut capture, &first, 8_000);

        // Nothing comes any more, and there is nothing that could be opened in its place.
        fs::remove_file(&pipe).unwrap();
        first.pause(true);
        let mut told = Vec::new();
        let mut until = |capture: &mut Capture, end: &dyn Fn(&CaptureEvent) -> bool, limit: Duration| {
            let limit = Instant::now() + limit;
            while Instant::now() < limit {
                match capture.next(SHORT) {
                    Some(CaptureEvent::Frame(_) | CaptureEvent::Level { .. }) | None => {}
                    Some(event) => {
                        let found = end(&event);
                        told.push(event);
                        if found {
                            return true;
                        }
                    }
                }
            }
            false
        };
        assert!(until(&mut capture, &|e| matches!(e, CaptureEvent::Lost { .. }), Duration::from_secs(20)));
        // The old device can be closed; opening it again fails a few times.
        first.free();
        assert!(!until(&mut capture, &|_| true, Duration::from_secs(2)), "told again while it is away");

        assert!(devices.make_pipe("second.pipe"));
        symlink(devices.path("second.pipe"), &pipe).unwrap();
        let second = devices.speak_into_microphone(vec![0.2; RATE * 60]);
        assert!(until(&mut capture, &|e| matches!(e, CaptureEvent::Back), Duration::from_secs(40)));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(matches!(&told[0], CaptureEvent::Lost { reason } if !reason.is_empty()));
        let (heard, _) = take(&mut capture, &second, 8_000);
        assert!(heard[4_000..].iter().all(|s| (s - 0.15).abs() < 0.01), "the sound is the second's");
        second.free();
    });
}

#[test]
fn sound_that_nobody_takes_is_counted() {
    with_devices("microphone::sound_that_nobody_takes_is_counted", |_| {
        // This device gives sound as fast as it is read.
        let mut capture = Capture::open(&named(FAST_MICROPHONE)).unwrap();
        thread::sleep(Duration::from_millis(300));
        let lost = (0..10_000).find_map(|_| match capture.next(SHORT) {
            Some(CaptureEvent::Overrun { samples }) => Some(samples),
            _ => None,
        });
        assert!(lost.is_some_and(|samples| samples > 0), "{lost:?}");
        // The hearing thread gets the same as events of the assistant.
        let mut seen = (false, false);
        for _ in 0..100_000 {
            match Source::next(&mut capture) {
                Sounded::Told(EventKind::Level { .. }) => seen.0 = true,
                Sounded::Told(EventKind::Overrun { .. }) => seen.1 = true,
                _ => {}
            }
            if seen == (true, true) {
                return;
            }
        }
        panic!("{seen:?}");
    });
}

#[test]
fn devices_are_listed_and_a_wrong_name_is_told_the_right_ones() {
    with_devices("microphone::devices_are_listed_and_a_wrong_name_is_told_the_right_ones", |_| {
        let found = devices().unwrap();
        assert!(found.inputs.iter().any(|d| d.name == NAMED && d.description == "Integers only"));
        assert!(found.outputs.iter().any(|d| d.name == MICROPHONE));
        let Err(error) = Capture::open(&named("seeed9")) else { panic!("there is no such device") };
        let told = error.to_string();
        assert!(matches!(error, AudioError::Device { .. }), "{told}");
        assert!(
            told.contains("seeed9") && told.contains("[audio] input") && told.contains(MICROPHONE),
            "{told}"
        );
    });
}

#[test]
fn without_a_sound_card_the_error_says_what_is_missing() {
    if Path::new("/dev/snd").exists() {
        println!("skipped: this machine has sound devices");
        return;
    }
    for config in [named(""), named("seeed2micvoicec")] {
        let Err(error) = Capture::open(&config) else { panic!("there is no /dev/snd") };
        println!("{error}");
        assert!(matches!(error, AudioError::NoDevice(_)));
        assert!(error.to_string().contains("/dev/snd"), "{error}");
    }
    assert!(devices().is_err());
}
