//! Where the broker is and how we log in.

use super::failure::MqttError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A password. Its `Debug` form hides it, so that it cannot get into a log.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "\"\"" } else { "\"…\"" })
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Secret(text.into())
    }
}

/// What the broker publishes for us when the line breaks without a goodbye.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWill {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: String,
    /// Whether the broker keeps it for later subscribers.
    pub retain: bool,
}

/// The `[broker]` section.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct BrokerConfig {
    /// `mqtt://host:1883`, or `mqtts://host:8883` with TLS. The port may be left out.
    pub url: String,
    /// User name, if the broker wants one.
    pub username: Option<String>,
    /// Password, if the broker wants one.
    pub password: Option<Secret>,
    /// File whose first line is the password; read at every start, better than `password`.
    pub password_file: Option<PathBuf>,
    /// Name of this client at the broker; must be unique there. Empty: made from host name and process id.
    pub client_id: String,
    /// PEM file with the CA that signed the broker's certificate. Without it the system's CAs are used.
    pub ca_file: Option<PathBuf>,
    /// PEM file with our own certificate, if the broker asks for one.
    pub client_cert_file: Option<PathBuf>,
    /// PEM file with the key of `client_cert_file`.
    pub client_key_file: Option<PathBuf>,
    /// Seconds between pings on a quiet line, 5–3600.
    pub keep_alive_s: u16,
    /// Seconds that connecting may take, 1–60.
    pub connect_timeout_s: u16,
    /// A command that has not left after this many ms is dropped, 100–60000.
    pub deadline_ms: u64,
    /// Largest packet taken or sent, MiB, 1–256.
    pub max_packet_mb: usize,
    /// Run a broker inside Sotto at the port of `url` instead of connecting to another.
    pub embedded: bool,
    /// Address on which the embedded broker listens; anything but loopback needs user name and password.
    pub listen: std::net::IpAddr,
    /// Set by the program, not by the file.
    #[serde(skip)]
    pub last_will: Option<LastWill>,
}

impl Default for BrokerConfig {
    fn default() -> Self {
        Self {
            url: "mqtt://localhost:1883".to_owned(),
            username: None,
            password: None,
            password_file: None,
            client_id: String::new(),
            ca_file: None,
            client_cert_file: None,
            client_key_file: None,
            keep_alive_s: 30,
            connect_timeout_s: 5,
            deadline_ms: 5_000,
            max_packet_mb: 16,
            embedded: false,
            listen: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            last_will: None,
        }
    }
}

/// A broker's URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Host name or IP address, without the brackets of IPv6.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether the line is encrypted.
    pub tls: bool,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl BrokerConfig {
    /// A configuration with this URL and defaults.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// Takes `url` apart.
    ///
    /// # Errors
    /// [`MqttError::Url`] says what is wrong with it.
    pub fn address(&self) -> Result<Address, MqttError> {
        let wrong = |why: &str| MqttError::Url { url: hide_login(&self.url), why: why.to_owned() };
        let (scheme, rest) = self
            .url
            .split_once("://")
            .ok_or_else(|| wrong("it must begin with `mqtt://` or, with TLS, `mqtts://`"))?;
        let tls = match scheme {
            "mqtt" | "tcp" => false,
            "mqtts" | "ssl" | "tls" => true,
            "ws" | "wss" => return Err(wrong("WebSocket is not supported; use the broker's MQTT port")),
            _ => return Err(wrong("it must begin with `mqtt://` or, with TLS, `mqtts://`")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err(wrong("put the login into `username` and `password_file`"));
        }
        if rest.contains(['/', '?', '#']) || rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(wrong("after the host only a port may follow, as in `mqtt://192.168.1.5:1883`"));
        }
        let (host, port) = if let Some(v6) = rest.strip_prefix('[') {
            let (host, after) =
                v6.split_once(']').ok_or_else(|| wrong("the `]` of the address is missing"))?;
            let port = match after {
                "" => None,
                _ => Some(after.strip_prefix(':').ok_or_else(|| wrong("after `]` only a port may follow"))?),
            };
            (host, port)
        } else {
            match rest.split_once(':') {
                Some((_, port)) if port.contains(':') => {
                    return Err(wrong("an IPv6 address stands in brackets, as in `mqtt://[fd00::5]:1883`"));
                }
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            }
        };
        if host.is_empty() {
            return Err(wrong("the host is missing"));
        }
        let port = match port {
            None => [1883, 8883][usize::from(tls)],
            Some(text) => match text.parse::<u16>() {
                Ok(port) if port > 0 => port,
                _ => return Err(wrong("the port must be a number from 1 to 65535")),
            },
        };
        Ok(Address { host: host.to_owned(), port, tls })
    }

    /// Checks what can be checked without the network.
    ///
    /// # Errors
    /// Names the key and what is allowed.
    pub fn validate(&self) -> Result<(), MqttError> {
        let address = self.address()?;
        let range = |key: &'static str, value: u64, least: u64, most: u64| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(MqttError::Key { key, why: format!("{value} is not within {least}–{most}") })
        };
        range("keep_alive_s", self.keep_alive_s.into(), 5, 3600)?;
        range("connect_timeout_s", self.connect_timeout_s.into(), 1, 60)?;
        range("deadline_ms", self.deadline_ms, 100, 60_000)?;
        range("max_packet_mb", self.max_packet_mb as u64, 1, 256)?;
        let key = |key, why: &str| Err(MqttError::Key { key, why: why.to_owned() });
        if self.password.is_some() && self.password_file.is_some() {
            return key("password", "give `password` or `password_file`, not both");
        }
        if (self.password.is_some() || self.password_file.is_some()) && self.username.is_none() {
            return key("username", "a password needs a user name (MQTT 3.1.1, 3.1.2.9)");
        }
        if self.client_cert_file.is_some() != self.client_key_file.is_some() {
            return key("client_key_file", "`client_cert_file` and `client_key_file` belong together");
        }
        if !address.tls && (self.ca_file.is_some() || self.client_cert_file.is_some()) {
            return key("url", "certificates are given, but `mqtt://` has no TLS; write `mqtts://`");
        }
        if self.client_id.contains(['+', '#', '/', '$']) || self.client_id.len() > 128 {
            return key("client_id", "at most 128 letters, none of them `+`, `#`, `/` or `$`");
        }
        if address.tls && address.host.contains(':') {
            return key("url", "with TLS write the host's name instead of its IPv6 address");
        }
        if self.embedded && address.tls {
            return key("embedded", "the embedded broker has no TLS; write `mqtt://`");
        }
        if self.embedded && !self.listen.is_loopback() && self.username.is_none() {
            return key("listen", "a broker that others can reach needs `username` and `password_file`");
        }
        Ok(())
    }

    /// The user name and password to log in with.
    ///
    /// # Errors
    /// [`MqttError::File`] when `password_file` cannot be read.
    pub fn login(&self) -> Result<Option<(String, String)>, MqttError> {
        let Some(user) = &self.username else { return Ok(None) };
        let password = match (&self.password, &self.password_file) {
            (Some(secret), _) => secret.0.clone(),
            (None, Some(path)) => std::fs::read_to_string(path)
                .map_err(|e| MqttError::file("password_file", path, e))?
                .lines()
                .next()
                .unwrap_or("")
                .to_owned(),
            (None, None) => String::new(),
        };
        Ok(Some((user.clone(), password)))
    }

    /// The name by which we go at the broker.
    pub fn client_name(&self) -> String {
        if !self.client_id.is_empty() {
            return self.client_id.clone();
        }
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(32).collect();
        format!("sotto-{host}-{}", std::process::id())
    }

    /// [`Self::deadline_ms`] as a duration.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }
}

