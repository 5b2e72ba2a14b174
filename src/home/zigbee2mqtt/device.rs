//! One entry of the list of devices.

use super::exposes::{Expose, LONGEST_TEXT, text};
use crate::home::registry::shorten;
use serde_json::Value;

/// The most things that one device exposes.
const MOST_EXPOSES: usize = 256;
/// The most scenes of a device or group.
const MOST_SCENES: usize = 256;

/// A device that can be used.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) address: String,
    pub(super) name: String,
    pub(super) exposes: Vec<Expose>,
    pub(super) scenes: Vec<Scene>,
}

/// A scene that devices remember.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) id: u64,
    pub(super) name: String,
}

impl Device {
    /// Reads a device; `None` for the coordinator and for what is switched off, not interviewed or unknown.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(value: &Value) -> Result<Option<Self>, String> {
        let flag = |key: &str| value.get(key).and_then(Value::as_bool);
        let coordinator = value.get("type").and_then(Value::as_str) == Some("Coordinator");
        if coordinator || flag("disabled") == Some(true) || flag("interview_completed") == Some(false) {
            return Ok(None);
        }
        let Some(definition) = value.get("definition").filter(|d| d.is_object()) else { return Ok(None) };
        let name = name(value)?;
        let address = text(value, "ieee_address").ok_or_else(|| format!("`{name}` has no ieee_address"))?;
        let exposes =
            definition.get("exposes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Ok(Some(Self {
            address,
            exposes: exposes.iter().take(MOST_EXPOSES).filter_map(Expose::read).collect(),
            scenes: scenes(value),
            name,
        }))
    }
}

/// The friendly name of a device or group.
///
/// # Errors
/// It is missing, too long or no part of a topic.
pub(super) fn name(value: &Value) -> Result<String, String> {
    let name = value.get("friendly_name").and_then(Value::as_str).unwrap_or_default();
    if name.trim().is_empty() {
        return Err("a device or group has no friendly_name".into());
    }
    if name.len() > LONGEST_TEXT {
        let start = shorten(name, 40);
        return Err(format!(
            "the friendly_name `{start}` has {} bytes, the most is {LONGEST_TEXT}",
            name.len()
        ));
    }
    if name.contains(['+', '#', '\0']) {
        return Err(format!("the friendly_name `{name}` must be a topic without wildcards"));
    }
    Ok(name.to_owned())
}

/// The scenes of a device or group.
pub(super) fn scenes(value: &Value) -> Vec<Scene> {
    let all = value.get("scenes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let scene = |v: &Value| {
        let id = v.get("id").and_then(Value::as_u64)?;
        let name = text(v, "name").filter(|n| !n.trim().is_empty()).unwrap_or_else(|| format!("Scene {id}"));
        Some(Scene { id, name })
    };
    all.iter().take(MOST_SCENES).filter_map(scene).collect()
}
