//! A board's sound hardware is looked at without being touched, and what is wrong is told with what to do.

use sotto::audio::AudioConfig;
use sotto::board::{Board, Check, check_under};
use std::fs;
use std::path::Path;

/// A file system as a kernel shows it.
struct Root(tempfile::TempDir);

impl Root {
    fn new(model: &str) -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        root.put("proc/device-tree/model", &format!("{model}\0"));
        root.put("proc/meminfo", "MemTotal:        3881024 kB\nMemFree:  12 kB\n");
        root.put("dev/watchdog0", "");
        root.put("usr/share/alsa/alsa.conf", "");
        root
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn card(&self, id: &str, pcm: &str) {
        self.put("proc/asound/cards", &format!(" 0 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0\n                      vc4-hdmi-0\n 1 [{id:<15}]: {id} - {id}\n                      {id}\n"));
        self.put(&format!("proc/asound/card1/{pcm}/info"), "");
    }

    fn check(&self, input: &str) -> Vec<Check> {
        check_under(self.path(), &AudioConfig { input: input.into(), output: String::new() })
    }
}

fn bad(checks: &[Check]) -> Vec<&Check> {
    assert!(checks.iter().all(|c| c.good == c.advice.is_empty()), "{checks:#?}");
    checks.iter().filter(|c| !c.good).collect()
}

#[test]
fn a_hat_in_good_order_has_nothing_to_complain_of() {
    let root = Root::new("Raspberry Pi 4 Model B Rev 1.4");
    root.put(
        "boot/firmware/config.txt",
        "# sound\ndtparam=i2c_arm=on,spi=on\ndtoverlay=respeaker-2mic-v2_0  # mine\n",
    );
    root.put("boot/firmware/overlays/respeaker-2mic-v2_0.dtbo", "");
    root.put("sys/bus/i2c/devices/1-0018/driver/bind", "");
    root.card("seeed2micvoicec", "pcm0c");
    let checks = check_under(
        root.path(),
        &AudioConfig {
            input: "plughw:CARD=seeed2micvoicec".into(),
            output: "plughw:CARD=seeed2micvoicec".into(),
        },
    );
    assert!(bad(&checks).is_empty(), "{checks:#?}");
    assert!(checks.iter().any(|c| c.subject == "board"
        && c.found.contains("Raspberry Pi 4")
        && c.found.contains("Cortex-A72")));
    assert!(checks.iter().any(|c| c.subject.contains("v2.0") && c.subject.contains("sound card")));
    assert!(!checks.iter().any(|c| c.subject.contains("v1")), "the other HAT on the same card is not meant");
}

#[test]
fn a_hat_without_its_driver_is_told_step_by_step() {
    let root = Root::new("Raspberry Pi 5 Model B Rev 1.0");
    root.put("boot/firmware/config.txt", "dtoverlay=seeed-2mic-voicecard\n");
    let checks = root.check("");
    let complaints = bad(&checks);
    let told = |part: &str| {
        complaints.iter().find(|c| c.subject.contains(part)).unwrap_or_else(|| panic!("{part}: {checks:#?}"))
    };
    assert!(told("config.txt").advice.contains("dtparam=i2c_arm=on"));
    assert!(told("overlay").found.contains("/boot/firmware/overlays/seeed-2mic-voicecard.dtbo is missing"));
    assert!(told("codec").found.contains("0x1a on I2C bus 1"));
    assert!(told("sound card").advice.contains("seeed-voicecard"));
}

#[test]
fn a_usb_microphone_is_known_by_its_number() {
    let root = Root::new("Raspberry Pi Zero 2 W Rev 1.0");
    root.put("sys/bus/usb/devices/1-1/idVendor", "2886\n");
    root.put("sys/bus/usb/devices/1-1/idProduct", "0018\n");
    let first = root.check("");
    assert!(
        bad(&first).iter().any(|c| c.subject.contains("USB Mic Array") && c.found == "no card ArrayUAC10")
    );
    root.card("ArrayUAC10", "pcm0p");
    assert!(bad(&root.check("")).iter().any(|c| c.found.contains("no microphone")));
    root.card("ArrayUAC10", "pcm0c");
    let checks = root.check("");
    let complaints = bad(&checks);
    assert!(
        complaints
            .iter()
            .any(|c| c.subject == "[audio] input" && c.advice.contains("plughw:CARD=ArrayUAC10"))
    );
    assert!(!complaints.iter().any(|c| c.subject.contains("sound card")));
}

#[test]
fn heat_a_weak_supply_and_little_memory_are_told() {
    let root = Root::new("Raspberry Pi 4 Model B Rev 1.1");
    root.put("proc/meminfo", "MemTotal:  425984 kB\n");
    root.put("sys/class/thermal/thermal_zone0/temp", "84300\n");
    root.put("sys/class/hwmon/hwmon1/name", "rpi_volt\n");
    root.put("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n");
    fs::remove_file(root.path().join("dev/watchdog0")).unwrap();
    let checks = root.check("");
    let subjects: Vec<&str> = bad(&checks).iter().map(|c| c.subject.as_str()).collect();
    assert_eq!(subjects, ["memory", "temperature", "supply", "watchdog", "microphone"]);
    assert!(checks.iter().any(|c| c.found.contains("416 MB")));
}

#[test]
fn an_unknown_machine_is_no_fault_and_its_cards_are_named() {
    let root = Root::new("");
    root.card("Generic", "pcm0c");
    let checks = root.check("");
    assert!(checks.iter().any(|c| c.subject == "board" && c.good));
    let complaints = bad(&checks);
    assert_eq!(complaints.len(), 1, "{checks:#?}");
    assert!(complaints[0].found.contains("vc4hdmi0, Generic") && complaints[0].advice.contains("ReSpeaker"));
}

#[test]
fn any_content_of_the_kernel_s_files_is_borne() {
    for junk in ["", "\0\0\0", "[", "]:[", "MemTotal: x kB", "1 [a", "ÿþ\u{0}dtoverlay=", "dtparam=,,,="] {
        let root = Root::new(junk);
        for file in [
            "proc/meminfo",
            "proc/asound/cards",
            "sys/class/thermal/thermal_zone0/temp",
            "boot/firmware/config.txt",
        ] {
            root.put(file, junk);
        }
        check_under(root.path(), &AudioConfig::default());
    }
}

#[test]
fn this_machine_can_be_looked_at() {
    let checks = sotto::board::check(&AudioConfig::default());
    assert!(checks.iter().any(|c| c.subject == "board"));
    println!("{:?} {checks:#?}", Board::detect().map(|b| b.name));
}
