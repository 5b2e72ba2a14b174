//! Which intents act on which entities.

use crate::home::Feature;
use crate::intent::Slots;

/// Where an intent looks when neither a name nor a place was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The speaker's area; the whole home where that is not known.
    Room,
    /// One entity: in the speaker's area, else the only one of the home.
    One,
    /// The whole home.
    Home,
}

/// What an intent needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Domains of its targets when the sentence does not say one; empty: any.
    pub domains: &'static [&'static str],
    /// Where it looks.
    pub reach: Reach,
    /// What a target must be able to do, by slot; an empty slot name: always.
    pub features: &'static [(&'static str, Feature)],
}

/// What "everything" is switched.
const SWITCHED: &[&str] = &["light", "switch", "fan", "media_player", "humidifier", "input_boolean", "siren"];
const MEDIA: &[&str] = &["media_player"];
const HEATING: &[&str] = &["climate", "water_heater"];
const COVERS: &[&str] = &["cover", "valve"];

const fn row(
    domains: &'static [&'static str],
    reach: Reach,
    features: &'static [(&'static str, Feature)],
) -> Option<Served> {
    Some(Served { domains, reach, features })
}

/// Every intent that a sentence of ours may have; `None`: it acts on no entity.
const TABLE: &[(&str, Option<Served>)] = &[
    ("HassTurnOn", row(SWITCHED, Reach::Room, &[])),
    ("HassTurnOff", row(SWITCHED, Reach::Room, &[])),
    ("HassToggle", row(SWITCHED, Reach::Room, &[])),
    ("HassGetState", row(&[], Reach::Home, &[])),
    ("HassSetPosition", row(COVERS, Reach::Room, &[("", Feature::Position)])),
    ("HassStopMoving", row(COVERS, Reach::Room, &[])),
    (
        "HassLightSet",
        row(
            &["light"],
            Reach::Room,
            &[
                ("brightness", Feature::Brightness),
                ("brightness_step", Feature::Brightness),
                ("color", Feature::Color),
                ("temperature", Feature::ColorTemp),
                ("temperature_step", Feature::ColorTemp),
            ],
        ),
    ),
    ("HassFanSetSpeed", row(&["fan"], Reach::Room, &[("", Feature::Speed)])),
    ("HassClimateSetTemperature", row(HEATING, Reach::One, &[("", Feature::Temperature)])),
    ("HassClimateSetMode", row(&["climate"], Reach::One, &[])),
    ("HassClimateGetTemperature", row(&["climate"], Reach::One, &[])),
    ("HassMediaPause", row(MEDIA, Reach::One, &[("", Feature::Pause)])),
    ("HassMediaUnpause", row(MEDIA, Reach::One, &[("", Feature::Pause)])),
    ("HassMediaNext", row(MEDIA, Reach::One, &[("", Feature::Next)])),
    ("HassMediaPrevious", row(MEDIA, Reach::One, &[("", Feature::Previous)])),
    ("HassSetVolume", row(MEDIA, Reach::One, &[("", Feature::Volume)])),
    ("HassSetVolumeRelative", row(MEDIA, Reach::One, &[("", Feature::Volume)])),
    ("HassMediaPlayerMute", row(MEDIA, Reach::One, &[("", Feature::Mute)])),
    ("HassMediaPlayerUnmute", row(MEDIA, Reach::One, &[("", Feature::Mute)])),
    ("HassMediaSearchAndPlay", row(MEDIA, Reach::One, &[("", Feature::Search)])),
    ("HassVacuumStart", row(&["vacuum"], Reach::One, &[])),
    ("HassVacuumReturnToBase", row(&["vacuum"], Reach::One, &[("", Feature::ReturnHome)])),
    ("HassVacuumCleanArea", row(&["vacuum"], Reach::One, &[("", Feature::CleanArea)])),
    ("HassLawnMowerStartMowing", row(&["lawn_mower"], Reach::One, &[])),
    ("HassLawnMowerDock", row(&["lawn_mower"], Reach::One, &[])),
    ("HassListAddItem", row(&["todo"], Reach::One, &[])),
    ("HassListCompleteItem", row(&["todo"], Reach::One, &[])),
    ("HassListRemoveItem", row(&["todo"], Reach::One, &[])),
    ("HassGetWeather", row(&["weather"], Reach::One, &[])),
    ("HassGetCurrentTime", None),
    ("HassGetCurrentDate", None),
    ("HassStartTimer", None),
    ("HassCancelTimer", None),
    ("HassCancelAllTimers", None),
    ("HassPauseTimer", None),
    ("HassUnpauseTimer", None),
    ("HassIncreaseTimer", None),
    ("HassDecreaseTimer", None),
    ("HassTimerStatus", None),
    ("HassShoppingListAddItem", None),
    ("HassShoppingListCompleteItem", None),
    ("HassShoppingListRemoveItem", None),
    ("HassBroadcast", None),
    ("HassNevermind", None),
    ("HassRespond", None),
];

/// Domains of which a room has one and nobody says which.
const ONE_OF_A_KIND: &[&str] =
    &["climate", "water_heater", "media_player", "vacuum", "lawn_mower", "humidifier"];
/// Domains that are meant for the whole home when no place is said.
const OF_THE_HOME: &[&str] = &["lock", "person", "siren", "alarm_control_panel"];

/// What an intent needs; `None` if it acts on no entity. An intent that is not ours (a custom
/// domain's) acts on entities only if its sentence has a name, an area, a floor or a domain.
pub fn served(intent: &str, slots: &Slots) -> Option<Served> {
    match TABLE.iter().find(|(name, _)| *name == intent) {
        Some((_, served)) => served.map(|served| {
            let domain = slots.get("domain").and_then(serde_json::Value::as_str).unwrap_or("");
            let reach = match served.reach {
                Reach::Room if ONE_OF_A_KIND.contains(&domain) => Reach::One,
                Reach::Room if OF_THE_HOME.contains(&domain) => Reach::Home,
                reach => reach,
            };
            Served { reach, ..served }
        }),
        None => ["name", "area", "floor", "domain"]
            .iter()
            .any(|slot| slots.contains_key(*slot))
            .then_some(Served { domains: &[], reach: Reach::Room, features: &[] }),
    }
}

/// Whether an intent acts on entities, so that a command without targets does nothing.
pub fn needs_targets(intent: &str) -> bool {
    TABLE.iter().any(|(name, served)| *name == intent && served.is_some())
}
