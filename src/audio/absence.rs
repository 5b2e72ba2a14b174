//! Why a machine has no sound card that we may use, and what to do about it.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

/// Which way the sound goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a microphone.
    Input,
    /// To a loudspeaker.
    Output,
}

/// What is missing on this machine and what to do, in one sentence or two.
pub fn explain(direction: Direction) -> String {
    explain_under(Path::new("/"), direction)
}

/// [`explain`], with the file system's root elsewhere.
fn explain_under(root: &Path, direction: Direction) -> String {
    let (what, letter, key) = match direction {
        Direction::Input => ("microphone", 'c', "input"),
        Direction::Output => ("loudspeaker", 'p', "output"),
    };
    if !root.join("usr/share/alsa/alsa.conf").exists() && std::env::var_os("ALSA_CONFIG_PATH").is_none() {
        return "ALSA's configuration /usr/share/alsa/alsa.conf is missing: apt-get install libasound2-data"
            .into();
    }
    let nodes = match fs::read_dir(root.join("dev/snd")) {
        Ok(nodes) => {
            nodes.flatten().map(|n| n.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return format!("/dev/snd may not be read ({error}): {GROUP}");
        }
        Err(_) => {
            return format!(
                "no sound card: /dev/snd is not there. Plug the {what} in; a HAT needs its dtoverlay line in \
                 /boot/firmware/config.txt and a restart; a container needs --device /dev/snd; `cat \
                 /proc/asound/cards` lists what the kernel found"
            );
        }
    };
    if let Some(node) = nodes.iter().find(|n| n.starts_with("controlC")) {
        let path = root.join("dev/snd").join(node);
        if File::open(&path).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
            return format!("/dev/snd/{node} may not be opened: {GROUP}");
        }
    } else {
        return format!(
            "no sound card: /dev/snd holds none (no controlC file). Plug the {what} in, or load its driver; \
             `cat /proc/asound/cards` lists what the kernel found"
        );
    }
    let is_pcm = |n: &String| n.starts_with("pcmC") && n.ends_with(letter);
    if !nodes.iter().any(is_pcm) {
        return format!(
            "there is a sound card, but none with a {what} (no /dev/snd/pcmC…{letter}). Plug one in; a USB device \
             shows up within seconds"
        );
    }
    format!(
        "there is a {what}, but ALSA's default leads to none: set [audio] {key} to one of those that `sotto doctor` \
         lists, such as plughw:CARD=NAME"
    )
}

const GROUP: &str = "add the person or service to the group audio (`sudo usermod -aG audio $USER`, then log in \
                     again; a unit: SupplementaryGroups=audio)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let told = |direction| explain_under(root.path(), direction);
        assert!(told(Direction::Input).contains("apt-get install libasound2-data"));
        fs::create_dir_all(root.path().join("usr/share/alsa")).unwrap();
        fs::write(root.path().join("usr/share/alsa/alsa.conf"), "").unwrap();
        assert!(told(Direction::Input).contains("/dev/snd is not there"));
        let snd = root.path().join("dev/snd");
        fs::create_dir_all(&snd).unwrap();
        fs::write(snd.join("timer"), "").unwrap();
        assert!(told(Direction::Input).contains("no controlC file"));
        fs::write(snd.join("controlC0"), "").unwrap();
        fs::write(snd.join("pcmC0D0p"), "").unwrap();
        assert!(told(Direction::Input).contains("none with a microphone (no /dev/snd/pcmC…c)"));
        assert!(told(Direction::Output).contains("set [audio] output"));
    }
}
