//! Relays: switches, lights, shutters, the iFan.

use super::driver::{Part, Reads, TasmotaDriver, announce};
use super::light::{Light, Shape};
use super::setup::{Relay, Setup};
use super::shutter::Shutter;
use crate::home::classes::of_cover;
use crate::home::dialect::{Announcement, Cannot};
use crate::home::entity::{EntityState, Feature};
use crate::home::order::Order;
use serde_json::{Map, Value, json};

/// The name of a relay in commands and messages; a single one has no number in messages.
#[derive(Debug, Clone)]
pub(super) struct Power {
    /// `POWER`, or `POWER1` and so on.
    pub(super) command: String,
    /// The keys in messages, in the order in which they are looked for.
    keys: [String; 2],
    pub(super) on: String,
    pub(super) off: String,
}

impl Power {
    /// The relay of this index.
    pub(super) fn new(setup: &Setup, index: usize) -> Self {
        let numbered = format!("POWER{}", index + 1);
        let other = if index == 0 { "POWER".to_owned() } else { numbered.clone() };
        let command = numbered.clone();
        Self { command, keys: [numbered, other], on: setup.on.clone(), off: setup.off.clone() }
    }

    /// Takes what a message tells of it.
    pub(super) fn take(&self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        let Some(word) = self.keys.iter().find_map(|key| message.get(key)) else { return Ok(()) };
        let is = |known: &str, number: u64| {
            word.as_str().is_some_and(|w| w.eq_ignore_ascii_case(known)) || word.as_u64() == Some(number)
        };
        state.value = if is(&self.on, 1) {
            Some("on".into())
        } else if is(&self.off, 0) {
            Some("off".into())
        } else {
            return Err(format!("`{}` is neither `{}` nor `{}`", self.command, self.on, self.off));
        };
        Ok(())
    }

    /// Turns it.
    pub(super) fn turn(&self, on: bool) -> (String, String) {
        (self.command.clone(), if on { &self.on } else { &self.off }.clone())
    }

    /// By what another dialect's announcement of it is recognised.
    fn twins(&self, setup: &Setup, domain: &str) -> Vec<String> {
        let mut twins = Vec::new();
        for key in &self.keys {
            twins.push(format!("{domain}!{}{key}", setup.commands));
            twins.push(format!("{}STATE|{key}", setup.telemetry));
            twins.push(format!("{}RESULT|{key}", setup.answers));
        }
        twins.dedup();
        twins
    }
}

#[derive(Debug)]
struct Switch(Power);

impl Part for Switch {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        self.0.take(message, state)
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<(String, String)>, Cannot> {
        match order {
            Order::On => Ok(vec![self.0.turn(true)]),
            Order::Off => Ok(vec![self.0.turn(false)]),
            _ => Err(Cannot::Lacks("anything but on and off")),
        }
    }
}

/// The fan of an iFan: off and three speeds.
#[derive(Debug)]
struct Fan;

impl Part for Fan {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        let Some(speed) = message.get("FanSpeed") else { return Ok(()) };
        let speed = speed.as_u64().filter(|s| *s <= 3).ok_or("`FanSpeed` is 0 to 3")?;
        state.attributes.insert("percentage".into(), json!(speed * 100 / 3));
        state.value = Some(if speed > 0 { "on" } else { "off" }.into());
        Ok(())
    }

    fn write(&self, order: &Order, state: &EntityState) -> Result<Vec<(String, String)>, Cannot> {
        let speed = match order {
            Order::Off => 0,
            Order::On => state.number("percentage").filter(|p| *p > 0.0).map_or(2, step),
            Order::Speed(percent) => step(*percent),
            _ => return Err(Cannot::Lacks("that")),
        };
        Ok(vec![("FanSpeed".into(), speed.to_string())])
    }
}

