//! The service itself: a microphone that is an ALSA device, a real Mosquitto, a light that goes on.

use crate::alsa::{Listener, MICROPHONE, RATE, SPEAKER, with_devices};
use sotto::audio::{file, resample};
use sotto::home::simulated::SimulatedHome;
use sotto::models::Store;
use sotto::mqtt::{BrokerConfig, Event, SimulatedDevices, connect};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);

/// Killed when the test ends, however it ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn mosquitto(folder: &Path) -> Option<(Process, u16)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let binary = folders.map(|f| f.join("mosquitto")).find(|f| f.is_file())?;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = folder.join("mosquitto.conf");
    std::fs::write(&config, format!("user root\nlistener {port} 127.0.0.1\nallow_anonymous true\n")).unwrap();
    let child = Command::new(binary).arg("-c").arg(config).stderr(Stdio::null()).spawn().unwrap();
    Some((Process(child), port))
}

fn what_is_missing() -> Option<String> {
    let store = Store::locate().unwrap();
    store.find(&sotto::stt::SttConfig::default().model).err().map(|error| error.to_string())
}

#[test]
fn a_sentence_into_the_microphone_switches_a_light_and_is_answered_aloud() {
    with_devices(
        "service::a_sentence_into_the_microphone_switches_a_light_and_is_answered_aloud",
        |devices| {
            if let Some(missing) = what_is_missing() {
                println!("skipped: {missing}");
                return;
            }
            let Some((_mosquitto, port)) = mosquitto(&devices.folder) else {
                println!("skipped: no mosquitto here (apt install mosquitto)");
                return;
            };
            let url = format!("mqtt://127.0.0.1:{port}");
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let home = SimulatedHome::load(&root().join("tests/homes/demo.toml")).unwrap();
            let config = |id: &str| BrokerConfig { client_id: id.into(), ..BrokerConfig::at(url.clone()) };
            let _guard = runtime.enter();
            let mut simulated = SimulatedDevices::start(home, &config("devices")).unwrap();
            assert!(runtime.block_on(simulated.announced(LIMIT)));
            let (publisher, mut incoming) = connect(&config("observer")).unwrap();
            runtime.block_on(publisher.subscribe("sotto-home/light/kitchen_ceiling/#")).unwrap();

            let ready = devices.path("notify");
            let socket = UnixDatagram::bind(&ready).unwrap();
            socket.set_read_timeout(Some(LIMIT)).unwrap();
            let settings = devices.path("sotto.toml");
            let text = format!(
                "[broker]\nurl = \"{url}\"\n[audio]\ninput = \"{MICROPHONE}\"\noutput = \"{SPEAKER}\"\n\
             [intent]\nenabled = false\n[tts]\nvoice = \"built-in\"\n"
            );
            std::fs::write(&settings, text).unwrap();
            let listener = Listener::start(devices);
            let quiet = devices.speak_into_microphone(Vec::new());
            quiet.free();
            let child = Command::new(env!("CARGO_BIN_EXE_sotto"))
                .args(["run", "--config"])
                .arg(&settings)
                .env("NOTIFY_SOCKET", &ready)
                .env("RUST_LOG", "sotto=debug")
                .spawn()
                .unwrap();
            let mut service = Process(child);
            let mut told = [0; 512];
            let length = socket.recv(&mut told).expect("the service did not say that it is ready");
            assert!(told[..length].starts_with(b"READY=1"), "{:?}", String::from_utf8_lossy(&told[..length]));
            drop(quiet);

            let spoken = file::read_all(&root().join("samples/01-kitchen-ceiling-on.wav"), 60_000).unwrap();
            let voice =
                devices.speak_into_microphone(resample::resample(&spoken, 16_000, RATE as u32).unwrap());
            voice.free();
            let (mut commands, mut states) = (Vec::new(), Vec::new());
            let began = Instant::now();
            while states.is_empty() {
                assert!(began.elapsed() < LIMIT, "the light stayed off; commands: {commands:?}");
                let event = runtime.block_on(async { tokio::time::timeout(LIMIT, incoming.recv()).await });
                if let Ok(Some(Event::Message { topic, payload, retained: false })) = event {
                    let payload = String::from_utf8_lossy(&payload).into_owned();
                    match topic.ends_with("/set") {
                        true => commands.push(payload),
                        false => states.push(payload),
                    }
                }
            }
            assert_eq!(commands, [r#"{"state":"ON"}"#]);
            assert!(states[0].contains(r#""state":"ON""#), "{states:?}");
            let loud = |sound: &[f32]| sound.iter().any(|s| s.abs() > 0.1);
            while !loud(&listener.heard()) {
                assert!(began.elapsed() < LIMIT, "no reply was heard");
                std::thread::sleep(Duration::from_millis(100));
            }
            // It ends in good order when systemd asks for it.
            assert!(Command::new("kill").arg(service.0.id().to_string()).status().unwrap().success());
            let ended = Instant::now();
            let status = loop {
                if let Some(status) = service.0.try_wait().unwrap() {
                    break status;
                }
                assert!(ended.elapsed() < LIMIT, "it did not end");
                std::thread::sleep(Duration::from_millis(50));
            };
            assert_eq!(status.code(), Some(0));
        },
    );
}
