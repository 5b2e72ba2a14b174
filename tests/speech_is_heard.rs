//! What people say becomes text; silence, noise and hostile sound become nothing.

use std::f32::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sotto::audio::file;
use sotto::models::Store;
use sotto::stt::{self, Hints, Recognizer, SttConfig};

/// One test at a time: recognitions beside each other share two cores and wait for one another.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Long enough for a busy machine.
const PATIENCE_MS: u32 = 60_000;

/// The default model, where it is.
fn recognizer() -> Option<Recognizer> {
    let config = SttConfig { time_limit_ms: PATIENCE_MS, ..SttConfig::default() };
    match stt::choose(&Store::locate().unwrap(), &config) {
        Ok((path, config)) => Some(Recognizer::load(&path, &config).unwrap()),
        Err(e) => {
            println!("skipped: {e}");
            None
        }
    }
}

fn samples(name: &str) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
    file::read_all(&path, 60_000).unwrap()
}

fn data(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SOTTO_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// Random numbers that are the same on every run, −0.5..0.5.
fn noise(seed: u32) -> impl FnMut() -> f32 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    }
}

#[test]
fn spoken_commands_are_heard_and_the_same_twice() {
    let _alone = alone();
    let Some(mut recognizer) = recognizer() else { return };
    for (name, words) in [
        ("01-kitchen-ceiling-on.wav", ["turn on", "kitchen ceiling"]),
        ("03-bathroom-off-bedroom-20.wav", ["turn off the bathroom light", "bedroom ceiling"]),
        ("04-curtains-close.wav", ["close", "bedroom curtains"]),
        ("12-timer.wav", ["timer", "minutes"]),
    ] {
        let sound = samples(name);
        let first = recognizer.transcribe(&sound, &Hints::default()).unwrap();
        let heard = first.text.to_lowercase();
        for word in words {
            assert!(heard.contains(word), "{name}: {heard}");
        }
        assert!(first.confidence > 0.4, "{name}: {}", first.confidence);
        assert_eq!(first.audio_ms, sound.len() as u64 / 16);
        let again = recognizer.transcribe(&sound, &Hints::default()).unwrap();
        assert_eq!((again.text, again.confidence), (first.text, first.confidence));
    }
}

#[test]
fn a_recognition_is_abandoned_and_the_next_one_runs() {
    let _alone = alone();
    let Some(mut recognizer) = recognizer() else { return };
    let sound = samples("04-curtains-close.wav");
    let long: Vec<f32> = sound.iter().copied().cycle().take(16_000 * 25).collect();
    let abandon = recognizer.abandon();
    let from_elsewhere = abandon.clone();
    let waiter = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        from_elsewhere.now();
    });
    assert_eq!(recognizer.transcribe(&long, &Hints::default()).unwrap().text, "");
    waiter.join().unwrap();
    // Until it is forgotten, it stands.
    assert_eq!(recognizer.transcribe(&sound, &Hints::default()).unwrap().tokens, []);
    abandon.forget();
    let text = recognizer.transcribe(&sound, &Hints::default()).unwrap().text;
    assert!(text.to_lowercase().contains("curtains"), "{text}");
}

#[test]
fn what_is_no_speech_gives_no_text() {
    let _alone = alone();
    let Some(mut recognizer) = recognizer() else { return };
    let mut random = noise(3);
    let second = 16_000;
    let cases: Vec<(&str, Vec<f32>)> = vec![
        ("nothing", Vec::new()),
        ("one sample", vec![0.3]),
        ("silence", vec![0.0; 3 * second]),
        ("a constant", vec![0.9; 3 * second]),
        ("white noise", (0..3 * second).map(|_| random() * 0.2).collect()),
        (
            "full-scale square wave",
            (0..3 * second).map(|i| if i / 40 % 2 == 0 { 1.0 } else { -1.0 }).collect(),
        ),
        ("1 kHz", (0..3 * second).map(|i| (i as f32 / 16.0 * TAU).sin()).collect()),
        ("hum", (0..3 * second).map(|i| (i as f32 / 160.0 * TAU).sin() * 0.5).collect()),
        ("not numbers", vec![f32::NAN; second]),
        ("swelling noise", (0..3 * second).map(|i| random() * (i as f32 / 4800.0).sin()).collect()),
        ("a click", (0..3 * second).map(|i| if i == 20_000 { 1.0 } else { 0.0 }).collect()),
    ];
    for (name, sound) in cases {
        let transcript = recognizer.transcribe(&sound, &Hints::default()).unwrap();
        assert_eq!(transcript.text, "", "{name}");
        assert_eq!(transcript.confidence, 0.0, "{name}");
    }
}

