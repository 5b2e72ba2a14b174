//! What can be asked of a home, in the words that the model chooses among.
//!
//! A goal is a short English sentence with a command behind it. The sentences are what the language
//! model weighs against each other; the cues are words by which a goal is found worth weighing.

use crate::home::Feature;
use serde_json::{Value, json};

/// Whom a goal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Everything of its kind in the area that the text is about, as one.
    Area,
    /// One thing by its name: `{name}` in the sentence.
    Each,
    /// Nothing in particular.
    Home,
}

/// One thing that can be asked.
#[derive(Debug)]
pub(super) struct Goal {
    /// The sentence; `{name}` is the thing's name, `{kind}` what such a cover is called.
    pub sentence: &'static str,
    pub scope: Scope,
    pub domain: &'static str,
    /// Device classes that it is about; empty: all that no other goal of the domain names.
    pub classes: &'static [&'static str],
    pub feature: Option<Feature>,
    pub intent: &'static str,
    /// A slot beside the target, and its value.
    pub slot: Option<(&'static str, Step)>,
    /// Words that bring it up: `word`, `stem*`, or several words in this order.
    pub cues: &'static [&'static str],
}

/// The value of a goal's slot.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// A change, signed.
    By(i32),
    /// `up` or `down`.
    Word(&'static str),
}

impl Step {
    pub(super) fn value(self) -> Value {
        match self {
            Step::By(n) => json!(n),
            Step::Word(w) => json!(w),
        }
    }
}

/// The sentence for what is no request to the home.
pub(super) const NOTHING: &str = "do nothing";

/// Covers that are doors: each is meant by its name, never as one of the area's blinds.
const DOORS: &[&str] = &["garage", "gate", "door"];

const fn area(
    sentence: &'static str,
    domain: &'static str,
    intent: &'static str,
    cues: &'static [&'static str],
) -> Goal {
    let scope = Scope::Area;
    Goal { sentence, scope, domain, classes: &[], feature: None, intent, slot: None, cues }
}

const fn each(
    sentence: &'static str,
    domain: &'static str,
    intent: &'static str,
    cues: &'static [&'static str],
) -> Goal {
    Goal { scope: Scope::Each, ..area(sentence, domain, intent, cues) }
}

const LIGHT_ON: &[&str] = &[
    "dark*",
    "gloom*",
    "pitch black",
    "black",
    "dim",
    "see",
    "light",
    "lights",
    "lamp*",
    "read*",
    "find",
    "shadow*",
    "murky",
    "brighten",
    "candle*",
    "night",
];
const LIGHT_OFF: &[&str] = &[
    "bright*",
    "dazzl*",
    "glar*",
    "blind*",
    "light",
    "lights",
    "lamp*",
    "nobody",
    "empty",
    "electricity",
    "power",
    "energy",
    "wast*",
    "dark",
    "darkness",
    "left",
    "done",
    "finished",
];
const LIGHT_DIM: &[&str] = &[
    "bright*",
    "strong",
    "soft*",
    "cosy",
    "cosier",
    "cozy",
    "mood",
    "romantic",
    "relax*",
    "atmosphere",
    "glar*",
    "dazzl*",
    "harsh",
    "eyes",
];
const LIGHT_MORE: &[&str] = &["weak", "faint", "brighter", "more light", "dim"];
const WARMER: &[&str] = &[
    "cold", "colder", "freez*", "chill*", "shiver*", "icy", "ice", "nippy", "frost*", "brr*", "warm",
    "warmer", "cool*", "fridge", "winter", "blanket", "heat*", "goose",
];
const COOLER: &[&str] = &[
    "hot",
    "hotter",
    "warm",
    "heat",
    "heating",
    "sweat*",
    "boil*",
    "melt*",
    "roast*",
    "burning",
    "sauna",
    "overheat*",
    "oven",
    "cool",
    "cooler",
    "swelter*",
    "tropical",
];
const FAN_ON: &[&str] = &[
    "stuffy",
    "stale",
    "air",
    "breez*",
    "breath*",
    "ventilat*",
    "musty",
    "smell*",
    "hot",
    "sweat*",
    "cool",
    "boil*",
    "melt*",
    "muggy",
    "heat",
    "sauna",
    "humid",
];
const FAN_OFF: &[&str] =
    &["fan", "draught*", "draft*", "wind", "windy", "blow*", "breez*", "blades", "noisy", "blades"];
