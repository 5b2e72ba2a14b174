//! The table of components.

use super::component::Make;
use super::{
    alarm, climate, cover, fan, humidifier, light, lock, plain, sensor, switch, vacuum, value, valve,
};

/// Every component that Home Assistant's discovery knows, with how it is made. `None`: it is no entity.
const COMPONENTS: &[(&str, Option<Make>)] = &[
    ("alarm_control_panel", Some(alarm::alarm)),
    ("binary_sensor", Some(sensor::binary_sensor)),
    ("button", Some(switch::button)),
    ("camera", Some(plain::plain)),
    ("climate", Some(climate::climate)),
    ("cover", Some(cover::cover)),
    ("date", Some(value::text)),
    ("datetime", Some(value::text)),
    ("device_automation", None),
    ("device_tracker", Some(plain::device_tracker)),
    ("event", Some(sensor::event)),
    ("fan", Some(fan::fan)),
    ("humidifier", Some(humidifier::humidifier)),
    ("image", Some(plain::plain)),
    ("lawn_mower", Some(vacuum::lawn_mower)),
    ("light", Some(light::light)),
    ("lock", Some(lock::lock)),
    ("notify", Some(value::notify)),
    ("number", Some(value::number)),
    ("scene", Some(switch::scene)),
    ("select", Some(value::select)),
    ("sensor", Some(sensor::sensor)),
    ("siren", Some(switch::siren)),
    ("switch", Some(switch::switch)),
    ("tag", None),
    ("text", Some(value::text)),
    ("time", Some(value::text)),
    ("update", Some(plain::update)),
    ("vacuum", Some(vacuum::vacuum)),
    ("valve", Some(valve::valve)),
    ("water_heater", Some(climate::water_heater)),
];

/// How a component is made; `None` for what is no entity.
///
/// # Errors
/// There is no such component.
pub(super) fn make(platform: &str) -> Result<Option<Make>, String> {
    COMPONENTS
        .iter()
        .find(|(name, _)| *name == platform)
        .map(|(_, make)| *make)
        .ok_or_else(|| format!("`{platform}` is no component of Home Assistant's discovery"))
}
