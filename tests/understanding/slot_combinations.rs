//! Every combination of slots that Home Assistant lists for an intent, in our own words, in a home that
//! has something of every domain.

use crate::{home, in_area};
use serde_json::{Value, json};
use sotto::intent::Understander;

/// Intent, its slots (`name=Stereo volume_level=30`), and ways to say it.
const COMBINATIONS: &str = include_str!("slot_combinations.txt");

fn slots(text: &str) -> Vec<(String, Value)> {
    let fields = text.split(';').map(str::trim).filter(|field| !field.is_empty());
    fields
        .map(|field| {
            let (name, value) = field.split_once('=').unwrap();
            let is_text = name == "state" || name == "item" || name == "message";
            let number = value.parse::<f64>().ok().filter(|_| !is_text);
            (name.to_string(), number.map_or_else(|| json!(value), |number| json!(number)))
        })
        .collect()
}

#[test]
fn every_combination_of_slots_can_be_said() {
    let view = home("wide.toml");
    let mut understander = Understander::new(&["en"]).unwrap();
    let (mut intent, mut expected) = ("", Vec::new());
    let (mut all, mut wrong) = (0, Vec::new());
    for line in COMBINATIONS.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if !line.starts_with(' ') {
            let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
            (intent, expected) = (name, slots(rest));
            continue;
        }
        all += 1;
        let understanding = understander.understand(&view, line.trim(), &in_area("Living Room"));
        let is_right = match understanding.commands.as_slice() {
            [command] => {
                let same = |a: &Value, b: &Value| a.as_f64().zip(b.as_f64()).map_or(a == b, |(a, b)| a == b);
                command.intent == intent
                    && expected
                        .iter()
                        .all(|(name, value)| command.slots.get(name).is_some_and(|got| same(got, value)))
                    && command.slots.keys().all(|name| {
                        expected.iter().any(|(known, _)| known == name)
                            || ["area", "floor", "domain", "device_class"].contains(&name.as_str())
                    })
            }
            _ => false,
        };
        if !is_right {
            let got: Vec<_> = understanding.commands.iter().map(|c| (&c.intent, &c.slots)).collect();
            wrong.push(format!("{intent} {expected:?}\n  \"{}\"\n  {got:?}", line.trim()));
        }
    }
    assert!(wrong.is_empty(), "{} of {all} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
