//! Simulated things of domains that discovery lacks: they are added in-process and speak JSON.

use super::file::EntityEntry;
use super::topic;
use crate::home::dialect::{Announcement, Cannot, Driver, Publish};
use crate::home::entity::{Entity, EntityState};
use crate::home::order::{ListOrder, MediaOrder, Order};
use crate::home::payload::Payload;
use serde_json::{Value, json};

/// Domains that take commands; the others are only asked for their state.
const COMMANDED: &[&str] = &[
    "automation",
    "group",
    "input_boolean",
    "input_button",
    "media_player",
    "remote",
    "script",
    "todo",
    "vacuum",
];

/// The announcement of a thing of a domain that discovery lacks.
pub(super) fn announcement(entry: &EntityEntry) -> Announcement {
    let mut entity = Entity::new(&entry.id, &entry.name);
    entity.area.clone_from(&entry.area);
    entity.device_class.clone_from(&entry.device_class);
    entity.features.clone_from(&entry.features);
    let unit = entry.state.get("unit_of_measurement").and_then(Value::as_str);
    entity.unit = unit.map(str::to_owned);
    Announcement {
        source: topic(entry),
        component: String::new(),
        unique: None,
        print: 0,
        entity,
        driver: Box::new(Local { base: topic(entry), commanded: COMMANDED.contains(&entry.domain()) }),
        hidden: false,
        unreadable: Vec::new(),
        twins: Vec::new(),
        native: true,
    }
}

#[derive(Debug)]
struct Local {
    base: String,
    commanded: bool,
}

impl Driver for Local {
    fn topics(&self) -> Vec<String> {
        vec![format!("{}/state", self.base)]
    }

    fn read(&mut self, _: usize, message: &Payload<'_>, state: &mut EntityState) -> Result<(), String> {
        let Some(Value::Object(all)) = message.json() else {
            return Err("the state of a simulated thing is a JSON object".into());
        };
        state.attributes.clear();
        for (key, value) in all {
            match (key.as_str(), value) {
                ("state", Value::String(word)) => state.value = Some(word.clone()),
                ("state", Value::Null) => state.value = None,
                ("state", other) => state.value = Some(other.to_string()),
                _ => {
                    state.attributes.insert(key.clone(), value.clone());
                }
            }
        }
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        if !self.commanded {
            return Err(Cannot::Lacks("commands"));
        }
        let json = match order {
            Order::On | Order::Press => json!({ "action": "turn_on" }),
            Order::Off => json!({ "action": "turn_off" }),
            Order::Media(MediaOrder::Pause) => json!({ "action": "media_pause" }),
            Order::Media(MediaOrder::Play) => json!({ "action": "media_play" }),
            Order::Media(MediaOrder::Next) => json!({ "action": "media_next_track" }),
            Order::Media(MediaOrder::Previous) => json!({ "action": "media_previous_track" }),
            Order::Media(MediaOrder::Volume(level)) => {
                json!({ "action": "volume_set", "volume_level": level })
            }
            Order::Media(MediaOrder::Mute(muted)) => {
                json!({ "action": "volume_mute", "is_volume_muted": muted })
            }
            Order::Media(MediaOrder::Search { query, class: None }) => {
                json!({ "action": "search_and_play", "query": query })
            }
            Order::Media(MediaOrder::Search { query, class: Some(class) }) => {
                json!({ "action": "search_and_play", "query": query, "media_class": class })
            }
            Order::Start => json!({ "action": "start" }),
            Order::Pause => json!({ "action": "pause" }),
            Order::Stop => json!({ "action": "stop" }),
            Order::ReturnHome => json!({ "action": "return_to_base" }),
            Order::CleanArea(area) => json!({ "action": "clean_area", "area": area }),
            Order::List(ListOrder::Add(item)) => json!({ "action": "add_item", "item": item }),
            Order::List(ListOrder::Complete(item)) => json!({ "action": "complete_item", "item": item }),
            Order::List(ListOrder::Remove(item)) => json!({ "action": "remove_item", "item": item }),
            _ => return Err(Cannot::Lacks("that")),
        };
        Ok(vec![Publish::new(format!("{}/set", self.base), json.to_string())])
    }

    fn reports(&self) -> bool {
        true
    }
}
