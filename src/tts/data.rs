//! Where espeak-ng's data is: phonemes for every voice, and the built-in voice.
//!
//! espeak-rs looks into the folder that a variable names, into the working folder and beside the executable;
//! espeak-ng itself falls back to the folder in which it was built, which a board does not have. The other
//! places are looked through here, before the first thread starts, and handed on in the variable.

#![allow(unsafe_code)]

use crate::models::Store;
use espeak_rs_sys as sys;
use std::ffi::CStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The variable that espeak-rs reads: the folder that holds [`FOLDER`].
const VARIABLE: &str = "PIPER_ESPEAKNG_DATA_DIRECTORY";
/// The data's folder.
const FOLDER: &str = "espeak-ng-data";
/// How `phondata` begins: the version that the linked espeak-ng reads (1.48.1), little endian.
const VERSION: [u8; 4] = [0x01, 0x48, 0x01, 0x00];

/// Finds espeak-ng's data and makes it known to espeak-ng: the folder that `PIPER_ESPEAKNG_DATA_DIRECTORY`
/// names, else beside the executable, else the models' folder, else where espeak-ng was built, else the
/// system's. To be called first thing in `main`: once there are other threads it changes nothing.
pub fn settle() {
    if named().is_some() {
        return;
    }
    let found = own_places().into_iter().find(|place| is_data(&place.join(FOLDER)));
    // Of the two that are left, the folder of the build fits the linked library best; espeak-ng finds it itself.
    let found = match found {
        Some(place) => place,
        None if is_data(built()) => return,
        None => match system_places().into_iter().find(|place| is_data(&place.join(FOLDER))) {
            Some(place) => place,
            None => return,
        },
    };
    if alone() {
        // SAFETY: changing the environment races with threads that read it. This is the process's only
        // thread, so there is none, and none can be started meanwhile.
        unsafe { std::env::set_var(VARIABLE, found) };
    }
}

/// Whether there is data that espeak-ng will find; else where it was looked for and what to do.
pub(super) fn check() -> Result<(), String> {
    if let Some(place) = named() {
        return if is_data(&place.join(FOLDER)) {
            Ok(())
        } else {
            Err(format!(
                "{VARIABLE} names {}, but there is no {FOLDER} of version 1.48.1 in it",
                place.display()
            ))
        };
    }
    let working = std::env::current_dir().ok();
    let beside = beside();
    let seen = [working, beside]
        .into_iter()
        .flatten()
        .map(|place| place.join(FOLDER))
        .chain([built().to_path_buf()]);
    if seen.into_iter().any(|data| is_data(&data)) {
        return Ok(());
    }
    let places: Vec<String> =
        own_places().into_iter().chain(system_places()).map(|place| place.display().to_string()).collect();
    Err(format!(
        "espeak-ng's data is not there: no folder {FOLDER} in {}. Put it beside the executable, or install it \
         (apt-get install espeak-ng-data), or name the folder that holds it in {VARIABLE}",
        places.join(", ")
    ))
}

fn named() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from)
}

fn beside() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.to_path_buf())
}

/// Beside the executable, the models' folder, and where a package of ours would put it.
fn own_places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = beside().into_iter().collect();
    if let Ok(store) = Store::locate() {
        places.push(store.pulled_dir().to_path_buf());
    }
    places.extend(["/usr/local/share/sotto", "/usr/share/sotto"].map(PathBuf::from));
    places
}

fn system_places() -> Vec<PathBuf> {
    let library = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    ["/usr/share".to_string(), library].map(PathBuf::from).into()
}

/// The folder that espeak-ng was built with. Asked once, before the library is initialised.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(ask_where_built)
}

fn ask_where_built() -> PathBuf {
    let _one_at_a_time = super::espeak();
    let mut path = std::ptr::null();
    // SAFETY: the lock above keeps every other caller of ours in this process out. The first call only fills a
    // static buffer with a NUL-terminated path, and the second hands out that buffer, which is copied before
    // the lock is given back. espeak-rs names its path again when it initialises the library, which every
    // voice has done only after asking here.
    let path = unsafe {
        sys::espeak_ng_InitializePath(std::ptr::null());
        sys::espeak_Info(&raw mut path);
        if path.is_null() {
            return PathBuf::new();
        }
        CStr::from_ptr(path).to_string_lossy().into_owned()
    };
    PathBuf::from(path)
}

/// Whether `folder` holds data that the linked espeak-ng reads.
fn is_data(folder: &Path) -> bool {
    let mut version = [0; 4];
    File::open(folder.join("phondata")).and_then(|mut file| file.read_exact(&mut version)).is_ok()
        && version == VERSION
        && ["phontab", "phonindex", "en_dict"].iter().all(|name| folder.join(name).is_file())
}

/// Whether this is the process's only thread.
fn alone() -> bool {
    fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_data_of_the_right_version_counts() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        assert!(!is_data(data));
        for name in ["phontab", "phonindex", "en_dict"] {
            fs::write(data.join(name), "x").unwrap();
        }
        fs::write(data.join("phondata"), [0x01, 0x47, 0x01, 0x00, 0]).unwrap();
        assert!(!is_data(data));
        fs::write(data.join("phondata"), [0x01, 0x48, 0x01, 0x00, 0]).unwrap();
        assert!(is_data(data));
        fs::remove_file(data.join("en_dict")).unwrap();
        assert!(!is_data(data));
    }

    #[test]
    fn the_build_s_own_data_is_found() {
        assert!(is_data(built()), "{}", built().display());
        check().unwrap();
    }
}
