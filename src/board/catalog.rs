//! The boards and microphones of `hardware/`, built into the binary.

use serde::Deserialize;
use std::path::{Path, PathBuf};

const BOARDS: &[&str] = &[
    include_str!("../../hardware/boards/raspberry-pi-5.toml"),
    include_str!("../../hardware/boards/raspberry-pi-4.toml"),
    include_str!("../../hardware/boards/raspberry-pi-zero-2-w.toml"),
];

const MICROPHONES: &[&str] = &[
    include_str!("../../hardware/microphones/respeaker-2mic-hat-v1.toml"),
    include_str!("../../hardware/microphones/respeaker-2mic-hat-v2.toml"),
    include_str!("../../hardware/microphones/respeaker-usb-mic-array-v2.toml"),
];

/// A single-board computer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// What people call it.
    pub name: String,
    /// How `/proc/device-tree/model` begins.
    pub model: String,
    /// Cores of its processor.
    pub cores: u32,
    /// Its processor.
    pub cpu: String,
    /// Memory that the kernel must show, in MB.
    pub min_memory_mb: u64,
    /// Where its `dtoverlay=` lines may be; the first that exists counts.
    pub config_files: Vec<PathBuf>,
}

/// How a microphone is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bus {
    /// On the board's pins.
    Hat,
    /// By USB.
    Usb,
}

/// Where a codec answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct I2c {
    /// The bus.
    pub bus: u8,
    /// The 7-bit address.
    pub address: u8,
}

/// A microphone, or microphone and loudspeaker in one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Microphone {
    /// What people call it.
    pub name: String,
    /// How it is connected.
    pub bus: Bus,
    /// ALSA's card id.
    pub card: String,
    /// The name for `[audio] input`.
    pub input: String,
    /// The name for `[audio] output`, if it has a loudspeaker's socket.
    #[serde(default)]
    pub output: Option<String>,
    /// The `dtoverlay=` line that a HAT needs.
    #[serde(default)]
    pub overlay: Option<String>,
    /// The `dtparam=` lines that it needs.
    #[serde(default)]
    pub params: Vec<String>,
    /// The overlay's file, in the `overlays` folder beside the board's configuration.
    #[serde(default)]
    pub overlay_file: Option<String>,
    /// Where its codec answers.
    #[serde(default)]
    pub i2c: Option<I2c>,
    /// USB vendor and product, as `lsusb` writes them.
    #[serde(default)]
    pub usb: Option<String>,
    /// What to do when its card does not show up.
    pub driver: String,
    /// What has to be set in the mixer, if anything.
    #[serde(default)]
    pub mixer: Option<String>,
}

/// The boards that Sotto knows.
pub fn boards() -> Vec<Board> {
    parsed(BOARDS)
}

/// The microphones that Sotto knows.
pub fn microphones() -> Vec<Microphone> {
    parsed(MICROPHONES)
}

fn parsed<T: serde::de::DeserializeOwned>(files: &[&str]) -> Vec<T> {
    // A test reads every file, so that none is left out here in silence.
    files.iter().filter_map(|text| toml::from_str(text).ok()).collect()
}

impl Board {
    /// The board that this process runs on, if it is one that Sotto knows.
    pub fn detect() -> Option<Self> {
        Self::detect_under(Path::new("/"))
    }

    /// [`Board::detect`] with the file system's root elsewhere.
    pub fn detect_under(root: &Path) -> Option<Self> {
        let model = super::detect::model(root)?;
        boards().into_iter().find(|board| model.starts_with(&board.model))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::fs;

    #[test]
    fn every_file_of_hardware_is_read_and_makes_sense() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("hardware");
        let count = |folder: &str| fs::read_dir(root.join(folder)).unwrap().count();
        for text in BOARDS {
            toml::from_str::<Board>(text).unwrap();
        }
        for text in MICROPHONES {
            toml::from_str::<Microphone>(text).unwrap();
        }
        assert_eq!(boards().len(), count("boards"));
        assert_eq!(microphones().len(), count("microphones"));
        for microphone in microphones() {
            // Names, never card numbers: those change from start to start.
            assert_eq!(microphone.input, format!("plughw:CARD={}", microphone.card));
            match microphone.bus {
                Bus::Hat => assert!(microphone.overlay.is_some() && microphone.i2c.is_some()),
                Bus::Usb => assert!(microphone.usb.as_ref().is_some_and(|usb| usb.len() == 9)),
            }
        }
        let names: HashSet<String> = microphones().into_iter().map(|m| m.name).collect();
        assert_eq!(names.len(), MICROPHONES.len());
    }
}
