//! Sound devices without hardware: ALSA's `file` plug-in over its `null` one, with a named pipe where the
//! microphone's sound comes from or the loudspeaker's goes, so that the test keeps the time.

#![allow(dead_code)]

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Frames a second, in Hz: what Sotto asks of a device that offers a range.
pub const RATE: usize = 48_000;
/// Stereo floats: what Sotto reads from and writes to a device that offers everything.
pub const CHANNELS: usize = 2;
pub const MICROPHONE: &str = "sotto_microphone";
pub const NAMED: &str = "sotto_linear";
pub const FAST_MICROPHONE: &str = "sotto_fast";
pub const SPEAKER: &str = "sotto_speaker";

/// Frames that Sotto takes from the device at once.
const PERIOD: usize = RATE * 30 / 1000;
const BLOCK: Duration = Duration::from_millis(10);

pub struct Devices {
    pub folder: PathBuf,
}

/// Runs `body` with the devices: in a process of its own, because ALSA reads its configuration's place from the
/// environment. Where the plug-ins are missing the test says so.
pub fn with_devices(test: &str, body: impl FnOnce(&Devices)) {
    if let Some(folder) = std::env::var_os("SOTTO_TEST_DEVICES") {
        // Unwinding would wait for a device that waits for the test.
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            print(panic);
            std::process::exit(101);
        }));
        body(&Devices { folder: folder.into() });
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let devices = Devices { folder: folder.path().into() };
    let configuration = devices.write_configuration();
    if !devices.make_pipe("in.pipe") || !devices.make_pipe("out.pipe") {
        println!("skipped: there is no mkfifo here");
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("ALSA_CONFIG_PATH", &configuration)
        .env("SOTTO_TEST_DEVICES", folder.path())
        .output()
        .unwrap();
    let told =
        format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    println!("{told}");
    assert!(told.contains("1 passed") || !child.status.success(), "the test was not found: {told}");
    assert!(child.status.success());
}

impl Devices {
    fn write_configuration(&self) -> PathBuf {
        let file = |name: &str, infile: &str, outfile: &str| {
            format!(
                "pcm.{name} {{\n  type file\n  slave.pcm {{ type null }}\n  file \"{outfile}\"\n  infile \"{infile}\"\n  \
                 format raw\n  hint {{ show on description \"Test device\" }}\n}}\n"
            )
        };
        let at = |name: &str| self.folder.join(name).display().to_string();
        let text = [
            file(MICROPHONE, &at("in.pipe"), "/dev/null"),
            file(FAST_MICROPHONE, "/dev/zero", "/dev/null"),
            file(SPEAKER, "/dev/zero", &at("out.pipe")),
            format!(
                "pcm.{NAMED} {{\n  type linear\n  slave {{ pcm {FAST_MICROPHONE} format S16_LE }}\n  \
                 hint {{ show on description \"Integers only\" }}\n}}\n"
            ),
        ]
        .concat();
        let path = self.folder.join("alsa.conf");
        fs::write(&path, text).unwrap();
        path
    }