const OPEN: &[&str] = &[
    "sun", "sunshine", "sunny", "sunrise", "daylight", "outside", "view", "window", "garden", "stars",
    "snow", "look out", "morning", "day",
];
const CLOSE: &[&str] = &[
    "sun",
    "sunshine",
    "neighbo*",
    "privacy",
    "private",
    "see me",
    "look* in",
    "staring",
    "watch* me",
    "glare",
    "undress*",
    "naked",
    "shin*",
    "blinding",
    "nosy",
    "street",
];
const LOUD: &[&str] = &["loud*", "nois*", "deafen*", "ears", "quieter", "hear", "volume", "racket"];
const QUIET: &[&str] = &["quiet", "hear", "understand", "whisper*", "deaf", "louder", "volume", "saying"];
const PAUSE: &[&str] =
    &["hold", "wait", "phone", "movie", "film", "second", "moment", "pause", "break", "stop"];
const NEXT: &[&str] = &["song", "track", "music", "boring", "skip", "another"];
const WATCH: &[&str] =
    &["watch*", "show", "news", "movie", "film", "tv", "television", "series", "program*", "match"];
const UNWATCH: &[&str] = &["watch*", "tv", "television", "enough"];
const INSIDE: &[&str] = &[
    "secur*",
    "safe",
    "burglar*",
    "thie*",
    "stranger*",
    "intruder*",
    "get in",
    "lock*",
    "keep out",
    "break in",
];
const VISITOR: &[&str] = &[
    "let in",
    "come in",
    "visitor*",
    "guest*",
    "key",
    "keys",
    "waiting outside",
    "outside the",
    "standing outside",
    "at the door",
    "forgot*",
    "knock*",
];
const DRIVE: &[&str] = &["car", "drive", "driving", "bike*", "van"];
const PARKED: &[&str] = &["car", "park*", "steal*", "drove", "bike*", "garage"];
const WARMTH: &[&str] =
    &["warm", "cold", "hot", "temperature", "sweater", "jacket", "wear", "degrees", "chilly", "cool"];
const DAMP: &[&str] = &["damp", "humid*", "moist*", "dry"];
const LATE: &[&str] = &["late", "hurry", "clock", "time before", "enough time", "miss", "time left"];
const DUSTY: &[&str] = &["floor*", "dust*", "crumb*", "dirty", "carpet", "vacuum*", "hoover", "filthy"];
const GRASS: &[&str] = &["grass", "lawn", "mow*"];
const NAME_ONLY: &[&str] = &[];

/// Every goal, in the order in which equal ones are offered.
pub(super) const GOALS: &[Goal] = &[
    area("turn on the light", "light", "HassTurnOn", LIGHT_ON),
    area("turn off the light", "light", "HassTurnOff", LIGHT_OFF),
    Goal {
        feature: Some(Feature::Brightness),
        slot: Some(("brightness_step", Step::By(-40))),
        ..area("dim the light", "light", "HassLightSet", LIGHT_DIM)
    },
    Goal {
        feature: Some(Feature::Brightness),
        slot: Some(("brightness_step", Step::By(40))),
        ..area("make the light brighter", "light", "HassLightSet", LIGHT_MORE)
    },
    Goal {
        feature: Some(Feature::Temperature),
        slot: Some(("temperature_step", Step::By(2))),
        ..area("turn up the heating", "climate", "HassClimateSetTemperature", WARMER)
    },
    Goal {
        feature: Some(Feature::Temperature),
        slot: Some(("temperature_step", Step::By(-2))),
        ..area("turn down the heating", "climate", "HassClimateSetTemperature", COOLER)
    },
    area("turn on the fan", "fan", "HassTurnOn", FAN_ON),
    area("turn off the fan", "fan", "HassTurnOff", FAN_OFF),
    area("open the {kind}", "cover", "HassTurnOn", OPEN),
    area("close the {kind}", "cover", "HassTurnOff", CLOSE),
    Goal { classes: DOORS, ..each("open the {name}", "cover", "HassTurnOn", DRIVE) },
    Goal { classes: DOORS, ..each("close the {name}", "cover", "HassTurnOff", PARKED) },
    Goal { classes: DOORS, ..each("check the {name}", "cover", "HassGetState", NAME_ONLY) },
    each("lock the {name}", "lock", "HassTurnOn", INSIDE),
    each("unlock the {name}", "lock", "HassTurnOff", VISITOR),
    each("check the {name}", "lock", "HassGetState", NAME_ONLY),
    each("turn on the {name}", "media_player", "HassTurnOn", WATCH),
    each("turn off the {name}", "media_player", "HassTurnOff", UNWATCH),
    Goal {
        feature: Some(Feature::Pause),
        ..area("pause the playback", "media_player", "HassMediaPause", PAUSE)
    },
    Goal {
        feature: Some(Feature::Volume),
        slot: Some(("volume_step", Step::Word("down"))),
        ..area("turn down the volume", "media_player", "HassSetVolumeRelative", LOUD)
    },
    Goal {
        feature: Some(Feature::Volume),
        slot: Some(("volume_step", Step::Word("up"))),
        ..area("turn up the volume", "media_player", "HassSetVolumeRelative", QUIET)
    },
    Goal {
        feature: Some(Feature::Next),
        ..area("skip to the next track", "media_player", "HassMediaNext", NEXT)
    },
    each("turn on the {name}", "switch", "HassTurnOn", NAME_ONLY),
    each("turn off the {name}", "switch", "HassTurnOff", NAME_ONLY),
    each("start {name}", "scene", "HassTurnOn", NAME_ONLY),
    each("start {name}", "script", "HassTurnOn", NAME_ONLY),
    each("check the {name}", "binary_sensor", "HassGetState", NAME_ONLY),
    Goal { classes: &["temperature"], ..area("check the temperature", "sensor", "HassGetState", WARMTH) },
    Goal { classes: &["humidity"], ..area("check the humidity", "sensor", "HassGetState", DAMP) },
    area("start the vacuum cleaner", "vacuum", "HassVacuumStart", DUSTY),
    area("start the lawn mower", "lawn_mower", "HassLawnMowerStartMowing", GRASS),
    Goal { scope: Scope::Home, ..area("tell the time", "", "HassGetCurrentTime", LATE) },
];

