//! The shipped wake words are heard in speech, once, where they end, and in nothing else.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sotto::audio::file::read_all;
use sotto::audio::{FRAME_MS, FRAME_SAMPLES, Frame, SAMPLE_RATE};
use sotto::wake::frontend::FrontEnd;
use sotto::wake::network::Network;
use sotto::wake::{Detection, SHIPPED_FILE, WakeConfig, WakeDetector, WakeError, Weights};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shipped() -> PathBuf {
    root().join("models/wake").join(SHIPPED_FILE)
}

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("SOTTO_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    folder.is_dir().then_some(folder)
}

fn sound(path: &Path) -> Vec<f32> {
    read_all(path, 60_000).unwrap_or_else(|error| panic!("{error}"))
}

fn sample(name: &str) -> Vec<f32> {
    sound(&root().join("tests/data/wake").join(format!("{name}.wav")))
}

fn silence(ms: usize) -> Vec<f32> {
    vec![0.0; ms * SAMPLE_RATE as usize / 1000]
}

fn frames(samples: &[f32]) -> impl Iterator<Item = Frame> {
    samples.chunks(FRAME_SAMPLES).map(|chunk| {
        let mut frame = [0.0; FRAME_SAMPLES];
        frame.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        frame
    })
}

/// All detections in `samples`, with half a second of silence after it.
fn hear(samples: &[f32]) -> Vec<Detection> {
    let weights = Weights::read(&shipped()).unwrap();
    let mut detector = WakeDetector::new(&WakeConfig::default(), &weights).unwrap();
    let all: Vec<f32> = samples.iter().copied().chain(silence(500)).collect();
    frames(&all).enumerate().filter_map(|(n, frame)| detector.push(n as u64 * FRAME_MS, &frame)).collect()
}

fn words(found: &[Detection]) -> Vec<&str> {
    found.iter().map(|detection| detection.word.as_str()).collect()
}

#[test]
fn each_word_wakes_once_and_where_it_ends() {
    // Where the word ends in the sample, read off its waveform.
    for (name, word, end_ms) in
        [("computer_command", "computer", COMPUTER_END_MS), ("jarvis_command", "jarvis", JARVIS_END_MS)]
    {
        let found = hear(&sample(name));
        assert_eq!(words(&found), [word]);
        assert!(
            found[0].at_ms.abs_diff(end_ms) <= 120,
            "{word} ended at {end_ms} ms, not {} ms",
            found[0].at_ms
        );
        assert!((0.0..=1.0).contains(&found[0].score));
    }
}

const COMPUTER_END_MS: u64 = 930;
const JARVIS_END_MS: u64 = 920;

#[test]
fn a_command_without_a_wake_word_wakes_nothing() {
    assert_eq!(hear(&sample("no_wake_word")), []);
}

#[test]
fn two_words_three_seconds_apart_wake_twice() {
    let (first, second) = (sample("computer_command"), sample("jarvis_command"));
    let all = [silence(700), first.clone(), silence(3000), second, silence(3000), first].concat();
    assert_eq!(words(&hear(&all)), ["computer", "jarvis", "computer"]);
}

#[test]
fn loudness_hardly_matters() {
    let word = sample("computer_command");
    for gain in [0.01, 0.1, 1.0, 4.0] {
        let louder: Vec<f32> = word.iter().map(|s| s * gain).collect();
        assert_eq!(words(&hear(&louder)), ["computer"], "at gain {gain}");
    }
}

#[test]
fn what_is_no_speech_wakes_nothing() {
    let seconds = 20 * SAMPLE_RATE as usize;
    let tone = |hz: f32, level: f32| -> Vec<f32> {
        (0..seconds)
            .map(|n| level * (std::f32::consts::TAU * hz * n as f32 / SAMPLE_RATE as f32).sin())
            .collect()
    };
    let mut state = 1u32;
    let noise: Vec<f32> = (0..seconds)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect();
    // Silence, a loud tone, silence, and so on: beginnings and ends are where a detector slips.
    let bursts: Vec<f32> =
        tone(1000.0, 0.9).iter().enumerate().map(|(n, s)| if n / 6000 % 2 == 0 { *s } else { 0.0 }).collect();
    for (name, samples) in [
        ("silence", silence(20_000)),
        ("a constant", vec![0.8; seconds]),
        ("1 kHz", tone(1000.0, 0.9)),
        ("100 Hz hum", tone(100.0, 0.5)),
        ("full-scale square wave", tone(220.0, 1.0).iter().map(|s| s.signum()).collect()),
        ("7.9 kHz, what ultrasound folds down to", tone(7_900.0, 0.9)),
        ("a sweep", (0..seconds).map(|n| sweep(n as f32 / SAMPLE_RATE as f32)).collect()),
        ("white noise", noise.clone()),
        ("quiet noise", noise.iter().map(|s| s * 0.001).collect()),
        ("bursts", bursts),
        ("no numbers", vec![f32::NAN; seconds]),
    ] {
        assert_eq!(hear(&samples), [], "{name}");
    }
}

/// A tone that rises from 50 Hz to 5 kHz every 2 s.
fn sweep(time: f32) -> f32 {
    let within = time % 2.0;
    0.8 * (std::f32::consts::TAU * (50.0 * within + 1_237.5 * within * within)).sin()
}

