//! A real Mosquitto on a free port, an observer that is not our client, and a line that can be cut.

use rumqttc::{AsyncClient, EventLoop, Incoming, MqttOptions, Packet, QoS};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), "/usr/local/sbin".into()]);
    folders.map(|f| f.join("mosquitto")).find(|f| f.is_file())
}

pub struct Mosquitto {
    binary: PathBuf,
    pub port: u16,
    pub folder: tempfile::TempDir,
    child: Option<Child>,
}

impl Mosquitto {
    /// Started with `listener PORT 127.0.0.1` and these lines, or `None` (said) where it is not installed.
    pub fn start(lines: &str) -> Option<Self> {
        let mut broker = Self::prepare()?;
        broker.configure(lines);
        broker.up();
        Some(broker)
    }

    pub fn prepare() -> Option<Self> {
        let Some(binary) = binary() else {
            eprintln!("skipped: no mosquitto here (apt install mosquitto)");
            return None;
        };
        Some(Self { binary, port: free_port(), folder: tempfile::tempdir().unwrap(), child: None })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn configure(&self, lines: &str) {
        let user = "user root";
        let text = format!("{user}\nlistener {} 127.0.0.1\n{lines}\n", self.port);
        std::fs::write(self.path("mosquitto.conf"), text).unwrap();
    }

    pub fn up(&mut self) {
        let log = std::fs::File::create(self.path("log")).unwrap();
        let child = Command::new(&self.binary)
            .arg("-c")
            .arg(self.path("mosquitto.conf"))
            .arg("-v")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = std::fs::read_to_string(self.path("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(10), "mosquitto does not listen: {log}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn down(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// A password file as `mosquitto_passwd` writes it.
    pub fn password_file(&self, user: &str, password: &str) -> PathBuf {
        let path = self.path("passwords");
        std::fs::write(&path, format!("{user}:{password}\n")).unwrap();
        let done = Command::new("mosquitto_passwd").arg("-U").arg(&path).status().unwrap();
        assert!(done.success());
        path
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.down();
    }
}

/// What an independent client saw.
#[derive(Debug, Clone)]
pub struct Seen {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: QoS,
    pub retain: bool,
    pub at: Instant,
}

pub struct Observer {
    pub client: AsyncClient,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Observer {
    pub async fn follow(port: u16, filter: &str) -> Self {
        Self::log_in(port, filter, None).await
    }

    pub async fn log_in(port: u16, filter: &str, login: Option<(&str, &str)>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("observer-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut options = MqttOptions::new(name, "127.0.0.1", port);
        options.set_max_packet_size(32 << 20, 32 << 20).set_keep_alive(Duration::from_secs(30));
        if let Some((user, password)) = login {
            options.set_credentials(user, password);
        }
        let (client, mut line) = AsyncClient::new(options, 2048);
        client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        until_subscribed(&mut line).await;
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok(event) = line.poll().await {
                if let rumqttc::Event::Incoming(Packet::Publish(p)) = event {
                    log.lock().unwrap().push(Seen {
                        topic: p.topic,
                        payload: p.payload.to_vec(),
                        qos: p.qos,
                        retain: p.retain,
                        at: Instant::now(),
                    });
                }
            }
        });
        Self { client, seen, task }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn payloads(&self) -> Vec<String> {
        self.seen().iter().map(|s| String::from_utf8_lossy(&s.payload).into_owned()).collect()
    }

    pub async fn wait_for(&self, count: usize) -> Vec<Seen> {
        let begun = Instant::now();
        while self.seen.lock().unwrap().len() < count {
            assert!(begun.elapsed() < Duration::from_secs(20), "only saw {:?}", self.payloads());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.seen()
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn until_subscribed(line: &mut EventLoop) {
    loop {
        if let rumqttc::Event::Incoming(Incoming::SubAck(_)) = line.poll().await.unwrap() {
            return;
        }
    }
}

/// Where a [`Proxy`] cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    Never,
    /// After passing the n-th PUBLISH on to the broker, before the answer comes back.
    AfterPublish(usize),
    /// Instead of passing the n-th PUBLISH on.
    BeforePublish(usize),
    /// Hold the n-th PUBLISH and everything after it back, without hanging up.
    Swallow(usize),
    /// After n packets from the client.
    AfterPackets(usize),
    /// Every packet from the client takes so many ms longer.
    Slow(u64),
}

/// A PUBLISH that a client put on a line.
#[derive(Debug, Clone)]
pub struct Wired {
    pub topic: String,
    pub payload: String,
    /// Whether it was passed on to the broker.
    pub passed: bool,
    pub retain: bool,
    /// Marked as a repetition.
    pub dup: bool,
    pub at: Instant,
}

fn wired(bytes: &[u8]) -> Wired {
    let header = 1 + bytes.iter().skip(1).take_while(|b| **b & 0x80 != 0).count() + 1;
    let topic = usize::from(bytes[header]) << 8 | usize::from(bytes[header + 1]);
    let end = header + 2 + topic;
    // QoS 1: two bytes of packet id
    let payload = &bytes[end + if bytes[0] & 0x06 == 0 { 0 } else { 2 }..];
    Wired {
        topic: String::from_utf8_lossy(&bytes[header + 2..end]).into_owned(),
        payload: String::from_utf8_lossy(payload).into_owned(),
        passed: false,
        retain: bytes[0] & 1 != 0,
        dup: bytes[0] & 8 != 0,
        at: Instant::now(),
    }
}

/// Passes MQTT packets on and cuts the line where told; later lines are told anew by `plan`.
pub struct Proxy {
    pub port: u16,
    pub plan: Arc<Mutex<Vec<Cut>>>,
    pub lines: Arc<AtomicUsize>,
    /// Every PUBLISH of the client, in order.
    pub wire: Arc<Mutex<Vec<Wired>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// `plan`: what happens to the first line, the second, …; those after pass.
    pub async fn start(broker_port: u16, plan: Vec<Cut>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let plan = Arc::new(Mutex::new(plan));
        let lines = Arc::new(AtomicUsize::new(0));
        let wire: Arc<Mutex<Vec<Wired>>> = Arc::default();
        let (orders, count, log) = (Arc::clone(&plan), Arc::clone(&lines), Arc::clone(&wire));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let cut = {
                    let mut plan = orders.lock().unwrap();
                    if plan.is_empty() { Cut::Never } else { plan.remove(0) }
                };
                if let Ok(broker) = TcpStream::connect(("127.0.0.1", broker_port)).await {
                    tokio::spawn(pass(client, broker, cut, Arc::clone(&log)));
                }
            }
        });
        Self { port, plan, lines, wire, task }
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One MQTT packet with its header.
async fn packet(from: &mut (impl AsyncReadExt + Unpin)) -> Option<Vec<u8>> {
    let mut bytes = vec![from.read_u8().await.ok()?];
    let (mut length, mut shift) = (0usize, 0);
    loop {
        let byte = from.read_u8().await.ok()?;
        bytes.push(byte);
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let header = bytes.len();
    bytes.resize(header + length, 0);
    from.read_exact(&mut bytes[header..]).await.ok()?;
    Some(bytes)
}

async fn pass(client: TcpStream, broker: TcpStream, cut: Cut, wire: Arc<Mutex<Vec<Wired>>>) {
    client.set_nodelay(true).unwrap();
    broker.set_nodelay(true).unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_broker, mut to_broker) = broker.into_split();
    let hung = Arc::new(tokio::sync::Notify::new());
    let back = async {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count) = from_broker.read(&mut buffer).await {
            if count == 0 || to_client.write_all(&buffer[..count]).await.is_err() {
                break;
            }
        }
    };
    let there = async {
        let (mut publishes, mut packets) = (0, 0);
        while let Some(bytes) = packet(&mut from_client).await {
            let publish = bytes[0] >> 4 == 3;
            publishes += usize::from(publish);
            packets += 1;
            if publish {
                wire.lock().unwrap().push(wired(&bytes));
            }
            let at = wire.lock().unwrap().len();
            if let Cut::Slow(ms) = cut {
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            match cut {
                Cut::BeforePublish(n) if publish && publishes == n => return,
                Cut::Swallow(n) if publishes >= n => hung.notified().await,
                _ => {}
            }
            if to_broker.write_all(&bytes).await.is_err() {
                return;
            }
            if publish {
                wire.lock().unwrap()[at - 1].passed = true;
            }
            match cut {
                Cut::AfterPublish(n) if publish && publishes == n => return,
                Cut::AfterPackets(n) if packets == n => return,
                _ => {}
            }
        }
    };
    tokio::select! {
        // what the client sent last goes before what comes back
        biased;
        () = there => {}
        () = back => {}
    }
    // let the broker read what was passed on before its side is closed
    tokio::time::sleep(Duration::from_millis(30)).await;
}