fn hide_login(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(url: &str) -> Result<Address, String> {
        BrokerConfig::at(url).address().map_err(|e| e.to_string())
    }

    #[test]
    fn urls_are_taken_apart() {
        let expect = |host: &str, port, tls| Ok(Address { host: host.to_owned(), port, tls });
        assert_eq!(address("mqtt://broker"), expect("broker", 1883, false));
        assert_eq!(address("mqtts://broker.lan/"), expect("broker.lan", 8883, true));
        assert_eq!(address("mqtt://10.0.0.2:1884"), expect("10.0.0.2", 1884, false));
        assert_eq!(address("mqtt://[::1]:1999"), expect("::1", 1999, false));
        assert_eq!(address("mqtts://[fd00::5]"), expect("fd00::5", 8883, true));
    }

    #[test]
    fn wrong_urls_say_why() {
        for (url, word) in [
            ("broker:1883", "mqtt://"),
            ("http://broker", "mqtt://"),
            ("ws://broker", "WebSocket"),
            ("mqtt://", "host"),
            ("mqtt://broker:0", "port"),
            ("mqtt://broker:mqtt", "port"),
            ("mqtt://broker/path", "port may follow"),
            ("mqtt://fd00::5", "brackets"),
            ("mqtt://[fd00::5", "]"),
        ] {
            let message = address(url).unwrap_err();
            assert!(message.contains(word), "{url}: {message}");
        }
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_repeated() {
        let message = address("mqtt://me:hunter2@broker").unwrap_err();
        assert!(message.contains("password_file") && !message.contains("hunter2"), "{message}");
    }

    #[test]
    fn a_password_is_not_in_the_debug_form() {
        let config = BrokerConfig { password: Some("hunter2".into()), ..BrokerConfig::default() };
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn contradictions_are_refused() {
        let ok = BrokerConfig::default();
        assert_eq!(ok.validate().map_err(|e| e.to_string()), Ok(()));
        let wrong: Vec<(BrokerConfig, &str)> = vec![
            (BrokerConfig { keep_alive_s: 1, ..ok.clone() }, "keep_alive_s"),
            (BrokerConfig { max_packet_mb: 0, ..ok.clone() }, "max_packet_mb"),
            (BrokerConfig { password: Some("x".into()), ..ok.clone() }, "username"),
            (BrokerConfig { ca_file: Some("/ca.pem".into()), ..ok.clone() }, "mqtts"),
            (BrokerConfig { client_id: "a/b".into(), ..ok.clone() }, "client_id"),
            (
                BrokerConfig { embedded: true, listen: "0.0.0.0".parse().unwrap(), ..ok.clone() },
                "password_file",
            ),
        ];
        for (config, word) in wrong {
            let message = config.validate().unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn toml_round_trip_and_unknown_keys() {
        let text = toml::to_string(&BrokerConfig::default()).unwrap();
        assert_eq!(toml::from_str::<BrokerConfig>(&text).unwrap(), BrokerConfig::default());
        assert!(toml::from_str::<BrokerConfig>("urll = 'mqtt://x'").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_an_address_or_an_error(text in ".*") {
            let _ = BrokerConfig::at(text.clone()).address();
            let _ = BrokerConfig::at(format!("mqtt://{text}")).address();
        }
    }
}
