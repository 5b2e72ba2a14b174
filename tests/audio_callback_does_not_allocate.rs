//! The device's callbacks allocate nothing. This file is a program of its own, because it counts the
//! allocations of the whole process.

#[path = "sound_devices/alsa.rs"]
mod alsa;

use sotto::audio::AudioConfig;
use sotto::audio::capture::{Capture, CaptureEvent};
use sotto::audio::format::StreamFormat;
use sotto::audio::ring;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};
use std::alloc::System;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test at a time: the count is of the process.
static ALONE: Mutex<()> = Mutex::new(());

fn allocated(during: impl FnOnce()) -> Stats {
    let region = Region::new(COUNTED);
    during();
    region.change()
}

#[test]
fn pushing_and_filling_periods_allocates_nothing() {
    let _alone = ALONE.lock().unwrap();
    let format = StreamFormat { rate_hz: 48_000, channels: 2, sample: cpal::SampleFormat::I16 };
    let (mut intake, mut inflow) = ring::intake(&format, 100);
    let state = Arc::new(ring::OutletState::default());
    let (mut queue, mut outlet) = ring::outlet(&format, 100, Arc::clone(&state));
    let mut period = vec![7u8; 1_440 * format.frame_bytes()];
    let sound = vec![0.25f32; 1_000];
    let mut taken = vec![0u8; period.len()];
    let counted = allocated(|| {
        for turn in 0..1_000 {
            intake.push(&period);
            state.hush.store(turn % 7 == 0, Ordering::Relaxed);
            let _ = queue.push_partial_slice(&sound);
            outlet.fill(&mut period);
            // Now and then nobody takes what is there, so that the full ring is seen too.
            if turn % 5 != 0 {
                let _ = inflow.ring.pop_entire_slice(&mut taken);
            }
        }
    });
    assert!(inflow.lost.load(Ordering::Relaxed) > 0);
    assert_eq!((counted.allocations, counted.reallocations, counted.deallocations), (0, 0, 0), "{counted:?}");
    // The counter counts.
    assert!(allocated(|| drop(std::hint::black_box(vec![1u8; 100]))).allocations > 0);
}

#[test]
fn a_running_microphone_allocates_nothing_in_its_own_thread() {
    let _alone = ALONE.lock().unwrap();
    alsa::with_devices("a_running_microphone_allocates_nothing_in_its_own_thread", |devices| {
        let microphone = devices.speak_into_microphone(vec![0.1; 48_000 * 4]);
        microphone.free();
        let mut capture =
            Capture::open(&AudioConfig { input: alsa::MICROPHONE.into(), output: String::new() }).unwrap();
        let first = (0..200).find_map(|_| match capture.next(Duration::from_millis(50)) {
            Some(CaptureEvent::Frame(frame)) => Some(frame),
            _ => None,
        });
        assert!(first.is_some(), "no sound came");
        // Nobody takes anything now: whatever is allocated is allocated by the callback's thread, or by the
        // one that feeds the pipe with what was made before.
        let counted = allocated(|| thread::sleep(Duration::from_millis(1_500)));
        assert_eq!((counted.allocations, counted.reallocations), (0, 0), "{counted:?}");
        let mut frames = 0;
        while let Some(event) = capture.next(Duration::ZERO) {
            frames += usize::from(matches!(event, CaptureEvent::Frame(_)));
        }
        assert!(frames > 100, "the callback did run: {frames} frames");
    });
}
