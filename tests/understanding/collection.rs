//! Home Assistant's own tests of its sentences, read against ours.

use crate::data;
use serde_json::Value;
use sotto::home::{Area, Entity, EntityState, Feature, Floor, HomeView};
use sotto::intent::{Command, Context, Understander};
use std::collections::BTreeMap;
use std::path::Path;

/// Shares below these are a step back.
const LEAST_ENGLISH: f64 = 0.97;
const LEAST_MANDARIN: f64 = 0.95;

fn yaml(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    let value: serde_norway::Value = serde_norway::from_str(&text).unwrap();
    serde_json::to_value(value).unwrap()
}

fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// Names of fixtures are templates ("Trader Joe[']s"): what may be left out is kept.
fn plain(name: &str) -> String {
    name.replace(['[', ']'], "")
}

/// Features that the fixtures do not list: each thing can do what its domain can.
fn features(domain: &str) -> Vec<Feature> {
    use Feature::*;
    match domain {
        "light" => vec![Brightness, Color, ColorTemp],
        "cover" | "valve" => vec![Position, Stop],
        "fan" => vec![Speed],
        "climate" => vec![Temperature, Mode],
        "media_player" => vec![Volume, Pause, Next, Previous, Mute, Search],
        "vacuum" => vec![ReturnHome, CleanArea],
        "lawn_mower" => vec![ReturnHome],
        _ => vec![],
    }
}

/// A home from the language's fixtures with a file's own areas, floors and entities over them: what
/// has the same name replaces, the rest is added.
pub fn convert(fixtures: &Value, own: &Value, version: u64) -> HomeView {
    let list =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut names_by_id: BTreeMap<String, String> = BTreeMap::new();
    for key in ["areas", "floors"] {
        for item in list(fixtures, key).iter().chain(&list(own, key)) {
            if let (Some(id), Some(name)) = (text(item, "id"), text(item, "name")) {
                names_by_id.insert(id, plain(&name));
            }
        }
    }
    let named = |reference: String| names_by_id.get(&reference).cloned().unwrap_or_else(|| plain(&reference));
    let mut floors: BTreeMap<String, Floor> = BTreeMap::new();
    let mut areas: BTreeMap<String, Area> = BTreeMap::new();
    for source in [fixtures, own] {
        for floor in list(source, "floors") {
            let name = plain(&text(&floor, "name").unwrap());
            floors.insert(name.clone(), Floor { name, ..Floor::default() });
        }
        for area in list(source, "areas") {
            let name = plain(&text(&area, "name").unwrap());
            let floor =
                text(&area, "floor").map(named).or_else(|| areas.get(&name).and_then(|a| a.floor.clone()));
            if let Some(floor) = &floor {
                floors
                    .entry(floor.clone())
                    .or_insert_with(|| Floor { name: floor.clone(), ..Floor::default() });
            }
            areas.insert(name.clone(), Area { name, floor, ..Area::default() });
        }
    }
    let mut entities: Vec<Entity> = Vec::new();
    for source in [fixtures, own] {
        let is_own = std::ptr::eq(source, own);
        for (at, item) in list(source, "entities").iter().enumerate() {
            let name = plain(&text(item, "name").unwrap());
            let slug: String =
                name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
            let id = text(item, "id")
                .or_else(|| text(item, "domain").map(|domain| format!("{domain}.own_{slug}_{at}")));
            let mut entity = Entity::new(id.unwrap(), name);
            if is_own {
                entities.retain(|known| known.name != entity.name || known.domain() != entity.domain());
            }
            entity.area = text(item, "area").map(named);
            entity.features = features(entity.domain()).into_iter().collect();
            let state =
                item.get("state").map(|state| state.get("out").unwrap_or(state)).and_then(Value::as_str);
            entity.state = EntityState { value: state.map(str::to_string), ..EntityState::default() };
            for (key, value) in item.get("attributes").and_then(Value::as_object).into_iter().flatten() {
                match key.as_str() {
                    "device_class" => entity.device_class = value.as_str().map(str::to_string),
                    "unit_of_measurement" => entity.unit = value.as_str().map(str::to_string),
                    _ => {
                        entity.state.attributes.insert(key.clone(), value.clone());
                    }
                }
            }
            if let Some(area) = &entity.area {
                areas.entry(area.clone()).or_insert_with(|| Area { name: area.clone(), ..Area::default() });
            }
            entities.push(entity);
        }
    }
    entities.sort_by(|a, b| a.id.cmp(&b.id));
    HomeView {
        version,
        entities,
        areas: areas.into_values().collect(),
        floors: floors.into_values().collect(),
    }
}

