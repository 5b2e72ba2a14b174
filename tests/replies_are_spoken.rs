//! A reply becomes sound: by a Piper voice where one was pulled, by the built-in voice everywhere.

use sotto::models::Store;
use sotto::tts::{BUILT_IN, Speaker, TtsConfig, sentences};
use std::time::Instant;

fn built_in() -> Speaker {
    let config = TtsConfig { voice: BUILT_IN.into(), ..TtsConfig::default() };
    Speaker::open(&config, &Store::locate().unwrap()).unwrap()
}

fn piper() -> Option<Speaker> {
    let store = Store::locate().unwrap();
    let config = TtsConfig::default();
    if let Err(error) = store.find(&config.voice).and_then(|_| store.find("onnxruntime")) {
        println!("skipped: {error}");
        return None;
    }
    Some(Speaker::open(&config, &store).unwrap())
}

/// The pieces in which a text is handed out.
fn said(speaker: &mut Speaker, text: &str) -> Vec<Vec<f32>> {
    let mut pieces = Vec::new();
    speaker
        .speak(text, &mut |sound| {
            pieces.push(sound.to_vec());
            true
        })
        .unwrap();
    pieces
}

/// Speech is as long as speech is, is not clipped and is not silent.
fn is_speech(sound: &[f32], rate_hz: u32, words: usize) {
    let seconds = sound.len() as f32 / rate_hz as f32;
    assert!((0.1..1.0).contains(&(seconds / words as f32)), "{seconds} s for {words} words");
    let peak = sound.iter().fold(0.0f32, |peak, s| peak.max(s.abs()));
    assert!((0.5..=1.0).contains(&peak), "peak {peak}");
    let loud = sound.iter().filter(|s| s.abs() > 0.02).count();
    assert!(loud * 5 > sound.len(), "mostly silence");
}

#[test]
fn the_built_in_voice_speaks_without_any_file_of_ours() {
    let mut speaker = built_in();
    let pieces = said(&mut speaker, "The kitchen light is on.");
    assert_eq!(pieces.len(), 1);
    is_speech(&pieces[0], speaker.rate_hz(), 5);
}

#[test]
fn a_piper_voice_speaks_at_its_own_rate() {
    let Some(mut speaker) = piper() else { return };
    assert_eq!(speaker.rate_hz(), 22_050);
    let pieces = said(&mut speaker, "The kitchen light is on.");
    assert_eq!(pieces.len(), 1);
    is_speech(&pieces[0], speaker.rate_hz(), 5);
}

#[test]
fn sentences_are_handed_out_one_by_one_and_stop_when_nobody_listens() {
    let mut speaker = built_in();
    assert_eq!(said(&mut speaker, "The light is on. The fan is off. Good night!").len(), 3);
    let mut heard = 0;
    speaker
        .speak("One is said. Two is not. Three is not.", &mut |_| {
            heard += 1;
            false
        })
        .unwrap();
    assert_eq!(heard, 1);
}

#[test]
fn what_is_said_often_is_remembered() {
    let Some(mut speaker) = piper() else { return };
    let text = "The bedroom lights are off now.";
    let began = Instant::now();
    let first = said(&mut speaker, text);
    let made = began.elapsed();
    let began = Instant::now();
    let again = said(&mut speaker, text);
    assert_eq!(first, again);
    // Hundreds of times quicker; ten leaves room for a busy machine.
    assert!(began.elapsed() * 10 < made, "{:?} after {made:?}", began.elapsed());
}

#[test]
fn louder_and_faster_are_what_they_say() {
    let store = Store::locate().unwrap();
    let open = |speed, volume| {
        let config = TtsConfig { voice: BUILT_IN.into(), speed, volume, ..TtsConfig::default() };
        Speaker::open(&config, &store).unwrap()
    };
    let text = "The living room is at twenty one degrees";
    let normal = said(&mut open(1.0, 0.9), text).concat();
    let fast = said(&mut open(2.0, 0.9), text).concat();
    let quiet = said(&mut open(1.0, 0.3), text).concat();
    let ratio = normal.len() as f32 / fast.len() as f32;
    assert!((1.4..2.6).contains(&ratio), "{ratio}");
    let peak = |sound: &[f32]| sound.iter().fold(0.0f32, |peak, s| peak.max(s.abs()));
    assert!((peak(&normal) / peak(&quiet) - 3.0).abs() < 0.1);
}

#[test]
fn odd_texts_are_spoken_or_refused_but_nothing_falls_over() {
    let mut speaker = built_in();
    for text in
        ["", "   ", "...", "🙂", "打开客厅的灯。", "<speak>&amp;</speak>", "a\u{7}b", &"word ".repeat(300)]
    {
        let _ = speaker.speak(text, &mut |_| true);
    }
    assert!(speaker.speak("a\0b", &mut |_| true).is_err());
    assert!(sentences("").is_empty());
}

#[test]
fn a_missing_voice_is_replaced_and_a_damaged_one_is_named() {
    let store = Store::locate().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let empty = store.clone().with_pulled(folder.path().into());
    assert_eq!(Speaker::open(&TtsConfig::default(), &empty).unwrap().voice_name(), BUILT_IN);

    let onnx = folder.path().join("mine.onnx");
    std::fs::write(&onnx, b"this is no graph").unwrap();
    let config = TtsConfig { voice: onnx.display().to_string(), ..TtsConfig::default() };
    let error = Speaker::open(&config, &store).err().unwrap().to_string();
    assert!(error.contains("mine.onnx.json") && error.contains("beside"), "{error}");
    std::fs::write(folder.path().join("mine.onnx.json"), b"{\"audio\":").unwrap();
    let error = Speaker::open(&config, &store).err().unwrap().to_string();
    assert!(error.contains("mine.onnx.json") && error.contains("no Piper configuration"), "{error}");
    let Ok(voice) = store.find(&TtsConfig::default().voice) else {
        println!("skipped in part: no Piper voice was pulled");
        return;
    };
    std::fs::copy(format!("{}.json", voice.display()), folder.path().join("mine.onnx.json")).unwrap();
    let error = Speaker::open(&config, &store).err().unwrap().to_string();
    assert!(error.contains("mine.onnx") && error.contains("no Piper voice"), "{error}");
    // Cut off in the middle.
    let whole = std::fs::read(&voice).unwrap();
    std::fs::write(&onnx, &whole[..whole.len() / 2]).unwrap();
    assert!(Speaker::open(&config, &store).is_err());
}
