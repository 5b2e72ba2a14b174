//! A broker of our own, for a demo or a board that is the whole home.
//!
//! It is rumqttd in a thread of its own. Its limits, found by reading and trying it: no TLS here, no
//! persistent storage (what is retained is gone when it stops), a refused login is answered by hanging up,
//! and retained messages come complete only to subscriptions at QoS 0, which is what [`super::connect`]
//! asks for.

use super::config::BrokerConfig;
use super::failure::MqttError;
use rumqttd::protocol::v4::V4;
use rumqttd::{ConnectionSettings, LinkType, Router, RouterConfig, Server, ServerSettings};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How the embedded broker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedConfig {
    /// Address; loopback unless told.
    pub listen: IpAddr,
    /// TCP port; 0: a free one.
    pub port: u16,
    /// User name and password that clients need; `None`: anybody who reaches it.
    pub login: Option<(String, String)>,
    /// Largest packet, MiB.
    pub max_packet_mb: usize,
}

impl Default for EmbeddedConfig {
    fn default() -> Self {
        Self { listen: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 0, login: None, max_packet_mb: 16 }
    }
}

impl EmbeddedConfig {
    /// From the `[broker]` section: its port, its listening address and its login.
    ///
    /// # Errors
    /// As [`BrokerConfig::validate`] and [`BrokerConfig::login`].
    pub fn from_broker(config: &BrokerConfig) -> Result<Self, MqttError> {
        config.validate()?;
        Ok(Self {
            listen: config.listen,
            port: config.address()?.port,
            login: config.login()?,
            max_packet_mb: config.max_packet_mb,
        })
    }
}

/// A running broker; stops listening and hangs up when dropped.
#[derive(Debug)]
pub struct EmbeddedBroker {
    at: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl EmbeddedBroker {
    /// Starts it and waits until it listens. Two threads: the sockets and the router.
    ///
    /// # Errors
    /// [`MqttError::Embedded`] when the port is taken or may not be used.
    pub fn start(config: EmbeddedConfig) -> Result<Self, MqttError> {
        let at = free_address(&config)?;
        let failed = |why: String| MqttError::Embedded { at: at.to_string(), why };
        let (stop, stopped) = oneshot::channel();
        let (report, outcome) = std::sync::mpsc::channel();
        let max_packet = config.max_packet_mb << 20;
        let connections = ConnectionSettings {
            connection_timeout_ms: 5_000,
            max_payload_size: max_packet,
            max_inflight_count: 200,
            auth: config.login.map(|login| HashMap::from([login])),
            external_auth: None,
            dynamic_filters: true,
        };
        let settings = ServerSettings {
            name: "broker".to_owned(),
            listen: at,
            tls: None,
            next_connection_delay_ms: 1,
            connections,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| failed(e.to_string()))?;
        let thread = std::thread::Builder::new()
            .name("broker".to_owned())
            .spawn(move || {
                let router = Router::new(0, limits()).spawn();
                let mut server = Server::new(settings, router, V4);
                runtime.block_on(async {
                    tokio::select! {
                        ended = server.start(LinkType::Remote) => {
                            let why = ended.err().map_or("it ended".to_owned(), |e| e.to_string());
                            let _ = report.send(why);
                        }
                        _ = stopped => {}
                    }
                });
            })
            .map_err(|e| failed(e.to_string()))?;
        let broker = Self { at, stop: Some(stop), thread: Some(thread) };
        let give_up = Instant::now() + Duration::from_secs(5);
        loop {
            if let Ok(why) = outcome.try_recv() {
                return Err(failed(why));
            }
            if TcpStream::connect_timeout(&reachable(at), Duration::from_millis(200)).is_ok() {
                return Ok(broker);
            }
            if Instant::now() >= give_up {
                return Err(failed("it does not answer".to_owned()));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The TCP port on which it listens.
    pub fn port(&self) -> u16 {
        self.at.port()
    }

    /// Its URL for clients on this machine.
    pub fn url(&self) -> String {
        format!("mqtt://{}", reachable(self.at))
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // it ends at its next await; a panic in it was reported already
            let _ = thread.join();
        }
    }
}

/// One filter's log is at most 9 MiB; a message larger than that still passes.
fn limits() -> RouterConfig {
    RouterConfig {
        max_connections: 256,
        max_outgoing_packet_count: 100_000,
        max_segment_size: 1 << 20,
        max_segment_count: 8,
        custom_segment: None,
        initialized_filters: None,
        shared_subscriptions_strategy: Default::default(),
    }
}

/// The address with a port that was free a moment ago.
fn free_address(config: &EmbeddedConfig) -> Result<SocketAddr, MqttError> {
    let at = SocketAddr::new(config.listen, config.port);
    TcpListener::bind(at)
        .and_then(|probe| probe.local_addr())
        .map_err(|e| MqttError::Embedded { at: at.to_string(), why: e.to_string() })
}

/// Where a client on this machine reaches a listener.
fn reachable(at: SocketAddr) -> SocketAddr {
    match at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), at.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            SocketAddr::new(IpAddr::V6(std::net::Ipv6Addr::LOCALHOST), at.port())
        }
        _ => at,
    }
}
