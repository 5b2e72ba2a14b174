//! What one thing is told to do, free of any dialect.

/// What one thing is told to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Be on: lights, switches, fans, sirens, climates, media players; scenes and scripts run.
    On,
    /// Be off.
    Off,
    /// Press a button.
    Press,
    /// Be on in this light.
    Light(LightOrder),
    /// Open: covers, valves.
    Open,
    /// Close: covers, valves.
    Close,
    /// Stop on the way: covers, valves, vacuums.
    Stop,
    /// Go to this position in percent, 100 is open.
    Position(f64),
    /// Tilt the slats to this percentage, 100 is open.
    Tilt(f64),
    /// Lock.
    Lock,
    /// Unlock.
    Unlock,
    /// Set temperature, in the thing's own unit.
    Temperature(f64),
    /// Mode of operation by name (climate, humidifier).
    Mode(String),
    /// Preset by name (climate, fan).
    Preset(String),
    /// Fan speed in percent; 0 is off.
    Speed(f64),
    /// Target humidity in percent.
    Humidity(f64),
    /// Begin to work: vacuums, lawn mowers.
    Start,
    /// Pause: vacuums, lawn mowers.
    Pause,
    /// Go home and dock: vacuums, lawn mowers.
    ReturnHome,
    /// Clean this area, by name.
    CleanArea(String),
    /// Take this number.
    Value(f64),
    /// Choose this option by name.
    Choose(String),
    /// Take this text.
    Text(String),
    /// Arm an alarm: `home`, `away`, `night`, `vacation`, `custom_bypass`.
    Arm(String),
    /// Disarm an alarm.
    Disarm,
    /// What a media player is told.
    Media(MediaOrder),
    /// What a list is told.
    List(ListOrder),
}

/// What a light is told besides being on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LightOrder {
    /// Brightness in percent, above 0.
    pub brightness: Option<f64>,
    /// Colour.
    pub color: Option<super::color::Rgb>,
    /// White temperature in Kelvin.
    pub kelvin: Option<f64>,
    /// Effect by name.
    pub effect: Option<String>,
}

/// What a media player is told.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaOrder {
    /// Pause.
    Pause,
    /// Go on.
    Play,
    /// Next track.
    Next,
    /// Previous track.
    Previous,
    /// Volume, 0 to 1.
    Volume(f64),
    /// Mute or not.
    Mute(bool),
    /// Search for this and play it.
    Search {
        /// What is asked for.
        query: String,
        /// `artist`, `album`, `track`, …
        class: Option<String>,
    },
}

/// What a list is told.
#[derive(Debug, Clone, PartialEq)]
pub enum ListOrder {
    /// Add an item.
    Add(String),
    /// Mark an item as done.
    Complete(String),
    /// Take an item off.
    Remove(String),
}