#[test]
fn people_talking_over_each_other_wake_nothing() {
    let Some(data) = data() else {
        println!("skipped: the recordings of people are not here");
        return;
    };
    let mut files: Vec<PathBuf> = ["alexa", "snowboy", "view_glass", "smart_mirror"]
        .iter()
        .flat_map(|word| std::fs::read_dir(data.join("wake").join(word)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    // Four voices at a time, each saying one word after another, all out of step.
    let voices: Vec<Vec<f32>> = (0..4)
        .map(|voice| files.iter().skip(voice).step_by(4).flat_map(|file| sound(file)).collect())
        .collect();
    let shortest = voices.iter().map(Vec::len).min().unwrap();
    let babble: Vec<f32> =
        (0..shortest).map(|n| 0.5 * voices.iter().map(|voice| voice[n]).sum::<f32>()).collect();
    assert!(shortest > 120 * SAMPLE_RATE as usize);
    assert_eq!(hear(&babble), []);
}

#[test]
fn the_samples_of_the_demo_wake_once_each_and_the_answer_does_not() {
    let mut heard = 0;
    for entry in std::fs::read_dir(root().join("samples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|kind| kind != "wav") {
            continue;
        }
        let expected = if name == "10-yes.wav" { 0 } else { 1 };
        assert_eq!(hear(&sound(&path)).len(), expected, "{name}");
        heard += 1;
    }
    assert!(heard >= 13);
}

#[test]
fn what_came_before_does_not_matter_after_a_while() {
    let word = sample("computer_command");
    let noise: Vec<f32> =
        sample("no_wake_word").iter().cycle().take(30 * SAMPLE_RATE as usize).copied().collect();
    let fresh = hear(&[silence(3000), word.clone()].concat());
    let late = hear(&[noise, silence(3000), word].concat());
    assert_eq!(words(&late), ["computer"]);
    assert!((late[0].score - fresh[0].score).abs() < 0.05);
}

#[test]
fn only_the_chosen_word_wakes() {
    let weights = Weights::read(&shipped()).unwrap();
    let config = WakeConfig { words: vec!["Jarvis".into()], ..WakeConfig::default() };
    let mut detector = WakeDetector::new(&config, &weights).unwrap();
    let all = [sample("computer_command"), silence(1000), sample("jarvis_command"), silence(500)].concat();
    let found: Vec<Detection> = frames(&all)
        .enumerate()
        .filter_map(|(n, frame)| detector.push(n as u64 * FRAME_MS, &frame))
        .collect();
    assert_eq!(words(&found), ["jarvis"]);

    let unknown = WakeConfig { words: vec!["abracadabra".into()], ..WakeConfig::default() };
    let error = WakeDetector::new(&unknown, &weights).err().unwrap().to_string();
    assert!(error.contains("abracadabra") && error.contains("computer, jarvis"), "{error}");
}

#[test]
fn a_damaged_model_is_refused_with_its_name() {
    let good = std::fs::read(shipped()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.sottowake");
    for bytes in [&good[..0], &good[..7], &good[..100], &good[..good.len() - 1], b"RIFF\x24\0\0\0WAVEfmt "] {
        std::fs::write(&path, bytes).unwrap();
        let error = Weights::read(&path).unwrap_err();
        assert!(matches!(error, WakeError::Damaged { .. }));
        assert!(error.to_string().contains("broken.sottowake"), "{error}");
    }
    let mut altered = good;
    let middle = altered.len() / 2;
    altered[middle] ^= 0x10;
    std::fs::write(&path, altered).unwrap();
    assert!(Weights::read(&path).unwrap_err().to_string().contains("altered"));
    let missing = Weights::read(&folder.path().join("nowhere.sottowake")).unwrap_err();
    assert!(matches!(missing, WakeError::Unreadable { .. }));
}

#[derive(Deserialize)]
struct Fixture {
    files: Vec<Heard>,
}

#[derive(Deserialize)]
struct Heard {
    /// Relative to the repository.
    file: Option<String>,
    /// Relative to the recordings of people, which are not part of it.
    data: Option<String>,
    /// `bands` has every so manieth frame.
    every: usize,
    bands: Vec<Vec<f32>>,
    logits: Vec<Vec<f32>>,
}

/// `models/wake/fixture.py` wrote what PyTorch makes of the same sound.
#[test]
fn rust_hears_what_pytorch_heard() {
    let text = std::fs::read_to_string(root().join("tests/data/wake/fixture.json")).unwrap();
    let fixture: Fixture = serde_json::from_str(&text).unwrap();
    let weights = Weights::read(&shipped()).unwrap();
    let mut compared = 0;
    for heard in fixture.files {
        let path = match (&heard.file, &heard.data, data()) {
            (Some(file), _, _) => root().join(file),
            (None, Some(file), Some(folder)) => folder.join(file),
            (_, file, _) => {
                println!("skipped: the recordings of people are not here ({file:?})");
                continue;
            }
        };
        let samples = sound(&path);
        let (mut front, mut network) = (FrontEnd::new(), Network::new(&weights));
        let (mut bands_apart, mut logits_apart) = (0f32, 0f32);
        let mut expected = heard.logits.iter();
        for (n, frame) in frames(&samples[..samples.len() / FRAME_SAMPLES * FRAME_SAMPLES]).enumerate() {
            let bands = front.push(&frame);
            if n % heard.every == 0 {
                let theirs = &heard.bands[n / heard.every];
                bands.iter().zip(theirs).for_each(|(a, b)| bands_apart = bands_apart.max((a - b).abs()));
            }
            if let Some(logits) = network.push(&bands) {
                let theirs = expected.next().unwrap();
                assert_eq!(logits.len(), theirs.len());
                logits.iter().zip(theirs).for_each(|(a, b)| logits_apart = logits_apart.max((a - b).abs()));
            }
        }
        assert!(expected.next().is_none());
        println!("{}: bands {bands_apart:.5} apart, logits {logits_apart:.5}", path.display());
        assert!(
            bands_apart < 2e-3 && logits_apart < 5e-3,
            "{}: {bands_apart} {logits_apart}",
            path.display()
        );
        compared += heard.logits.len();
    }
    assert!(compared > 300);
}
