//! Alarm control panels.

use super::component::{Commander, Component, Role, Settings};
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState};
use crate::home::order::Order;

/// The states that a panel reports, which are Home Assistant's own words.
const STATES: &[&str] = &[
    "disarmed",
    "armed_home",
    "armed_away",
    "armed_night",
    "armed_vacation",
    "armed_custom_bypass",
    "pending",
    "triggered",
    "arming",
    "disarming",
];

#[derive(Debug)]
struct Alarm {
    command: Option<Commander>,
    disarm: String,
    /// Mode and payload.
    arm: Vec<(&'static str, String)>,
    code: Option<String>,
    code_to_arm: bool,
    code_to_disarm: bool,
}

/// An alarm control panel.
pub(super) fn alarm(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    settings.read(Role::State, "state_topic", "value_template");
    let supported =
        settings.raw("supported_features").is_some().then(|| settings.texts("supported_features"));
    let arm: Vec<(&'static str, String)> = [
        ("home", "payload_arm_home", "ARM_HOME"),
        ("away", "payload_arm_away", "ARM_AWAY"),
        ("night", "payload_arm_night", "ARM_NIGHT"),
        ("vacation", "payload_arm_vacation", "ARM_VACATION"),
        ("custom_bypass", "payload_arm_custom_bypass", "ARM_CUSTOM_BYPASS"),
    ]
    .into_iter()
    .filter(|(mode, ..)| supported.as_ref().is_none_or(|s| s.iter().any(|f| f == &format!("arm_{mode}"))))
    .map(|(mode, key, default)| (mode, settings.text(key, default)))
    .collect();
    entity.options.insert("mode".into(), arm.iter().map(|(mode, _)| (*mode).to_owned()).collect());
    let code = settings.optional("code");
    Ok(Box::new(Alarm {
        command,
        disarm: settings.text("payload_disarm", "DISARM"),
        arm,
        code_to_arm: code.is_some() && settings.flag("code_arm_required", true),
        code_to_disarm: code.is_some() && settings.flag("code_disarm_required", true),
        code,
    }))
}

impl Component for Alarm {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        state.value = match STATES.iter().find(|word| **word == text) {
            Some(word) => Some((*word).into()),
            None if text == "None" => None,
            None => {
                return Err(format!(
                    "`{}` is no state of an alarm",
                    crate::home::registry::shorten(text, 40)
                ));
            }
        };
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let payload = match order {
            Order::Arm(_) if self.code_to_arm => return Err(Cannot::Lacks("arming without a code")),
            Order::Disarm if self.code_to_disarm => return Err(Cannot::Lacks("disarming without a code")),
            Order::Arm(mode) => {
                let known = self.arm.iter().find(|(name, _)| name == mode);
                &known.ok_or(Cannot::Lacks("this way of arming"))?.1
            }
            Order::Disarm => &self.disarm,
            _ => return Err(Cannot::Lacks("anything but arming and disarming")),
        };
        let command = self.command.as_ref().ok_or(Cannot::Lacks("readable command template"))?;
        let variables = [
            ("action", minijinja::Value::from(payload.as_str())),
            ("code", minijinja::Value::from(self.code.clone())),
        ];
        Ok(vec![command.send_with(payload, minijinja::Value::from(payload.as_str()), &variables)?])
    }
}