/// One command with the file's intent, every expected slot with the same value, and further slots only
/// where they say of whom.
fn is_right(commands: &[Command], intent: &str, slots: &Value) -> bool {
    let [command] = commands else { return false };
    let empty = serde_json::Map::new();
    let slots = slots.as_object().unwrap_or(&empty);
    let same = |a: &Value, b: &Value| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    };
    command.intent == intent
        && slots.iter().all(|(name, value)| command.slots.get(name).is_some_and(|got| same(got, value)))
        && command.slots.keys().all(|name| {
            slots.contains_key(name) || ["area", "floor", "domain", "device_class"].contains(&name.as_str())
        })
}

/// Prints the share of sentences that are right, by intent, and gives the share of all.
fn share(folder: &Path, language: &str, area: &str) -> f64 {
    // A collection whose files bring all that they need has none.
    let fixtures = folder.join("_fixtures.yaml");
    let fixtures = if fixtures.is_file() { yaml(&fixtures) } else { Value::Null };
    let mut understander = Understander::new(&[language]).unwrap();
    let context = Context { area: Some(area.into()), language: language.into(), ..Context::default() };
    let mut by_intent: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut files: Vec<_> = walk(folder);
    files.sort();
    for (version, file) in files.iter().enumerate() {
        let intent = file.parent().unwrap().file_name().unwrap().to_string_lossy().to_string();
        let own = yaml(file);
        let view = convert(&fixtures, &own, version as u64 + 1);
        for test in own["tests"].as_array().unwrap() {
            for sentence in test["sentences"].as_array().unwrap() {
                let sentence = sentence.as_str().unwrap();
                let understanding = understander.understand(&view, sentence, &context);
                let right = is_right(&understanding.commands, &intent, &test["slots"]);
                let count = by_intent.entry(intent.clone()).or_default();
                count.0 += usize::from(right);
                count.1 += 1;
                if !right {
                    let got: Vec<_> = understanding.commands.iter().map(|c| (&c.intent, &c.slots)).collect();
                    println!("wrong: {intent}: \"{sentence}\"\n  expected {}\n  got {got:?}", test["slots"]);
                }
            }
        }
    }
    let (mut right, mut all) = (0, 0);
    for (intent, (r, n)) in &by_intent {
        println!("{intent:28} {r:4} of {n:4}  {:5.1} %", 100.0 * *r as f64 / *n as f64);
        right += r;
        all += n;
    }
    println!("{:28} {right:4} of {all:4}  {:5.1} %", language, 100.0 * right as f64 / all as f64);
    right as f64 / all as f64
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let folders = entries.filter(|path| path.is_dir());
    folders.flat_map(|path| std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path())).collect()
}

#[test]
fn home_assistants_english_sentences_are_read_as_home_assistant_reads_them() {
    let Some(data) = data() else { return };
    let share = share(&data.join("intents/en"), "en", "Living Room");
    assert!(share >= LEAST_ENGLISH, "{share}");
}

#[test]
fn home_assistants_mandarin_sentences_are_read_as_home_assistant_reads_them() {
    let Some(data) = data() else { return };
    let share = share(&data.join("intents/zh-CN"), "zh-CN", "客厅");
    assert!(share >= LEAST_MANDARIN, "{share}");
}
