//! What `sotto doctor --hardware` tells: each check good or bad, what was found, and what to do.

use super::catalog::{Board, Bus, Microphone, microphones};
use super::detect::{self, Codec};
use crate::audio::{AudioConfig, Direction, explain};
use std::path::{Path, PathBuf};

/// Above this the board slows itself down, in °C.
const HOT: f64 = 80.0;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub subject: String,
    /// Whether it is as it should be.
    pub good: bool,
    /// What was found.
    pub found: String,
    /// What to do; empty where all is well.
    pub advice: String,
}

impl Check {
    fn good(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self { subject: subject.into(), good: true, found: found.into(), advice: String::new() }
    }

    fn bad(subject: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { subject: subject.into(), good: false, found: found.into(), advice: advice.into() }
    }
}

/// Looks at the board and its sound hardware; opens nothing and changes nothing.
pub fn check(audio: &AudioConfig) -> Vec<Check> {
    check_under(Path::new("/"), audio)
}

/// [`check`] with the file system's root elsewhere.
pub fn check_under(root: &Path, audio: &AudioConfig) -> Vec<Check> {
    let mut checks = Vec::new();
    let board = Board::detect_under(root);
    let candidates = board.as_ref().map(|b| b.config_files.clone()).unwrap_or_default();
    let configuration = detect::configuration(root, &candidates);
    check_board(root, board.as_ref(), &mut checks);
    let present = present(root, configuration.as_ref());
    if present.is_empty() {
        let known: Vec<String> = microphones().into_iter().map(|m| m.name).collect();
        let cards: Vec<String> = detect::cards(root).into_iter().map(|(id, _)| id).collect();
        if cards.is_empty() {
            checks.push(Check::bad("microphone", "no sound card", explain(Direction::Input)));
        } else {
            let advice = format!(
                "set [audio] input to plughw:CARD=NAME with one of these names if it has a microphone; known \
                 here: {}",
                known.join("; ")
            );
            checks.push(Check::bad(
                "microphone",
                format!("none that Sotto knows, but {}", cards.join(", ")),
                advice,
            ));
        }
    }
    for microphone in &present {
        check_microphone(root, microphone, configuration.as_ref(), audio, &mut checks);
    }
    checks
}

fn check_board(root: &Path, board: Option<&Board>, checks: &mut Vec<Check>) {
    match (board, detect::model(root)) {
        (Some(board), Some(model)) => {
            checks.push(Check::good("board", format!("{model} ({} × {})", board.cores, board.cpu)));
        }
        (_, model) => checks.push(Check::good(
            "board",
            format!(
                "{}: not one that is described in hardware/boards",
                model.as_deref().unwrap_or("not named")
            ),
        )),
    }
    if let Some(memory) = detect::memory_mb(root) {
        let least = board.map_or(900, |b| b.min_memory_mb);
        checks.push(if memory >= least {
            Check::good("memory", format!("{memory} MB"))
        } else {
            Check::bad(
                "memory",
                format!("{memory} MB, {least} MB are needed"),
                "choose smaller models: [stt] model = \"whisper-tiny.en\", [intent] enabled = false",
            )
        });
    }
    if let Some(degrees) = detect::temperature(root) {
        checks.push(if degrees < HOT {
            Check::good("temperature", format!("{degrees:.0} °C"))
        } else {
            Check::bad(
                "temperature",
                format!("{degrees:.0} °C: the board slows down"),
                "give it a heat sink or a fan",
            )
        });
    }
    match detect::undervoltage(root) {
        Some(false) => checks.push(Check::good("supply", "strong enough so far")),
        Some(true) => checks.push(Check::bad(
            "supply",
            "too weak: the voltage has dropped since the start",
            "use the board's own supply and a short cable; the board slows down and USB microphones drop out",
        )),
        None => {}
    }
    if board.is_some() {
        checks.push(if root.join("dev/watchdog0").exists() {
            Check::good("watchdog", "/dev/watchdog0")
        } else {
            Check::bad(
                "watchdog",
                "no /dev/watchdog0: a board that hangs stays so",
                "add dtparam=watchdog=on to the board's configuration and restart",
            )
        });
    }
}

/// The microphones of which there is any sign: a card, a codec, a USB device or a line of configuration. Where
/// several share a card, those whose codec answers count.
fn present(root: &Path, configuration: Option<&(PathBuf, Vec<String>)>) -> Vec<Microphone> {
    let cards = detect::cards(root);
    let named = |microphone: &Microphone| {
        let overlay = microphone.overlay.as_deref().unwrap_or_default();
        configuration.is_some_and(|(_, lines)| lines.iter().any(|line| is_overlay(line, overlay)))
    };
    let answers = |microphone: &Microphone| {
        microphone.i2c.is_some_and(|at| detect::codec(root, at) != Codec::Unknown)
            || microphone.usb.as_deref().is_some_and(|id| detect::usb(root, id))
    };
    let all = microphones();
    let signs: Vec<&Microphone> =
        all.iter().filter(|m| named(m) || answers(m) || cards.iter().any(|(id, _)| *id == m.card)).collect();
    let sure = |m: &&Microphone| named(m) || answers(m);
    signs
        .iter()
        .filter(|m| sure(m) || !signs.iter().any(|other| other.card == m.card && sure(other)))
        .map(|m| (*m).clone())
        .collect()
}