    pub fn make_pipe(&self, name: &str) -> bool {
        Command::new("mkfifo").arg(self.folder.join(name)).status().is_ok_and(|s| s.success())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Feeds `sound` (at [`RATE`]; the right channel at half the height) into the microphone's pipe in real
    /// time, and silence after it.
    pub fn speak_into_microphone(&self, sound: Vec<f32>) -> Voice {
        let bytes = sound.iter().flat_map(|s| [*s, 0.5 * s]).flat_map(f32::to_le_bytes).collect();
        Voice::start(&self.path("in.pipe"), bytes, CHANNELS * 4)
    }
}

/// Somebody who speaks into a pipe in real time.
pub struct Voice {
    stop: Arc<AtomicBool>,
    pause: Arc<AtomicBool>,
    taken: Arc<AtomicU64>,
}

impl Voice {
    pub fn start(pipe: &Path, bytes: Vec<u8>, frame_bytes: usize) -> Self {
        // Both ends at once: it neither waits for a reader nor ends with one.
        let mut pipe = OpenOptions::new().read(true).write(true).open(pipe).unwrap();
        let (stop, pause) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let taken = Arc::new(AtomicU64::new(0));
        // The plug-in takes a short read for a whole period: each write is one period, and there is always
        // room for it, because no more than a few periods are ahead of what came out at the other end.
        let period = PERIOD * frame_bytes;
        let mut bytes = bytes;
        bytes.resize(bytes.len().next_multiple_of(period), 0);
        let silence = vec![0u8; period];
        let (stopped, paused, came_out) = (Arc::clone(&stop), Arc::clone(&pause), Arc::clone(&taken));
        thread::spawn(move || {
            let mut periods = bytes.chunks_exact(period);
            let mut written = 0u64;
            let mut due = Instant::now();
            while !stopped.load(Ordering::Relaxed) {
                let ahead = (written * 480).saturating_sub(came_out.load(Ordering::Relaxed));
                if !paused.load(Ordering::Relaxed) && ahead <= 3 * 480 {
                    pipe.write_all(periods.next().unwrap_or(&silence)).unwrap();
                    written += 1;
                    due += Duration::from_millis(30);
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                } else {
                    thread::sleep(Duration::from_millis(2));
                    due = due.max(Instant::now());
                }
            }
        });
        Self { stop, pause, taken }
    }

    /// Tells that `samples` of 16 kHz came out.
    pub fn took(&self, samples: usize) {
        self.taken.fetch_add(samples as u64, Ordering::Relaxed);
    }

    /// From now on only the clock says when to write.
    pub fn free(&self) {
        self.taken.store(u64::MAX / 2, Ordering::Relaxed);
        self.pause(false);
    }

    /// Stops or goes on; a paused pipe gives nothing at all, not silence.
    pub fn pause(&self, on: bool) {
        self.pause.store(on, Ordering::Relaxed);
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        // Not waited for: with nobody at the other end it may be stuck in a full pipe.
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Somebody who listens to the loudspeaker's pipe in real time.
pub struct Listener {
    pipe: PathBuf,
    stop: Arc<AtomicBool>,
    heard: Arc<Mutex<Vec<u8>>>,
    bytes: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    pub fn start(devices: &Devices) -> Self {
        let pipe = devices.path("out.pipe");
        let mut end = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        let (stop, heard, bytes) = (Arc::new(AtomicBool::new(false)), Arc::default(), Arc::default());
        let (stopped, into, counted): (_, Arc<Mutex<Vec<u8>>>, Arc<AtomicU64>) =
            (Arc::clone(&stop), Arc::clone(&heard), Arc::clone(&bytes));
        let thread = thread::spawn(move || {
            let mut block = vec![0u8; RATE / 100 * CHANNELS * 4];
            let mut due = Instant::now();
            while !stopped.load(Ordering::Relaxed) {
                let got = end.read(&mut block).unwrap();
                into.lock().unwrap().extend_from_slice(&block[..got]);
                counted.fetch_add(got as u64, Ordering::Relaxed);
                due = due.max(Instant::now() - BLOCK) + BLOCK.mul_f64(got as f64 / block.len() as f64);
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        });
        Self { pipe, stop, heard, bytes, thread: Some(thread) }
    }

    /// The left channel of what was heard so far.
    pub fn heard(&self) -> Vec<f32> {
        let bytes = self.heard.lock().unwrap();
        let (frames, _) = bytes.as_chunks::<8>();
        frames.iter().map(|f| f32::from_le_bytes([f[0], f[1], f[2], f[3]])).collect()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes a reader that waits.
        let _ = File::options().write(true).open(&self.pipe).and_then(|mut pipe| pipe.write_all(&[0; 8]));
        self.thread.take().unwrap().join().unwrap();
    }
}

/// How far `heard` is from `wanted`, in dB: 20·log10(rms of the difference / rms of `wanted`).
pub fn difference_db(heard: &[f32], wanted: &[f32]) -> f64 {
    let energy = |x: &mut dyn Iterator<Item = f32>| x.map(|v| f64::from(v).powi(2)).sum::<f64>();
    let error = energy(&mut heard.iter().zip(wanted).map(|(a, b)| a - b));
    10.0 * (error / energy(&mut wanted.iter().copied()).max(1e-12)).max(1e-12).log10()
}
