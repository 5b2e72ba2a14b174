//! What the kernel shows, read under a root that tests put elsewhere.

use super::catalog::I2c;
use std::fs;
use std::path::{Path, PathBuf};

fn text(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim_matches(['\0', '\n', ' ']).to_string())
}

/// What the board calls itself.
pub(super) fn model(root: &Path) -> Option<String> {
    text(&root.join("proc/device-tree/model")).filter(|model| !model.is_empty())
}

/// All memory that the kernel manages, in MB.
pub(super) fn memory_mb(root: &Path) -> Option<u64> {
    let info = text(&root.join("proc/meminfo"))?;
    let line = info.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb / 1024)
}

/// The hottest sensor, in °C.
pub(super) fn temperature(root: &Path) -> Option<f64> {
    let zones = fs::read_dir(root.join("sys/class/thermal")).ok()?;
    let readings = zones.flatten().filter_map(|zone| text(&zone.path().join("temp"))?.parse::<f64>().ok());
    readings.map(|millidegrees| millidegrees / 1000.0).reduce(f64::max)
}

/// Whether the board's supply has been too weak since it started; `None` where nothing measures it.
pub(super) fn undervoltage(root: &Path) -> Option<bool> {
    let sensors = fs::read_dir(root.join("sys/class/hwmon")).ok()?;
    let supply =
        sensors.flatten().map(|s| s.path()).find(|s| text(&s.join("name")).as_deref() == Some("rpi_volt"))?;
    text(&supply.join("in0_lcrit_alarm")).map(|alarm| alarm == "1")
}

/// ALSA's cards: id and index.
pub(super) fn cards(root: &Path) -> Vec<(String, u32)> {
    // " 1 [seeed2micvoicec]: seeed2micvoicec - seeed2micvoicec"
    let listed = text(&root.join("proc/asound/cards")).unwrap_or_default();
    listed
        .lines()
        .filter_map(|line| {
            let (index, rest) = line.split_once('[')?;
            let (id, _) = rest.split_once(']')?;
            Some((id.trim().to_string(), index.trim().parse().ok()?))
        })
        .collect()
}

/// Whether a card has a microphone.
pub(super) fn captures(root: &Path, card: u32) -> bool {
    let Ok(entries) = fs::read_dir(root.join(format!("proc/asound/card{card}"))) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("pcm") && name.ends_with('c')
    })
}

/// What the kernel says of a codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// The overlay did not announce it.
    Unknown,
    /// Announced, but no driver has taken it.
    NoDriver,
    /// A driver has taken it.
    Driven,
}

pub(super) fn codec(root: &Path, at: I2c) -> Codec {
    let device = root.join(format!("sys/bus/i2c/devices/{}-{:04x}", at.bus, at.address));
    if !device.exists() {
        Codec::Unknown
    } else if device.join("driver").exists() {
        Codec::Driven
    } else {
        Codec::NoDriver
    }
}

/// Whether a USB device (`vendor:product`) is plugged in.
pub(super) fn usb(root: &Path, id: &str) -> bool {
    let Some((vendor, product)) = id.split_once(':') else { return false };
    let Ok(devices) = fs::read_dir(root.join("sys/bus/usb/devices")) else { return false };
    devices.flatten().map(|d| d.path()).any(|device| {
        text(&device.join("idVendor")).as_deref() == Some(vendor)
            && text(&device.join("idProduct")).as_deref() == Some(product)
    })
}

/// The board's configuration: its path and its lines that are not comments.
pub(super) fn configuration(root: &Path, candidates: &[PathBuf]) -> Option<(PathBuf, Vec<String>)> {
    let path = candidates.iter().find(|path| under(root, path).exists())?;
    let lines = text(&under(root, path))?
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim().replace(' ', ""))
        .filter(|line| !line.is_empty())
        .collect();
    Some((path.clone(), lines))
}

/// An absolute path below another root.
pub(super) fn under(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}
