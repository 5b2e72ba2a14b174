//! Components that are kept for their state, if they have one: camera, image, device_tracker, update.

use super::component::{Component, Role, Settings, same};
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState};
use crate::home::order::Order;
use serde_json::Value;

#[derive(Debug)]
struct Plain;

/// A thing whose state cannot be read as text, such as a picture.
pub(super) fn plain(_: &mut Settings, _: &mut Entity) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Plain))
}

impl Component for Plain {
    fn take(&mut self, _: Role, _: &str, _: &mut EntityState) -> Result<(), String> {
        Ok(())
    }

    fn write(&self, _: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        Err(Cannot::Lacks("commands"))
    }
}

#[derive(Debug)]
struct Tracker {
    home: String,
    not_home: String,
}

/// Where something is: at home, not at home, or in a place that it names.
pub(super) fn device_tracker(settings: &mut Settings, _: &mut Entity) -> Result<Box<dyn Component>, String> {
    settings.read(Role::State, "state_topic", "value_template");
    Ok(Box::new(Tracker {
        home: settings.text("payload_home", "home"),
        not_home: settings.text("payload_not_home", "not_home"),
    }))
}

impl Component for Tracker {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        state.value = if same(text, "None") {
            None
        } else if same(text, &self.home) {
            Some("home".into())
        } else if same(text, &self.not_home) {
            Some("not_home".into())
        } else {
            Some(text.to_owned())
        };
        Ok(())
    }

    fn write(&self, _: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        Err(Cannot::Lacks("commands"))
    }
}

#[derive(Debug)]
struct Update;

/// A new version that may be there: `on` when it is.
pub(super) fn update(settings: &mut Settings, _: &mut Entity) -> Result<Box<dyn Component>, String> {
    settings.read(Role::State, "state_topic", "value_template");
    settings.read(Role::Latest, "latest_version_topic", "latest_version_template");
    Ok(Box::new(Update))
}

impl Component for Update {
    fn take(&mut self, role: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        match (role, serde_json::from_str(text)) {
            (_, Ok(Value::Object(all))) => {
                for key in ["installed_version", "latest_version"] {
                    if let Some(version) = all.get(key).filter(|v| v.is_string()) {
                        state.attributes.insert(key.into(), version.clone());
                    }
                }
            }
            (Role::Latest, _) => {
                state.attributes.insert("latest_version".into(), text.into());
            }
            _ => {
                state.attributes.insert("installed_version".into(), text.into());
            }
        }
        let version = |key: &str| state.attributes.get(key);
        if let (Some(installed), Some(latest)) = (version("installed_version"), version("latest_version")) {
            state.value = Some(if installed == latest { "off" } else { "on" }.into());
        }
        Ok(())
    }

    fn write(&self, _: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        Err(Cannot::Lacks("commands"))
    }
}