impl Goal {
    /// Whether the goal is about things of this domain and device class.
    pub(super) fn is_about(&self, domain: &str, class: Option<&str>) -> bool {
        if self.domain != domain {
            return false;
        }
        match (self.classes, domain) {
            ([], "cover") => !class.is_some_and(|c| DOORS.contains(&c)),
            ([], "sensor") => false,
            ([], _) => true,
            (classes, _) => class.is_some_and(|c| classes.contains(&c)),
        }
    }
}

/// Words of things' names, and what people say when they mean such a thing.
pub(super) const KINDS: &[(&[&str], &[&str])] = &[
    (&["coffee", "espresso"], &["coffee", "espresso", "caffeine", "cappuccino", "latte", "wake up"]),
    (&["kettle"], &["tea", "hot water", "kettle"]),
    (&["printer"], &["print*", "document*", "copy", "copies", "paper"]),
    (&["towel", "radiator"], &["towel*", "shower", "bath"]),
    (&["heater"], &["heater", "cold", "freez*", "warm"]),
    (&["tv", "television"], &["watch*", "movie", "film", "show", "news", "tv", "television", "series"]),
    (
        &["movie", "film", "cinema"],
        &["movie*", "film*", "cinema", "popcorn", "romantic", "cosier", "relax*", "atmosphere"],
    ),
    (
        &["night", "bedtime", "sleep"],
        &["bed", "bedtime", "sleep*", "tired", "night", "dreams", "turning in", "day is over"],
    ),
    (&["morning", "wake"], &["wake", "woke", "get up", "getting up", "morning"]),
    (&["away", "leaving", "goodbye"], &["leaving", "leave", "going out", "off to work", "goodbye"]),
    (&["dinner", "meal"], &["dinner", "eat*", "food", "meal", "supper"]),
    (&["party"], &["party", "celebrat*", "dance", "guests"]),
    (&["garage"], &["garage", "car", "drive"]),
    (&["door"], &["door", "burglar*", "walk in"]),
    (&["window"], &["window", "rain*", "shut"]),
    (&["motion"], &["motion", "moving", "sneak*", "anybody", "somebody", "someone"]),
    (&["plug", "outlet", "socket"], &["plug", "outlet", "socket"]),
];

/// What covers of a device class are called.
pub(super) fn kind_of_cover(class: Option<&str>) -> &'static str {
    match class {
        Some("curtain") => "curtains",
        Some("shutter") => "shutters",
        Some("awning") => "awning",
        Some("window") => "windows",
        _ => "blinds",
    }
}
