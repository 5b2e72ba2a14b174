//! Sound devices by name: finding, listing, choosing a format, and saying why there is none.

use super::absence::{self, Direction};
use super::format::StreamFormat;
use super::{AudioConfig, AudioError, SAMPLE_RATE};
use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{BufferSize, ErrorKind, StreamConfig, SupportedStreamConfigRange};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

/// Rate that is asked for where a device offers a range, in Hz: what most codecs run at.
const USUAL_RATE: u32 = 48_000;

/// One device as ALSA names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The name for the configuration, such as `plughw:CARD=seeed2micvoicec,DEV=0`.
    pub name: String,
    /// What the driver calls it, on one line.
    pub description: String,
}

/// What this machine has, in ALSA's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Devices {
    /// Where sound can come from.
    pub inputs: Vec<DeviceInfo>,
    /// Where sound can go.
    pub outputs: Vec<DeviceInfo>,
}

/// Lists the devices without opening any.
///
/// # Errors
/// [`AudioError::NoDevice`] where there is neither an input nor an output: what is missing and what to do.
pub fn devices() -> Result<Devices, AudioError> {
    let _quiet = Quiet::new();
    let mut found = Devices::default();
    for device in host()?.devices().map_err(|error| AudioError::NoDevice(error.to_string()))? {
        let Ok(id) = device.id() else { continue };
        // The PCM that discards and makes silence is always there and helps nobody.
        if id.id() == "null" {
            continue;
        }
        let info = DeviceInfo { name: id.id().to_string(), description: description(&device) };
        if device.supports_input() {
            found.inputs.push(info.clone());
        }
        if device.supports_output() {
            found.outputs.push(info);
        }
    }
    if found.inputs.is_empty() && found.outputs.is_empty() {
        return Err(AudioError::NoDevice(absence::explain(Direction::Input)));
    }
    Ok(found)
}

