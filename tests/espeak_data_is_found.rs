//! The built-in voice finds its data, or says where it looked.

use std::path::Path;
use std::process::{Command, Output};

fn say(folder: &Path, variable: Option<&Path>) -> Output {
    let config = folder.join("sotto.toml");
    std::fs::write(&config, "[tts]\nvoice = \"built-in\"\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sotto"));
    command.args(["--config"]).arg(&config).args(["say", "Good morning.", "-o"]).arg(folder.join("out.wav"));
    command.current_dir(folder).env_remove("PIPER_ESPEAKNG_DATA_DIRECTORY");
    if let Some(variable) = variable {
        command.env("PIPER_ESPEAKNG_DATA_DIRECTORY", variable);
    }
    command.output().unwrap()
}

#[test]
fn a_checkout_s_binary_speaks_from_any_folder() {
    let folder = tempfile::tempdir().unwrap();
    let said = say(folder.path(), None);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(std::fs::metadata(folder.path().join("out.wav")).unwrap().len() > 20_000);
}

#[test]
fn a_folder_without_data_is_told_with_the_variable_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let said = say(folder.path(), Some(folder.path()));
    let told = String::from_utf8_lossy(&said.stderr);
    assert_eq!(said.status.code(), Some(1), "{told}");
    assert!(
        told.contains("PIPER_ESPEAKNG_DATA_DIRECTORY names") && told.contains("espeak-ng-data"),
        "{told}"
    );
    assert!(!folder.path().join("out.wav").exists());
}