#[test]
fn household_noise_gives_no_text() {
    let _alone = alone();
    let (Some(mut recognizer), Some(folder)) = (recognizer(), data("noise")) else { return };
    let mut texts = Vec::new();
    let mut pieces = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let sound = file::read_all(&path, 600_000).unwrap();
        // Four seconds here and there: what an endpointer might take for an utterance.
        for piece in sound.chunks_exact(64_000).step_by(3).take(6) {
            pieces += 1;
            let transcript = recognizer.transcribe(piece, &Hints::default()).unwrap();
            if !transcript.text.is_empty() {
                texts.push(format!("{}: {} ({})", path.display(), transcript.text, transcript.confidence));
            }
        }
    }
    println!("{} of {pieces} pieces of noise gave text: {texts:#?}", texts.len());
    assert!(texts.len() * 10 <= pieces, "{texts:#?}");
}

#[test]
fn people_are_heard() {
    let _alone = alone();
    let (Some(mut recognizer), Some(folder)) = (recognizer(), data("commands/generated")) else { return };
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (mut said, mut heard) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let expected = words(path.file_stem().unwrap().to_str().unwrap());
        let text =
            recognizer.transcribe(&file::read_all(&path, 60_000).unwrap(), &Hints::default()).unwrap().text;
        let found = words(&text);
        said += expected.len();
        heard += expected.iter().filter(|word| found.contains(word)).count();
    }
    println!("{heard} of {said} words of the commands were heard");
    assert!(heard * 100 >= said * 85, "{heard} of {said}");
}

#[test]
fn a_language_that_the_model_lacks_is_refused() {
    let _alone = alone();
    let store = Store::locate().unwrap();
    let Ok(path) = store.find("whisper-tiny.en-q8_0").or_else(|_| store.find("whisper-tiny.en")) else {
        println!("skipped: whisper-tiny.en was not pulled");
        return;
    };
    let config = SttConfig { language: "de".into(), ..SttConfig::default() };
    let error = Recognizer::load(&path, &config).err().unwrap().to_string();
    assert!(error.contains("\"de\"") && error.contains("whisper-base"), "{error}");
}

#[test]
fn the_command_prints_the_contracts_keys_and_goes_on_after_a_bad_file() {
    let _alone = alone();
    if recognizer().is_none() {
        return;
    }
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/04-curtains-close.wav");
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.wav");
    std::fs::write(&empty, "").unwrap();
    let quiet = folder.path().join("quiet.wav");
    file::write_wav(&quiet, &[0.0; 32_000], 16_000).unwrap();
    let patient = folder.path().join("patient.toml");
    std::fs::write(&patient, format!("[stt]\ntime_limit_ms = {PATIENCE_MS}\n")).unwrap();
    let run = |files: &[&Path]| {
        let output = Command::new(env!("CARGO_BIN_EXE_sotto"))
            .args(["transcribe", "--open", "--json", "--config"])
            .arg(&patient)
            .args(files)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text, String::from_utf8(output.stderr).unwrap())
    };
    let (code, text, errors) = run(&[&empty, &sample]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("empty.wav"), "{errors}");
    let line: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let keys: Vec<&str> = line.keys().map(String::as_str).collect();
    assert_eq!(keys, ["file", "text", "confidence", "in_grammar", "audio_ms", "compute_ms"]);
    assert!(line["text"].as_str().unwrap().to_lowercase().contains("curtains"));
    // Nobody spoke: heard and not understood.
    let (code, text, errors) = run(&[&quiet]);
    assert_eq!((code, errors.as_str()), (Some(3), ""));
    assert!(text.contains("\"text\":\"\""), "{text}");
}