/// ALSA's own complaints go to standard error unless somebody collects them: this thread does.
pub(super) struct Quiet(#[allow(dead_code)] Option<std::rc::Rc<std::cell::RefCell<alsa::Output>>>);

impl Quiet {
    pub(super) fn new() -> Self {
        Self(alsa::Output::local_error_handler().ok())
    }
}

/// An opened host: dropping the last one lets ALSA read its configuration anew.
pub(super) fn host() -> Result<cpal::Host, AudioError> {
    cpal::host_from_id(cpal::HostId::Alsa).map_err(|error| AudioError::NoDevice(error.to_string()))
}

/// Finds the configured device.
pub(super) fn find(
    host: &cpal::Host,
    config: &AudioConfig,
    direction: Direction,
) -> Result<cpal::Device, AudioError> {
    let wanted = name(config, direction);
    if wanted.is_empty() {
        let device = match direction {
            Direction::Input => host.default_input_device(),
            Direction::Output => host.default_output_device(),
        };
        return device.ok_or_else(|| AudioError::NoDevice(absence::explain(direction)));
    }
    let id = cpal::DeviceId::new(cpal::HostId::Alsa, wanted);
    if let Some(device) = host.device_by_id(&id) {
        return Ok(device);
    }
    let all: Vec<cpal::Device> = host
        .devices()
        .map_err(|error| AudioError::NoDevice(error.to_string()))?
        .filter(|device| match direction {
            Direction::Input => device.supports_input(),
            Direction::Output => device.supports_output(),
        })
        .collect();
    let part = wanted.to_lowercase();
    let matching = all.iter().filter(|device| {
        let id = device.id().map(|id| id.id().to_lowercase()).unwrap_or_default();
        id.contains(&part) || description(device).to_lowercase().contains(&part)
    });
    // Of one card's many PCMs the one that converts what the hardware cannot.
    let best = matching.min_by_key(|device| {
        let id = device.id().map(|id| id.id().to_string()).unwrap_or_default();
        (!id.starts_with("plughw:"), !id.starts_with("sysdefault:"))
    });
    best.cloned().ok_or_else(|| {
        let names: Vec<String> = all
            .iter()
            .filter_map(|device| device.id().ok())
            .map(|id| id.id().to_string())
            .filter(|id| id != "null")
            .collect();
        if names.is_empty() {
            return AudioError::NoDevice(format!(
                "\"{wanted}\" is not there: {}",
                absence::explain(direction)
            ));
        }
        let key = match direction {
            Direction::Input => "input",
            Direction::Output => "output",
        };
        AudioError::Device {
            name: wanted.to_string(),
            detail: format!("there is no such device; [audio] {key} may be one of: {}", names.join(", ")),
        }
    })
}

/// What people call the configured device.
pub(super) fn name(config: &AudioConfig, direction: Direction) -> &str {
    match direction {
        Direction::Input => config.input.trim(),
        Direction::Output => config.output.trim(),
    }
}

/// The device's first line of description.
pub(super) fn description(device: &cpal::Device) -> String {
    device.description().map(|d| d.name().to_string()).unwrap_or_default()
}

/// The format in which a device is opened.
pub(super) fn format(
    host: &cpal::Host,
    device: &cpal::Device,
    direction: Direction,
) -> Result<StreamFormat, cpal::Error> {
    let ranges = ranges(device, direction)?;
    // ALSA's own conversion of rates is a straight line between samples: ask what the hardware has.
    let native = device
        .id()
        .ok()
        .and_then(|id| id.id().strip_prefix("plug").map(|hw| cpal::DeviceId::new(cpal::HostId::Alsa, hw)))
        .and_then(|id| host.device_by_id(&id))
        .and_then(|hardware| self::ranges(&hardware, direction).ok())
        .and_then(|ranges| choose(&ranges));
    if let Some(native) = native
        && ranges.iter().any(|r| offers(r, &native))
    {
        return Ok(native);
    }
    choose(&ranges).ok_or_else(|| cpal::Error::new(ErrorKind::UnsupportedConfig))
}

fn ranges(
    device: &cpal::Device,
    direction: Direction,
) -> Result<Vec<SupportedStreamConfigRange>, cpal::Error> {
    Ok(match direction {
        Direction::Input => device.supported_input_configs()?.collect(),
        Direction::Output => device.supported_output_configs()?.collect(),
    })
}

fn offers(range: &SupportedStreamConfigRange, format: &StreamFormat) -> bool {
    range.channels() == format.channels
        && range.sample_format() == format.sample
        && range.contains_rate(format.rate_hz)
}

/// The best of what is offered: two channels before one before many, a rate that speech fits into, wide samples.
fn choose(ranges: &[SupportedStreamConfigRange]) -> Option<StreamFormat> {
    ranges
        .iter()
        .filter(|range| StreamFormat::is_readable(range.sample_format()) && range.channels() > 0)
        .filter(|range| range.max_sample_rate() >= 1_000 && range.min_sample_rate() <= 768_000)
        .map(|range| StreamFormat {
            rate_hz: rate(range.min_sample_rate(), range.max_sample_rate()),
            channels: range.channels(),
            sample: range.sample_format(),
        })
        .min_by_key(|format| {
            let channels = match format.channels {
                2 => 0,
                1 => 1,
                more => more,
            };
            (channels, rate_rank(format.rate_hz), sample_rank(format.sample))
        })
}

fn rate(min: u32, max: u32) -> u32 {
    if (min..=max).contains(&USUAL_RATE) { USUAL_RATE } else { USUAL_RATE.clamp(min, max) }
}

/// Our own rate needs no conversion; above it the nearest costs least; below it speech is cut.
fn rate_rank(rate_hz: u32) -> (bool, u32) {
    (rate_hz < SAMPLE_RATE, rate_hz.abs_diff(SAMPLE_RATE))
}

fn sample_rank(sample: cpal::SampleFormat) -> u8 {
    use cpal::SampleFormat as S;
    match sample {
        S::F32 => 0,
        S::I32 => 1,
        S::I24 => 2,
        S::I16 => 3,
        S::F64 => 4,
        S::U32 => 5,
        S::U24 => 6,
        S::U16 => 7,
        S::I64 | S::U64 => 8,
        _ => 9,
    }
}

/// What cpal is asked for: periods of `period_ms`, or the device's own where it refuses them.
pub(super) fn stream_configs(format: &StreamFormat, period_ms: u32) -> [StreamConfig; 2] {
    let config =
        |buffer_size| StreamConfig { channels: format.channels, sample_rate: format.rate_hz, buffer_size };
    [config(BufferSize::Fixed((format.rate_hz * period_ms / 1000).max(1))), config(BufferSize::Default)]
}

/// cpal's error in words that say what to do.
pub(super) fn refused(config: &AudioConfig, direction: Direction, error: &cpal::Error) -> AudioError {
    let name = name(config, direction);
    let shown = if name.is_empty() { "default" } else { name };
    let detail = match error.kind() {
        ErrorKind::DeviceBusy => {
            "another program uses it; stop that (`fuser -v /dev/snd/*` names it), or choose a PCM that is shared, \
             such as \"default\""
                .to_string()
        }
        ErrorKind::PermissionDenied => absence::explain(direction),
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => {
            let why = absence::explain(direction);
            if name.is_empty() {
                return AudioError::NoDevice(why);
            }
            format!("it cannot be opened: {why}")
        }
        ErrorKind::UnsupportedOperation => match direction {
            Direction::Input => "it is no microphone; set [audio] input to another".to_string(),
            Direction::Output => "it is no loudspeaker; set [audio] output to another".to_string(),
        },
        ErrorKind::UnsupportedConfig => {
            "none of its formats can be used; its \"plughw:\" name lets ALSA convert them".to_string()
        }
        _ => error.to_string(),
    };
    AudioError::Device { name: shown.to_string(), detail }
}

/// What a stream does with its errors: one reason is handed on, samples that were lost are counted.
pub(super) fn on_error(
    fault: SyncSender<String>,
    mut xrun: impl FnMut() + Send + 'static,
) -> impl FnMut(cpal::Error) + Send + 'static {
    move |error| match error.kind() {
        ErrorKind::Xrun => xrun(),
        ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged => {}
        _ => {
            // One reason is enough; a broken device repeats it as fast as it may.
            let _ = fault.try_send(error.to_string());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpal::{SampleFormat, SupportedBufferSize};

    fn range(channels: u16, min: u32, max: u32, sample: SampleFormat) -> SupportedStreamConfigRange {
        SupportedStreamConfigRange::new(channels, min, max, SupportedBufferSize::Unknown, sample)
    }

    fn chosen(ranges: &[SupportedStreamConfigRange]) -> (u32, u16, SampleFormat) {
        let format = choose(ranges).unwrap();
        (format.rate_hz, format.channels, format.sample)
    }

    #[test]
    fn the_hardware_s_own_rate_is_taken_and_a_range_gives_48_khz() {
        use SampleFormat::{F32, I16, I32};
        // A USB array with a fixed rate, a codec with a list of rates, a converting PCM.
        assert_eq!(chosen(&[range(6, 16_000, 16_000, I16)]), (16_000, 6, I16));
        let codec = [8_000, 16_000, 44_100, 48_000].map(|r| range(2, r, r, I32));
        assert_eq!(chosen(&codec), (16_000, 2, I32));
        assert_eq!(chosen(&[range(1, 44_100, 44_100, I16), range(2, 44_100, 44_100, I16)]), (44_100, 2, I16));
        let plug: Vec<_> = (1..=8).flat_map(|c| [I16, F32].map(|s| range(c, 4_000, 192_000, s))).collect();
        assert_eq!(chosen(&plug), (48_000, 2, F32));
        assert_eq!(chosen(&[range(1, 8_000, 8_000, I16), range(1, 22_050, 22_050, I16)]), (22_050, 1, I16));
    }

    #[test]
    fn one_bit_sound_is_not_taken() {
        assert_eq!(choose(&[range(2, 48_000, 48_000, SampleFormat::DsdU8)]), None);
        assert_eq!(choose(&[]), None);
    }
}