/// A percentage as one of three speeds.
fn step(percent: f64) -> u8 {
    // 33 and 66 are the first and the second speed.
    ((percent - 0.7) / 100.0 * 3.0).ceil().clamp(if percent > 0.0 { 1.0 } else { 0.0 }, 3.0) as u8
}

/// The entities of a device's relays.
pub(super) fn things(setup: &Setup, source: &str) -> Vec<Announcement> {
    let mut things = Vec::new();
    let mut shutter_relays = 0;
    let lights = setup.relays.iter().filter(|r| **r == Relay::Light).count();
    let mut light = 0;
    for (index, relay) in setup.relays.iter().enumerate() {
        if setup.fan && index > 0 {
            break;
        }
        let power = Power::new(setup, index);
        let key = format!("relay {}", index + 1);
        match relay {
            Relay::None => {}
            Relay::Switch => {
                // SetOption30 says that a relay switches a lamp.
                let domain = if setup.option(30) { "light" } else { "switch" };
                let twins = power.twins(setup, domain);
                let reads = Reads::State(vec![power.command.clone(), "POWER".into()]);
                let driver = TasmotaDriver::new(setup, LampOrSwitch::of(domain, power), reads);
                things.push(announce(setup, source, key, setup.entity(domain, index), driver, twins));
            }
            Relay::Light => {
                let shape = Shape::of(setup, light, lights);
                light += 1;
                let twins = power.twins(setup, "light");
                let mut commands = vec![power.command.clone(), "POWER".into()];
                commands.extend(shape.commands());
                let part = Light::new(power, shape, setup.option(82));
                let mut entity = setup.entity("light", index);
                part.declare(&mut entity);
                let driver = TasmotaDriver::new(setup, part, Reads::State(commands));
                things.push(announce(setup, source, key, entity, driver, twins));
            }
            Relay::Shutter => {
                shutter_relays += 1;
                // Two relays move one shutter.
                if shutter_relays % 2 == 1 {
                    let number = shutter_relays / 2;
                    let (inverted, tilt) = setup.shutters.get(number).copied().unwrap_or_default();
                    let part = Shutter::new(number + 1, inverted, tilt);
                    let mut entity = setup.entity("cover", index);
                    entity.device_class = of_cover(&entity.name);
                    part.declare(&mut entity);
                    let command = |c: &str| format!("cover!{}{c}{}", setup.commands, number + 1);
                    let twins = ["ShutterPosition", "ShutterOpen", "Backlog"].map(command).to_vec();
                    let driver = TasmotaDriver::new(setup, part, Reads::Sensor(true));
                    things.push(announce(
                        setup,
                        source,
                        format!("shutter {}", number + 1),
                        entity,
                        driver,
                        twins,
                    ));
                }
            }
        }
    }
    if setup.fan {
        let mut entity = setup.named("fan", &format!("{} Fan", setup.device));
        entity.features.insert(Feature::Speed);
        entity.ranges.insert("percentage".into(), (0.0, 100.0));
        let driver = TasmotaDriver::new(setup, Fan, Reads::State(vec!["FanSpeed".into()]));
        let twins = vec![format!("fan!{}FanSpeed", setup.commands)];
        things.push(announce(setup, source, "fan".into(), entity, driver, twins));
    }
    things
}

/// A relay is the same whatever it switches; a lamp also understands being full.
#[derive(Debug)]
struct LampOrSwitch {
    lamp: bool,
    switch: Switch,
}

impl LampOrSwitch {
    fn of(domain: &str, power: Power) -> Self {
        Self { lamp: domain == "light", switch: Switch(power) }
    }
}

impl Part for LampOrSwitch {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        self.switch.take(message, state)
    }

    fn write(&self, order: &Order, state: &EntityState) -> Result<Vec<(String, String)>, Cannot> {
        match order {
            Order::Light(light) if self.lamp && light == &Default::default() => {
                self.switch.write(&Order::On, state)
            }
            _ => self.switch.write(order, state),
        }
    }
}
