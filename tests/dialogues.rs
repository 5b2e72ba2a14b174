//! Scripted dialogues, some over days and across restarts; their format is told in `dialogues/README.md`.

use serde_json::Value;
use sotto::cli::Globals;
use sotto::cli::session::Session;
use sotto::cli::setup::{HomeArgs, Setup, SpeakerArgs};
use std::path::{Path, PathBuf};

const CLOCK: &str = "2026-11-24T07:00:00+01:00[Europe/Berlin]";

#[derive(Debug, Clone, Default)]
struct Dialogue {
    name: String,
    clock: String,
    area: Option<String>,
    lang: Option<String>,
    home: String,
    /// `None`: the process is started anew.
    turns: Vec<Option<Turn>>,
}

#[derive(Debug, Clone, Default)]
struct Turn {
    said: String,
    demands: Vec<(usize, String)>,
}

fn read(path: &Path) -> Vec<Dialogue> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut all: Vec<Dialogue> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("== ") {
            let name = format!("{}: {name}", path.file_stem().unwrap().to_string_lossy());
            all.push(Dialogue {
                name,
                clock: CLOCK.into(),
                home: "dialogues.toml".into(),
                ..Dialogue::default()
            });
            continue;
        }
        let dialogue = all
            .last_mut()
            .unwrap_or_else(|| panic!("{}:{}: before the first ==", path.display(), number + 1));
        if let Some(said) = line.strip_prefix("> ") {
            dialogue.turns.push(Some(Turn { said: said.into(), demands: Vec::new() }));
        } else if line == "---" {
            dialogue.turns.push(None);
        } else if dialogue.turns.is_empty() {
            let (key, value) =
                line.split_once(": ").unwrap_or_else(|| panic!("{}:{}: {line}", path.display(), number + 1));
            match key {
                "clock" => dialogue.clock = value.into(),
                "area" => dialogue.area = Some(value.into()),
                "lang" => dialogue.lang = Some(value.into()),
                "home" => dialogue.home = value.into(),
                _ => panic!("{}:{}: {line}", path.display(), number + 1),
            }
        } else if let Some(Some(turn)) = dialogue.turns.last_mut() {
            turn.demands.push((number + 1, line.to_string()));
        } else {
            panic!("{}:{}: {line}", path.display(), number + 1);
        }
    }
    all
}

fn open(dialogue: &Dialogue, file: &Path, first: bool) -> Session {
    let setup = Setup::load(&Globals::default()).unwrap();
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes").join(&dialogue.home);
    let home = HomeArgs { home: Some(home), broker: None };
    let speaker = SpeakerArgs {
        area: dialogue.area.clone(),
        lang: dialogue.lang.clone(),
        sentences: None,
        grammar_only: true,
    };
    let clock = first.then(|| dialogue.clock.parse().unwrap());
    Session::open(file, &setup, &home, &speaker, false, clock).unwrap()
}

/// Whether a text has all parts of a demand: `A | B`, each with alternatives `a/b`.
fn has(text: &str, demand: &str) -> bool {
    let text = text.to_lowercase();
    demand.split('|').all(|part| part.split('/').any(|way| text.contains(&way.trim().to_lowercase())))
}

fn publishes(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let actions = answer["actions"].as_array().cloned().unwrap_or_default();
    actions
        .iter()
        .filter(|a| a["topic"].is_string())
        .map(|a| (text(&a["topic"]), text(&a["payload"])))
        .collect()
}

fn meets(answer: &Value, demand: &str) -> bool {
    let reply = answer["reply"].as_str().unwrap_or("");
    let sent = publishes(answer);
    let events = answer["events"].as_array().cloned().unwrap_or_default();
    if let Some(parts) = demand.strip_prefix("<- ") {
        return !has(reply, parts);
    }
    if let Some(parts) = demand.strip_prefix("< ") {
        return has(reply, parts);
    }
    if demand == "=0" {
        return sent.is_empty();
    }
    if let Some(topic) = demand.strip_prefix("=- ") {
        return sent.iter().all(|(t, _)| !t.contains(topic));
    }
    if let Some(rest) = demand.strip_prefix("= ") {
        let (topic, payload) = rest.split_once(' ').unwrap_or((rest, ""));
        return sent.iter().any(|(t, p)| t.contains(topic) && has(p, payload));
    }
    if demand == "?" {
        return answer["question"].is_string();
    }
    if demand == "x" {
        return answer["understood"] == false;
    }
    if demand == "*0" {
        return events.is_empty();
    }
    if let Some((kind, parts)) = demand.strip_prefix("* ").and_then(|rest| rest.split_once(':')) {
        return events.iter().any(|event| {
            let words = format!("{} {}", event["say"].as_str().unwrap_or(""), event["actions"]);
            (kind == "any" || event["kind"] == kind.trim()) && has(&words, parts.trim())
        });
    }
    panic!("what does \"{demand}\" demand?");
}

/// What goes wrong in a dialogue; empty: nothing.
fn play(dialogue: &Dialogue) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session.db");
    let mut session = open(dialogue, &file, true);
    let mut wrong = Vec::new();
    for turn in &dialogue.turns {
        let Some(turn) = turn else {
            drop(session);
            session = open(dialogue, &file, false);
            continue;
        };
        let answer = if turn.said.starts_with('@') {
            match session.follow(&turn.said) {
                Ok(happenings) => {
                    let told = session.told(&happenings);
                    session.done(&happenings);
                    told
                }
                Err(reason) => serde_json::json!({ "error": reason, "events": [] }),
            }
        } else {
            session.say(&turn.said).to_json()
        };
        for (line, demand) in &turn.demands {
            if !meets(&answer, demand) {
                wrong.push(format!(
                    "{} (line {line}): after \"{}\": {demand}\n    {answer}",
                    dialogue.name, turn.said
                ));
            }
        }
    }
    wrong
}

#[test]
fn every_dialogue_goes_as_written() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    let folder = std::env::var_os("SOTTO_DIALOGUES").map_or(own, PathBuf::from);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    files.sort();
    let only = std::env::var("SOTTO_DIALOGUE").unwrap_or_default();
    let dialogues: Vec<Dialogue> =
        files.iter().flat_map(|f| read(f)).filter(|d| d.name.contains(&only)).collect();
    let mut failed = 0;
    for dialogue in &dialogues {
        let wrong = play(dialogue);
        failed += usize::from(!wrong.is_empty());
        for line in wrong {
            println!("{line}");
        }
    }
    println!("{} of {} dialogues go as written", dialogues.len() - failed, dialogues.len());
    assert!(failed == 0 && !dialogues.is_empty(), "{failed} of {}", dialogues.len());
}
