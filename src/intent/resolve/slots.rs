//! A match's slots, cleaned: Home Assistant's names and values, and what the sentence says beside them.

use crate::home::Entity;
use crate::intent::grammar::{Filling, Match};
use crate::intent::{Command, Slots};
use serde_json::{Value, json};

/// What a sentence says that is no slot of the command.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Hints {
    /// `here` or `home`.
    pub scope: Option<String>,
    /// "All", "every": a room without one does not end it.
    pub all: bool,
    /// The reading is a makeshift: any other is better.
    pub weak: bool,
    /// The sentence is hardly more than a name.
    pub bare: bool,
    /// Who is left out.
    pub except_ids: Vec<String>,
    /// The areas that are left out.
    pub except_areas: Vec<String>,
    /// The floor that is left out.
    pub except_floor: Option<String>,
}

/// Slots that say by how much; `less: true` turns them round.
const STEPS: &[&str] = &["brightness_step", "temperature_step", "percentage_step", "position_step"];

/// The slots and the hints; `None` when a name was said that nobody knows.
pub(super) fn read(reading: &Match) -> Option<(Slots, Hints)> {
    let mut slots = Slots::new();
    let mut hints = Hints::default();
    let mut is_less = false;
    let mut amount = None;
    for (name, slot) in &reading.slots {
        if slot.filling == Filling::Unknown {
            return None;
        }
        let text = || slot.value.as_str().map(str::to_string);
        match name.as_str() {
            "scope" => hints.scope = text(),
            "quantity" => hints.all = true,
            "weak" => hints.weak = true,
            "bare" => hints.bare = true,
            "less" => is_less = true,
            "amount" => amount = slot.value.as_i64(),
            _ if name.starts_with("except_name") => {
                let ids = slot.metadata.get("ids").and_then(Value::as_array).into_iter().flatten();
                hints.except_ids.extend(ids.filter_map(Value::as_str).map(str::to_string));
                slots.insert(name.clone(), slot.value.clone());
            }
            "except_floor" => {
                hints.except_floor = text();
                slots.insert(name.clone(), slot.value.clone());
            }
            _ if name.starts_with("except_area") => {
                hints.except_areas.extend(text());
                slots.insert(name.clone(), slot.value.clone());
            }
            // "everything" is no domain: it is there so that a sentence has a word for it.
            "everything" => {}
            _ => {
                slots.insert(name.clone(), tidy(&slot.value));
            }
        }
    }
    // Who leaves a room out speaks of more than one room.
    if (!hints.except_areas.is_empty() || hints.except_floor.is_some()) && hints.scope.is_none() {
        hints.scope = Some("home".into());
    }
    for step in STEPS.iter().filter(|_| is_less) {
        if let Some(number) = slots.get(*step).and_then(Value::as_f64) {
            slots.insert((*step).to_string(), number_value(-number));
        }
    }
    if let (Some(amount), Some(direction)) = (amount, slots.get("volume_step").and_then(Value::as_str)) {
        let step = if direction == "down" { -amount } else { amount };
        slots.insert("volume_step".into(), json!(step));
    }
    Some((slots, hints))
}

/// A whole number as a whole number, a text without spaces around it.
fn tidy(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), number_value),
        Value::String(text) => Value::from(text.trim()),
        _ => value.clone(),
    }
}

fn number_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 { json!(number as i64) } else { json!(number) }
}

/// Brings the slots in line with the targets: a window that is a sensor is `on`, not `open`.
pub(super) fn agree(command: &mut Command, targets: &[&Entity], _hints: &Hints) {
    if command.intent != "HassGetState" || command.slots.contains_key("domain") {
        return;
    }
    let is_sensor = |entity: &&&Entity| entity.domain() == "binary_sensor";
    if targets.is_empty() || !targets.iter().all(|entity| is_sensor(&entity)) {
        return;
    }
    let state = match command.text_slot("state") {
        Some("open") => "on",
        Some("closed") => "off",
        _ => return,
    };
    command.slots.insert("state".into(), Value::from(state));
    command.slots.insert("domain".into(), Value::from("binary_sensor"));
}
