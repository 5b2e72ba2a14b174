//! Lights: one to five channels, or several channels that are lights of their own.

use super::driver::Part;
use super::relay::Power;
use super::setup::Setup;
use crate::home::color::mireds;
use crate::home::dialect::Cannot;
use crate::home::entity::{Entity, EntityState, Feature};
use crate::home::lights::{set_brightness, set_hs, set_kelvin};
use crate::home::order::{LightOrder, Order};
use serde_json::{Map, Value};

/// What a light is made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    /// The command that sets the brightness, `Dimmer` or `Channel2`.
    dimmer: String,
    /// Which of the numbers of `Channel` is its brightness, if it is one of several.
    channel: Option<usize>,
    color: bool,
    white: bool,
    /// It has white lamps besides the colours.
    whites: bool,
}

impl Shape {
    /// The shape of the light of this index among so many.
    pub(super) fn of(setup: &Setup, index: usize, lights: usize) -> Self {
        let plain =
            |dimmer: String, channel| Self { dimmer, channel, color: false, white: false, whites: false };
        if setup.option(68) {
            return plain(format!("Channel{}", index + 1), Some(index));
        }
        let split = !setup.linked && setup.channels >= 4 && lights > 1;
        match (split, index) {
            (true, 0) => {
                Self { dimmer: "Dimmer1".into(), channel: None, color: true, white: false, whites: false }
            }
            (true, _) => Self {
                dimmer: "Dimmer2".into(),
                channel: None,
                color: false,
                white: setup.channels == 5,
                whites: false,
            },
            (false, _) => Self {
                dimmer: "Dimmer".into(),
                channel: None,
                color: setup.channels >= 3,
                white: matches!(setup.channels, 2 | 5),
                whites: setup.channels >= 4,
            },
        }
    }

    /// The commands that it may be set by.
    pub(super) fn commands(&self) -> Vec<String> {
        let all = [
            (true, self.dimmer.as_str()),
            (self.white, "CT"),
            (self.color, "HSBColor"),
            (self.whites, "White"),
        ];
        all.into_iter().filter(|(has, _)| *has).map(|(_, command)| command.to_owned()).collect()
    }
}

/// A light.
#[derive(Debug)]
pub(super) struct Light {
    power: Power,
    shape: Shape,
    /// The range of whites, in Kelvin.
    range: (f64, f64),
}

impl Light {
    /// A light; `narrow` (SetOption82): its whites go from 200 to 380 mireds only.
    pub(super) fn new(power: Power, shape: Shape, narrow: bool) -> Self {
        let (least, most) = if narrow { (200.0, 380.0) } else { (153.0, 500.0) };
        Self { power, shape, range: (mireds(most).round(), mireds(least).round()) }
    }

    /// Tells the entity what it can do.
    pub(super) fn declare(&self, entity: &mut Entity) {
        entity.features.insert(Feature::Brightness);
        if self.shape.color {
            entity.features.insert(Feature::Color);
        }
        if self.shape.white {
            entity.features.insert(Feature::ColorTemp);
            entity.ranges.insert("color_temp_kelvin".into(), self.range);
        }
    }

    fn be(&self, order: &LightOrder) -> Result<Vec<(String, String)>, Cannot> {
        let mut commands = Vec::new();
        if let Some(color) = order.color {
            if !self.shape.color {
                return Err(Cannot::Lacks("color"));
            }
            // Colour without the brightness that comes with a plain RGB.
            let (h, s, _) = color.to_hsv();
            commands.push(("HSBColor1".into(), format!("{}", h.round() as i64 % 360)));
            commands.push(("HSBColor2".into(), format!("{}", s.round() as i64)));
        }
        if let Some(kelvin) = order.kelvin {
            if !self.shape.white {
                return Err(Cannot::Lacks("color_temp"));
            }
            commands.push(("CT".into(), format!("{}", mireds(kelvin).round() as i64)));
        }
        if let Some(percent) = order.brightness {
            let value = percent.round().clamp(1.0, 100.0) as i64;
            commands.push((self.shape.dimmer.clone(), value.to_string()));
        }
        if order.effect.is_some() {
            return Err(Cannot::Lacks("effect"));
        }
        // With SetOption20 a new colour does not turn the light on.
        commands.push(self.power.turn(true));
        Ok(commands)
    }
}

impl Part for Light {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        self.power.take(message, state)?;
        let number = |value: Option<&Value>| value.and_then(Value::as_f64).filter(|n| n.is_finite());
        let brightness = match self.shape.channel {
            Some(at) => {
                let own = || number(message.get(&self.shape.dimmer));
                number(message.get("Channel").and_then(|c| c.get(at))).or_else(own)
            }
            None => number(message.get(&self.shape.dimmer)),
        };
        if let Some(percent) = brightness {
            set_brightness(percent.clamp(0.0, 100.0), 100.0, state)?;
        }
        let hsb = message.get("HSBColor").and_then(Value::as_str).unwrap_or_default();
        let hsb: Vec<f64> = hsb.split(',').filter_map(|n| n.trim().parse().ok()).collect();
        let white = number(message.get("White")).unwrap_or(0.0) > 0.0;
        let kelvin = number(message.get("CT")).filter(|m| *m > 0.0).map(|m| mireds(m).round());
        match (hsb.as_slice(), kelvin.filter(|_| self.shape.white)) {
            // While the white lamps are lit the colour is not shown.
            ([h, s, _], kelvin) if self.shape.color && !(white && kelvin.is_some()) => {
                set_hs(h.clamp(0.0, 360.0), s.clamp(0.0, 100.0), state);
            }
            (_, Some(kelvin)) => set_kelvin(kelvin, state),
            _ => {}
        }
        Ok(())
    }

    fn write(&self, order: &Order, _: &EntityState) -> Result<Vec<(String, String)>, Cannot> {
        match order {
            Order::On => Ok(vec![self.power.turn(true)]),
            Order::Off => Ok(vec![self.power.turn(false)]),
            Order::Light(order) => self.be(order),
            _ => Err(Cannot::Lacks("that")),
        }
    }
}
