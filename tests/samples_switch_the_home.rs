//! The samples of the repository through every stage, by the program itself.
//!
//! What must come of each stands in `samples/samples.toml`. These tests need the pulled models and say so
//! where they are missing.

use serde_json::Value;
use sotto::models::Store;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const NEEDED: &[&str] = &["smollm2-135m-instruct", "piper-en_US-joe-medium", "onnxruntime"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn models() -> bool {
    let store = Store::locate().unwrap();
    let stt = sotto::stt::SttConfig::default().model;
    for name in NEEDED.iter().copied().chain([stt.as_str()]) {
        if let Err(error) = store.find(name) {
            println!("skipped: {error}");
            return false;
        }
    }
    true
}

fn sotto(arguments: &[&str], files: &[PathBuf]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sotto"));
    // No configuration of the person who runs the tests.
    let output = command.env("SOTTO_CONFIG", "/dev/null").args(arguments).args(files).output().unwrap();
    print!("{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn samples(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| root().join("samples").join(name)).collect()
}

fn hear(files: &[PathBuf], more: &[&str]) -> Vec<Value> {
    let home = root().join("tests/homes/demo.toml");
    let home = home.display().to_string();
    let mut arguments = vec!["hear", "--json", "--home", home.as_str()];
    arguments.extend(more);
    let output = sotto(&arguments, files);
    assert_eq!(output.status.code(), Some(0));
    lines(&output)
}

#[test]
fn hearing_gives_the_contracts_keys_and_the_same_commands_twice() {
    if !models() {
        return;
    }
    let files = samples(&["01-kitchen-ceiling-on.wav", "02-desk-lamp-half.wav", "13-all-lights-off.wav"]);
    let first = hear(&files, &["--no-wake"]);
    assert_eq!(first.len(), 3);
    for object in &first {
        assert_eq!(
            keys(object),
            [
                "file",
                "wake",
                "transcript",
                "text",
                "understood",
                "by",
                "confidence",
                "commands",
                "actions",
                "reply",
                "question",
                "micros",
                "ms"
            ]
        );
        assert_eq!(keys(&object["transcript"]), ["text", "confidence", "in_grammar"]);
        assert_eq!(keys(&object["ms"]), ["speech_end_to_action", "wake", "stt", "intent", "tts"]);
        assert_eq!(object["understood"], true, "{object}");
    }
    assert_eq!(first[0]["commands"][0]["targets"], serde_json::json!(["light.kitchen_ceiling"]));
    assert_eq!(first[1]["commands"][0]["slots"]["brightness"], 50);
    let again = hear(&files, &["--no-wake"]);
    for (one, other) in first.iter().zip(&again) {
        assert_eq!(one["commands"], other["commands"]);
        assert_eq!(one["transcript"], other["transcript"]);
    }
}

#[test]
fn a_file_that_cannot_be_heard_is_named_and_the_others_are_heard() {
    if !models() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.wav");
    std::fs::write(&empty, b"").unwrap();
    let mut files = vec![empty];
    files.extend(samples(&["01-kitchen-ceiling-on.wav"]));
    let home = root().join("tests/homes/demo.toml").display().to_string();
    let output = sotto(&["hear", "--json", "--no-wake", "--home", &home], &files);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("empty.wav is empty"));
    assert_eq!(lines(&output).len(), 1);
}

/// In real time, on an embedded broker: about a minute and a half.
#[test]
fn the_demo_does_what_its_samples_say() {
    if !models() {
        return;
    }
    let output = sotto(&["demo", "--once", "--json"], &[]);
    let told = lines(&output);
    let (table, sum) = told.split_at(told.len() - 1);
    assert_eq!(table.len(), 13);
    for row in table {
        assert_eq!(row["wrong"], serde_json::json!([]), "{row}");
    }
    assert_eq!(output.status.code(), Some(0));
    println!("{}", sum[0]);
    assert!(sum[0]["median_ms"].as_u64().is_some());
}
