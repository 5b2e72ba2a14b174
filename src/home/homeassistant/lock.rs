//! Locks.

use super::component::{Commander, Component, Role, Settings, same};
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState};
use crate::home::order::Order;

#[derive(Debug)]
struct Lock {
    command: Option<Commander>,
    payload_lock: String,
    payload_unlock: String,
    needs_code: bool,
    /// Payload and state.
    states: Vec<(String, &'static str)>,
}

/// A lock.
pub(super) fn lock(settings: &mut Settings, _: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    settings.read(Role::State, "state_topic", "value_template");
    let states = [
        ("state_locked", "LOCKED", "locked"),
        ("state_unlocked", "UNLOCKED", "unlocked"),
        ("state_locking", "LOCKING", "locking"),
        ("state_unlocking", "UNLOCKING", "unlocking"),
        ("state_jammed", "JAMMED", "jammed"),
        ("state_open", "OPEN", "open"),
        ("state_opening", "OPENING", "opening"),
    ]
    .map(|(key, default, state)| (settings.text(key, default), state))
    .to_vec();
    Ok(Box::new(Lock {
        command,
        payload_lock: settings.text("payload_lock", "LOCK"),
        payload_unlock: settings.text("payload_unlock", "UNLOCK"),
        needs_code: settings.optional("code_format").is_some(),
        states,
    }))
}

impl Component for Lock {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        state.value = match self.states.iter().find(|(payload, _)| same(text, payload)) {
            Some((_, word)) => Some((*word).into()),
            None if text == "None" => None,
            None => {
                return Err(format!("`{}` is no state of a lock", crate::home::registry::shorten(text, 40)));
            }
        };
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let payload = match order {
            Order::Lock => &self.payload_lock,
            Order::Unlock if self.needs_code => return Err(Cannot::Lacks("unlocking without a code")),
            Order::Unlock => &self.payload_unlock,
            _ => return Err(Cannot::Lacks("anything but locking and unlocking")),
        };
        let command = self.command.as_ref().ok_or(Cannot::Lacks("readable command template"))?;
        let code = [("code", minijinja::Value::from(()))];
        Ok(vec![command.send_with(payload, minijinja::Value::from(payload.as_str()), &code)?])
    }
}
