//! What is asked before it is done: what opens the home to strangers, what burns, and what is far-reaching.

use super::config::covers;
use super::entity::{Entity, HomeView};
use crate::intent::Command;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// Which questions are left out.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SafetyConfig {
    /// Entities that are commanded without a question: an entity id, or `domain.*`.
    pub trust: Vec<String>,
    /// Classes that are commanded without a question: `lock`, `garage`, `gate`, `door`, `alarm`, `oven`,
    /// `everything`.
    pub trust_classes: Vec<Class>,
}

/// What kind of thing is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Unlocking a lock.
    Lock,
    /// Opening a garage door.
    Garage,
    /// Opening a gate.
    Gate,
    /// Opening a door to the outside.
    Door,
    /// Disarming an alarm.
    Alarm,
    /// Turning on an oven or a stove.
    Oven,
    /// Turning everything on or off in more than one area.
    Everything,
}

/// Why a question must be asked first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What kind of thing it is about.
    pub class: Class,
    /// The entity's id; `None` for [`Class::Everything`].
    pub entity: Option<String>,
    /// What would be done, for a person: `unlock Front Door`.
    pub what: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Why these commands must be confirmed first, with nothing trusted; `None`: they need not.
pub fn needs_confirmation(view: &HomeView, commands: &[Command]) -> Option<Reason> {
    SafetyConfig::default().needs_confirmation(view, commands)
}

impl SafetyConfig {
    /// Why these commands must be confirmed first; `None`: they need not.
    ///
    /// Closing and locking need no confirmation.
    pub fn needs_confirmation(&self, view: &HomeView, commands: &[Command]) -> Option<Reason> {
        commands.iter().find_map(|command| {
            let targets = command.targets.iter().filter_map(|id| view.entity(id));
            targets
                .filter(|entity| !self.trust.iter().any(|pattern| covers(pattern, &entity.id)))
                .find_map(|entity| danger(command, entity))
                .filter(|reason| !self.trust_classes.contains(&reason.class))
                .or_else(|| {
                    let asks = !self.trust_classes.contains(&Class::Everything);
                    asks.then(|| everything(view, command)).flatten()
                })
        })
    }
}

/// What a command does to an entity, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// On, open or locked.
    On,
    /// Off, closed or unlocked.
    Off,
    /// It cannot be told which of the two.
    Either,
}

fn effect(command: &Command, entity: &Entity) -> Option<Effect> {
    let state = entity.state.value.as_deref();
    match command.intent.as_str() {
        "HassTurnOn" | "HassOpenCover" => Some(Effect::On),
        "HassTurnOff" | "HassCloseCover" => Some(Effect::Off),
        "HassToggle" => Some(match state {
            Some("off" | "closed" | "closing" | "unlocked" | "unlocking" | "disarmed") => Effect::On,
            Some("on" | "open" | "opening" | "locked" | "locking") => Effect::Off,
            Some(word) if word.starts_with("armed") => Effect::Off,
            _ => Effect::Either,
        }),
        "HassSetPosition" => {
            let wanted = command.number_slot("position");
            let step = command.number_slot("position_step");
            match (wanted, step, entity.state.number("current_position")) {
                (Some(wanted), _, Some(now)) if wanted <= now => Some(Effect::Off),
                (Some(0.0), ..) => Some(Effect::Off),
                (None, Some(step), _) if step <= 0.0 => Some(Effect::Off),
                _ => Some(Effect::On),
            }
        }
        "HassClimateSetTemperature" | "HassClimateSetMode" => Some(Effect::On),
        _ => None,
    }
}

/// Words in the names of things that are dangerous whatever their domain.
const OVENS: &[&str] = &["oven", "stove", "cooker", "cooktop", "hob", "grill"];
const OUTER: &[&str] = &["front", "back", "main", "entrance", "entry", "house", "outer", "outside", "patio"];

fn danger(command: &Command, entity: &Entity) -> Option<Reason> {
    let effect = effect(command, entity)?;
    let (on, off) = (effect != Effect::Off, effect != Effect::On);
    let said = |words: &[&str]| {
        let mut all = entity.names().flat_map(|n| n.split(|c: char| !c.is_alphanumeric()));
        all.any(|w| words.contains(&w.to_lowercase().as_str()))
    };
    let class = entity.device_class.as_deref();
    let reason = |class: Class, verb: &str| {
        let what = format!("{verb} {}", entity.name);
        Some(Reason { class, entity: Some(entity.id.clone()), what })
    };
    match entity.domain() {
        "lock" if off => reason(Class::Lock, "unlock"),
        "cover" if on && (class == Some("garage") || (said(&["garage"]) && !is_shade(class))) => {
            reason(Class::Garage, "open")
        }
        "cover" if on && (class == Some("gate") || said(&["gate"])) => reason(Class::Gate, "open"),
        "cover" if on && said(OUTER) && (class == Some("door") || said(&["door"])) => {
            reason(Class::Door, "open")
        }
        // A relay that drives a door; the light in the garage is none.
        "switch" | "button" | "script" if on && said(&["garage"]) && said(&["door", "opener"]) => {
            reason(Class::Garage, "open")
        }
        "switch" | "button" | "script" if on && said(&["gate"]) => reason(Class::Gate, "open"),
        "alarm_control_panel" if off => reason(Class::Alarm, "disarm"),
        "switch" if off && said(&["alarm"]) => reason(Class::Alarm, "turn off"),
        "switch" | "climate" | "water_heater" | "input_boolean" | "script" | "button"
            if on && said(OVENS) =>
        {
            reason(Class::Oven, "turn on")
        }
        _ => None,
    }
}

/// A blind in the garage is no garage door.
fn is_shade(class: Option<&str>) -> bool {
    matches!(class, Some("blind" | "curtain" | "shade" | "shutter" | "awning" | "window"))
}

/// "Everything": no kind of thing is named, and it reaches things of several kinds in several areas.
fn everything(view: &HomeView, command: &Command) -> Option<Reason> {
    if !matches!(command.intent.as_str(), "HassTurnOn" | "HassTurnOff" | "HassToggle")
        || command.slots.contains_key("domain")
        || command.slots.contains_key("device_class")
    {
        return None;
    }
    let targets: Vec<&Entity> = command.targets.iter().filter_map(|id| view.entity(id)).collect();
    let domains: BTreeSet<&str> = targets.iter().map(|e| e.domain()).collect();
    let areas: BTreeSet<Option<&str>> = targets.iter().map(|e| e.area.as_deref()).collect();
    if domains.len() < 2 || areas.len() < 2 {
        return None;
    }
    let verb = match command.intent.as_str() {
        "HassTurnOn" => "turn on",
        "HassTurnOff" => "turn off",
        _ => "toggle",
    };
    let what = format!("{verb} {} things in {} areas", targets.len(), areas.len());
    Some(Reason { class: Class::Everything, entity: None, what })
}
