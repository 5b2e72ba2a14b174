//! Sensors: every reading of `SENSOR`, by its path.

use super::driver::{Part, Reads, TasmotaDriver, announce};
use super::setup::Setup;
use crate::home::dialect::{Announcement, Cannot};
use crate::home::entity::EntityState;
use crate::home::order::Order;
use serde_json::{Map, Value};

/// The most readings of one device.
const MOST: usize = 64;
/// The longest text that a reading keeps, in characters.
const LONGEST: usize = 255;

/// Class and unit of a reading, by its name. The unit of a temperature is the device's.
const CLASSES: &[(&str, &str, &str)] = &[
    ("ApparentPower", "apparent_power", "VA"),
    ("Battery", "battery", "%"),
    ("CarbonDioxide", "carbon_dioxide", "ppm"),
    ("Current", "current", "A"),
    ("DewPoint", "temperature", ""),
    ("Factor", "power_factor", ""),
    ("Frequency", "frequency", "Hz"),
    ("Humidity", "humidity", "%"),
    ("Illuminance", "illuminance", "lx"),
    ("PM10", "pm10", "µg/m³"),
    ("PM2.5", "pm25", "µg/m³"),
    ("Power", "power", "W"),
    ("Pressure", "atmospheric_pressure", "hPa"),
    ("ReactivePower", "reactive_power", "var"),
    ("Temperature", "temperature", ""),
    ("Today", "energy", "kWh"),
    ("Total", "energy", "kWh"),
    ("Voltage", "voltage", "V"),
    ("Yesterday", "energy", "kWh"),
];

/// What is no reading.
const SKIPPED: &[&str] = &["Time", "TempUnit", "PressureUnit", "SpeedUnit", "TotalStartTime", "Id", "Period"];

#[derive(Debug)]
struct Reading {
    path: Vec<String>,
    /// A switch says ON or OFF.
    on_off: bool,
}

impl Part for Reading {
    fn take(&mut self, message: &Map<String, Value>, state: &mut EntityState) -> Result<(), String> {
        let mut parts = self.path.iter();
        let first = parts.next().and_then(|part| message.get(part));
        let told = match parts.fold(first, |value, part| value?.get(part)) {
            Some(Value::String(text)) => text.chars().take(LONGEST).collect::<String>(),
            Some(Value::Number(n)) => n.to_string(),
            Some(Value::Null) => {
                state.value = None;
                return Ok(());
            }
            // An answer to a command tells a switch in another form.
            Some(Value::Object(all)) if self.on_off => match all.get("Action").and_then(Value::as_str) {
                Some(word) => word.to_owned(),
                None => return Ok(()),
            },
            Some(_) => return Err(format!("`{}` is no single value", self.path.join("."))),
            None => return Ok(()),
        };
        state.value = match (self.on_off, told.as_str()) {
            (true, "ON" | "on" | "1") => Some("on".into()),
            (true, "OFF" | "off" | "0") => Some("off".into()),
            (true, _) => return Ok(()),
            (false, _) => Some(told),
        };
        Ok(())
    }

    fn write(&self, _: &Order, _: &EntityState) -> Result<Vec<(String, String)>, Cannot> {
        Err(Cannot::Lacks("commands"))
    }
}

/// The entities of a device's sensors.
pub(super) fn things(setup: &Setup, announced: &Value, source: &str) -> Vec<Announcement> {
    let Some(Value::Object(sensors)) = announced.get("sn") else { return Vec::new() };
    let degrees = match sensors.get("TempUnit").and_then(Value::as_str) {
        Some("F") => "°F",
        _ => "°C",
    };
    let mut readings = Vec::new();
    for (name, value) in sensors {
        collect(vec![name.clone()], value, &mut readings);
    }
    let thing = |path: Vec<String>| {
        let on_off = path.len() == 1;
        let last = path.last().map(String::as_str).unwrap_or_default();
        let known = CLASSES.iter().find(|(name, ..)| *name == last);
        let own = match path.as_slice() {
            // The device's name and the quantity are enough for what it measures of its load.
            [group, quantity]
                if group == "ENERGY" && matches!(quantity.as_str(), "Total" | "Today" | "Yesterday") =>
            {
                format!("Energy {quantity}")
            }
            [group, quantity] if group == "ENERGY" => quantity.clone(),
            _ => path.join(" "),
        };
        let domain = if on_off { "binary_sensor" } else { "sensor" };
        let mut entity = setup.named(domain, &format!("{} {own}", setup.device));
        entity.device_class = known.map(|(_, class, _)| (*class).to_owned());
        entity.unit = known.and_then(|(_, class, unit)| match (*class, *unit) {
            ("temperature", _) => Some(degrees.to_owned()),
            (_, "") => None,
            (_, unit) => Some(unit.to_owned()),
        });
        let key = path.join(".");
        let twins = vec![format!("{}SENSOR|{key}", setup.telemetry)];
        let driver = TasmotaDriver::new(setup, Reading { path, on_off }, Reads::Sensor(on_off));
        announce(setup, source, key, entity, driver, twins)
    };
    readings.into_iter().map(thing).collect()
}

/// Numbers below a name, and switches.
fn collect(path: Vec<String>, value: &Value, all: &mut Vec<Vec<String>>) {
    let last = path.last().map(String::as_str).unwrap_or_default();
    if all.len() >= MOST || last.len() > 64 || SKIPPED.contains(&last) || last.starts_with("Shutter") {
        return;
    }
    match value {
        Value::Object(inside) if path.len() < 3 => {
            for (name, value) in inside {
                let mut below = path.clone();
                below.push(name.clone());
                collect(below, value, all);
            }
        }
        Value::Number(_) if path.len() > 1 => all.push(path),
        // A reading that is not there yet.
        Value::Null if path.len() > 1 => all.push(path),
        Value::String(_) if path.len() == 1 && last.starts_with("Switch") => all.push(path),
        _ => {}
    }
}
