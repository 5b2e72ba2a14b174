//! What holds one value: number, select, text (and date, time, datetime), notify.

use super::component::{Commander, Component, Role, Settings, number as parse, plain, same, variable};
use crate::home::dialect::{Cannot, Publish};
use crate::home::entity::{Entity, EntityState};
use crate::home::order::Order;

#[derive(Debug)]
struct Number {
    command: Option<Commander>,
    least: f64,
    most: f64,
    step: f64,
    reset: String,
}

/// A number.
pub(super) fn number(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    settings.read(Role::State, "state_topic", "value_template");
    let least = settings.number("min").unwrap_or(1.0);
    let most = settings.number("max").unwrap_or(100.0);
    if most < least {
        return Err(format!("`max` must not be below `min`, but they are {most} and {least}"));
    }
    let step = settings.number("step").filter(|s| *s > 0.0).unwrap_or(1.0);
    entity.unit = settings.optional("unit_of_measurement").filter(|u| !u.is_empty());
    entity.ranges.insert("value".into(), (least, most));
    let reset = settings.text("payload_reset", "None");
    Ok(Box::new(Number { command, least, most, step, reset }))
}

impl Component for Number {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        if same(text, &self.reset) {
            state.value = None;
            return Ok(());
        }
        let value = parse(text)?;
        if !(self.least..=self.most).contains(&value) {
            return Err(format!("{value} is outside {} to {}", self.least, self.most));
        }
        state.value = Some(plain(value));
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let Order::Value(wanted) = order else { return Err(Cannot::Lacks("anything but taking a number")) };
        let command = self.command.as_ref().ok_or(Cannot::Lacks("readable command template"))?;
        if !(self.least..=self.most).contains(wanted) {
            return Err(Cannot::OutOfRange("value", self.least, self.most));
        }
        let steps = ((wanted - self.least) / self.step).round();
        let value = (self.least + steps * self.step).min(self.most);
        Ok(vec![command.send_with(&plain(value), variable(value), &[])?])
    }
}

#[derive(Debug)]
struct Select {
    command: Option<Commander>,
    options: Vec<String>,
}

/// A choice between options.
pub(super) fn select(settings: &mut Settings, entity: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    settings.read(Role::State, "state_topic", "value_template");
    let options = settings.texts("options");
    if options.is_empty() {
        return Err("`options` is missing".into());
    }
    entity.options.insert("option".into(), options.clone());
    Ok(Box::new(Select { command, options }))
}

impl Component for Select {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        if text.eq_ignore_ascii_case("none") && !self.options.iter().any(|o| o == text) {
            state.value = None;
        } else if self.options.iter().any(|o| o == text) {
            state.value = Some(text.to_owned());
        } else {
            return Err(format!("`{}` is none of the options", crate::home::registry::shorten(text, 40)));
        }
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let Order::Choose(wanted) = order else { return Err(Cannot::Lacks("anything but a choice")) };
        let command = self.command.as_ref().ok_or(Cannot::Lacks("readable command template"))?;
        let option = self.options.iter().find(|o| o.eq_ignore_ascii_case(wanted));
        Ok(vec![command.send(option.ok_or(Cannot::Lacks("this option"))?)?])
    }
}

#[derive(Debug)]
struct Text {
    command: Option<Commander>,
    least: usize,
    most: usize,
}

/// A text, a date or a time.
pub(super) fn text(settings: &mut Settings, _: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    settings.read(Role::State, "state_topic", "value_template");
    let least = settings.number("min").map_or(0, |n| n.max(0.0) as usize);
    let most = settings.number("max").map_or(255, |n| n.max(0.0) as usize);
    Ok(Box::new(Text { command, least, most }))
}

/// Somebody or something that is told a text.
pub(super) fn notify(settings: &mut Settings, _: &mut Entity) -> Result<Box<dyn Component>, String> {
    let command = settings.required_command("command_topic", "command_template")?;
    Ok(Box::new(Text { command, least: 0, most: usize::MAX }))
}

impl Component for Text {
    fn take(&mut self, _: Role, text: &str, state: &mut EntityState) -> Result<(), String> {
        state.value = (text != "None").then(|| text.to_owned());
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<Publish>, Cannot> {
        let Order::Text(text) = order else { return Err(Cannot::Lacks("anything but taking a text")) };
        let command = self.command.as_ref().ok_or(Cannot::Lacks("readable command template"))?;
        if !(self.least..=self.most).contains(&text.chars().count()) {
            return Err(Cannot::OutOfRange("text", self.least as f64, self.most as f64));
        }
        Ok(vec![command.send(text)?])
    }
}