fn is_overlay(line: &str, overlay: &str) -> bool {
    line.strip_prefix("dtoverlay=").is_some_and(|named| named.split(',').next() == Some(overlay))
}

fn is_param(line: &str, param: &str) -> bool {
    line.strip_prefix("dtparam=").is_some_and(|named| named.split(',').any(|p| p == param))
}

fn check_microphone(
    root: &Path,
    microphone: &Microphone,
    configuration: Option<&(PathBuf, Vec<String>)>,
    audio: &AudioConfig,
    checks: &mut Vec<Check>,
) {
    let name = &microphone.name;
    match microphone.bus {
        Bus::Hat => check_hat(root, microphone, configuration, checks),
        Bus::Usb => {
            let id = microphone.usb.as_deref().unwrap_or_default();
            checks.push(if detect::usb(root, id) {
                Check::good(format!("{name}: USB"), id)
            } else {
                Check::bad(format!("{name}: USB"), format!("no device {id}"), microphone.driver.clone())
            });
        }
    }
    let subject = format!("{name}: sound card");
    let Some((_, index)) = detect::cards(root).into_iter().find(|(id, _)| *id == microphone.card) else {
        let found = format!("no card {}", microphone.card);
        checks.push(Check::bad(
            subject,
            found,
            format!("{}; `dmesg | grep -i snd` says more", microphone.driver),
        ));
        return;
    };
    if !detect::captures(root, index) {
        checks.push(Check::bad(
            subject,
            format!("card {} has no microphone", microphone.card),
            "another profile or driver has taken it: restart the board with nothing else plugged in",
        ));
        return;
    }
    checks.push(Check::good(subject, format!("{} is card {index}", microphone.card)));
    checks.push(setting("input", &audio.input, &microphone.input, &microphone.card));
    if let Some(output) = &microphone.output {
        let mut check = setting("output", &audio.output, output, &microphone.card);
        if !audio.output.is_empty() {
            // Another loudspeaker is a choice, not a fault.
            check.good = true;
            check.advice = String::new();
        }
        checks.push(check);
    }
    if let Some(mixer) = &microphone.mixer {
        checks.push(Check::good(format!("{name}: mixer"), mixer.clone()));
    }
}

fn check_hat(
    root: &Path,
    microphone: &Microphone,
    configuration: Option<&(PathBuf, Vec<String>)>,
    checks: &mut Vec<Check>,
) {
    let name = &microphone.name;
    if let (Some(overlay), Some((file, lines))) = (&microphone.overlay, configuration) {
        let mut missing: Vec<String> = microphone
            .params
            .iter()
            .filter(|param| !lines.iter().any(|line| is_param(line, param)))
            .map(|param| format!("dtparam={param}"))
            .collect();
        if !lines.iter().any(|line| is_overlay(line, overlay)) {
            missing.push(format!("dtoverlay={overlay}"));
        }
        let subject = format!("{name}: {}", file.display());
        checks.push(if missing.is_empty() {
            Check::good(subject, format!("dtoverlay={overlay}"))
        } else {
            let missing = missing.join(" and ");
            Check::bad(
                subject,
                format!("lacks {missing}"),
                format!("add {missing}, a line each, and restart"),
            )
        });
        if let (Some(overlay_file), Some(folder)) = (&microphone.overlay_file, file.parent()) {
            let path = folder.join("overlays").join(overlay_file);
            checks.push(if detect::under(root, &path).exists() {
                Check::good(format!("{name}: overlay"), path.display().to_string())
            } else {
                Check::bad(
                    format!("{name}: overlay"),
                    format!("{} is missing", path.display()),
                    microphone.driver.clone(),
                )
            });
        }
    }
    if let Some(at) = microphone.i2c {
        let place = format!("0x{:02x} on I2C bus {}", at.address, at.bus);
        let subject = format!("{name}: codec");
        checks.push(match detect::codec(root, at) {
            Codec::Driven => Check::good(subject, place),
            Codec::NoDriver => Check::bad(
                subject,
                format!("{place} is announced, but no driver took it"),
                microphone.driver.clone(),
            ),
            Codec::Unknown => Check::bad(
                subject,
                format!("nothing announced at {place}"),
                "sit the HAT firmly on all 40 pins, and check the lines above and restart",
            ),
        });
    }
}

fn setting(key: &str, set: &str, wanted: &str, card: &str) -> Check {
    let subject = format!("[audio] {key}");
    if set.contains(card) {
        Check::good(subject, set)
    } else {
        let found = if set.is_empty() { "ALSA's default".to_string() } else { set.to_string() };
        Check::bad(
            subject,
            found,
            format!("set {key} = \"{wanted}\" in the section [audio] of the configuration"),
        )
    }
}
