//! Why the line is down, in words for a person.

use super::config::Address;
use rumqttc::{ConnectReturnCode, ConnectionError, StateError, TlsError};
use rustls::{AlertDescription, CertificateError};
use std::io;
use std::path::Path;
use thiserror::Error;

/// What is wrong before there is a line, and what a line came to.
#[derive(Debug, Error)]
pub enum MqttError {
    /// The broker's URL cannot be used.
    #[error("broker.url `{url}`: {why}")]
    Url {
        /// As written, without a login.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// A key has a value that is not allowed.
    #[error("broker.{key}: {why}")]
    Key {
        /// The key.
        key: &'static str,
        /// What is allowed.
        why: String,
    },
    /// A file cannot be read or is not what it should be.
    #[error("broker.{key} = {path}: {why}")]
    File {
        /// The key that names the file.
        key: &'static str,
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// The connection was closed by us and takes nothing any more.
    #[error("the connection to the broker was closed")]
    Closed,
    /// [`super::connect`] was called where no tokio runtime is.
    #[error("connecting to the broker needs a tokio runtime")]
    NoRuntime,
    /// The embedded broker did not start.
    #[error("the embedded broker cannot listen on {at}: {why}")]
    Embedded {
        /// Address and port.
        at: String,
        /// What is wrong.
        why: String,
    },
    /// The line did not come up.
    #[error(transparent)]
    Line(#[from] Failure),
}

impl MqttError {
    pub(crate) fn file(key: &'static str, path: &Path, why: impl ToString) -> Self {
        MqttError::File { key, path: path.display().to_string(), why: why.to_string() }
    }
}

/// Why there is no line to the broker. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// The host name is unknown.
    #[error("there is no host called `{host}`: check the name in broker.url, or write the IP address")]
    NameNotFound {
        /// The host.
        host: String,
    },
    /// The host is there, but nothing listens on the port.
    #[error(
        "nothing listens at {address}: is the broker running, and is this its port (1883, with TLS 8883)?"
    )]
    NothingListens {
        /// Host and port.
        address: String,
    },
    /// No way to the host.
    #[error("{address} cannot be reached: {detail}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// The system's words.
        detail: String,
    },
    /// No answer in time.
    #[error("{address} did not answer in time: is it the right host, and is there a firewall between?")]
    NoAnswer {
        /// Host and port.
        address: String,
    },
    /// Wrong user name or password, or none where one is wanted.
    #[error("the broker at {address} refused the login: check broker.username and broker.password_file")]
    LoginRefused {
        /// Host and port.
        address: String,
    },
    /// The broker does not like our client id.
    #[error("the broker at {address} refused broker.client_id; it must be unique there")]
    ClientIdRefused {
        /// Host and port.
        address: String,
    },
    /// The broker is there but takes no clients, or wants another version of MQTT.
    #[error("the broker at {address} refused us: {detail}")]
    Refused {
        /// Host and port.
        address: String,
        /// The reason it gave.
        detail: String,
    },
    /// The certificate was not signed by a CA that we trust.
    #[error(
        "the certificate of {address} is signed by a CA that we do not know: set broker.ca_file to the CA that signed it"
    )]
    UnknownCa {
        /// Host and port.
        address: String,
    },
    /// The certificate is for another name, too old, revoked or broken.
    #[error("the certificate of {address} is not good: {detail}")]
    BadCertificate {
        /// Host and port.
        address: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The broker did not accept our certificate, or wants one.
    #[error(
        "the broker at {address} did not accept our certificate ({detail}): check broker.client_cert_file and broker.client_key_file"
    )]
    ClientCertificate {
        /// Host and port.
        address: String,
        /// The alert it sent.
        detail: String,
    },
    /// What answers does not speak TLS.
    #[error(
        "{address} does not speak TLS: use the broker's TLS port (usually 8883) or write `mqtt://` in broker.url"
    )]
    NoTls {
        /// Host and port.
        address: String,
    },
    /// TLS failed in another way.
    #[error("TLS with {address} failed: {detail}")]
    Tls {
        /// Host and port.
        address: String,
        /// The words of the TLS library.
        detail: String,
    },
    /// What answers is no MQTT broker.
    #[error("what answers at {address} is no MQTT broker: is this its port?")]
    NotABroker {
        /// Host and port.
        address: String,
    },
    /// The other side hung up instead of answering.
    #[error(
        "{address} hung up before it answered: a port that wants TLS (then write `mqtts://`), a login that it does not like, or no MQTT broker"
    )]
    HungUp {
        /// Host and port.
        address: String,
    },
    /// The line was up and broke.
    #[error("the line to {address} broke: {detail}")]
    Cut {
        /// Host and port.
        address: String,
        /// How.
        detail: String,
    },
    /// The line was up and nothing came through any more.
    #[error("{address} stopped answering")]
    Stalled {
        /// Host and port.
        address: String,
    },
    /// A packet larger than we take.
    #[error("{address} sent a packet of {bytes} bytes, more than broker.max_packet_mb allows")]
    TooLarge {
        /// Host and port.
        address: String,
        /// Its size.
        bytes: usize,
    },
}

impl Failure {
    /// Whether trying again without a change of configuration may help.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Failure::NameNotFound { .. }
                | Failure::NothingListens { .. }
                | Failure::Unreachable { .. }
                | Failure::NoAnswer { .. }
                | Failure::Cut { .. }
                | Failure::Stalled { .. }
        )
    }
}

/// Puts what rumqttc says into our words. `was_up`: the broker had accepted us on this line before.
pub fn classify(error: &ConnectionError, address: &Address, was_up: bool) -> Failure {
    let at = address.to_string();
    match error {
        ConnectionError::ConnectionRefused(code) => match code {
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
                Failure::LoginRefused { address: at }
            }
            ConnectReturnCode::BadClientId => Failure::ClientIdRefused { address: at },
            ConnectReturnCode::ServiceUnavailable => {
                Failure::Refused { address: at, detail: "it is not available now".to_owned() }
            }
            _ => Failure::Refused { address: at, detail: "it does not speak MQTT 3.1.1".to_owned() },
        },
        ConnectionError::NotConnAck(_) => Failure::NotABroker { address: at },
        ConnectionError::NetworkTimeout if !was_up => Failure::NoAnswer { address: at },
        ConnectionError::NetworkTimeout | ConnectionError::FlushTimeout => Failure::Stalled { address: at },
        ConnectionError::Io(e) => from_io(e, address, was_up),
        ConnectionError::Tls(TlsError::Io(e)) => from_io(e, address, was_up),
        ConnectionError::Tls(TlsError::TLS(e)) => from_tls(e, address),
        ConnectionError::Tls(TlsError::DNSName(_)) => Failure::NameNotFound { host: address.host.clone() },
        ConnectionError::Tls(e) => Failure::Tls { address: at, detail: e.to_string() },
        ConnectionError::MqttState(state) => from_state(state, address, was_up),
        other => Failure::Cut { address: at, detail: other.to_string() },
    }
}

fn from_state(state: &StateError, address: &Address, was_up: bool) -> Failure {
    use rumqttc::mqttbytes::Error as Bytes;
    let at = address.to_string();
    match state {
        StateError::Io(e) | StateError::Deserialization(Bytes::Io(e)) => from_io(e, address, was_up),
        StateError::AwaitPingResp | StateError::CollisionTimeout => Failure::Stalled { address: at },
        StateError::ConnectionAborted if !was_up => Failure::HungUp { address: at },
        StateError::ConnectionAborted => {
            Failure::Cut { address: at, detail: "the broker closed it".to_owned() }
        }
        StateError::Deserialization(Bytes::PayloadSizeLimitExceeded(bytes)) if was_up => {
            Failure::TooLarge { address: at, bytes: *bytes }
        }
        _ if !was_up => Failure::NotABroker { address: at },
        other => Failure::Cut { address: at, detail: other.to_string() },
    }
}

fn from_io(error: &io::Error, address: &Address, was_up: bool) -> Failure {
    if let Some(tls) = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
        return from_tls(tls, address);
    }
    let at = address.to_string();
    let detail = error.to_string();
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::UnexpectedEof => {
            match was_up {
                true => Failure::Cut { address: at, detail },
                false => Failure::HungUp { address: at },
            }
        }
        _ if was_up => Failure::Cut { address: at, detail },
        Kind::ConnectionRefused => Failure::NothingListens { address: at },
        Kind::TimedOut => Failure::NoAnswer { address: at },
        // the standard library gives name resolution no kind of its own
        _ if detail.starts_with("failed to lookup address") || detail.contains("resolve to any address") => {
            Failure::NameNotFound { host: address.host.clone() }
        }
        // not the system's words but the decoder's, which found no MQTT
        Kind::Other | Kind::InvalidData if error.raw_os_error().is_none() => {
            Failure::NotABroker { address: at }
        }
        _ => Failure::Unreachable { address: at, detail },
    }
}

fn from_tls(error: &rustls::Error, address: &Address) -> Failure {
    let at = address.to_string();
    match error {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::UnknownIssuer => Failure::UnknownCa { address: at },
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                let detail = format!("it is not for the name `{}`", address.host);
                Failure::BadCertificate { address: at, detail }
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                let detail = "it has expired (or the clock here is wrong)".to_owned();
                Failure::BadCertificate { address: at, detail }
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                let detail = "it is not valid yet (or the clock here is wrong)".to_owned();
                Failure::BadCertificate { address: at, detail }
            }
            // a wrong CA of the same name signs with another key
            CertificateError::BadSignature => Failure::UnknownCa { address: at },
            other => Failure::BadCertificate { address: at, detail: format!("{other}") },
        },
        rustls::Error::InvalidMessage(_) => Failure::NoTls { address: at },
        rustls::Error::AlertReceived(alert) => {
            let detail = format!("{alert:?}");
            match alert {
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::HandshakeFailure
                | AlertDescription::DecryptError
                | AlertDescription::AccessDenied => Failure::ClientCertificate { address: at, detail },
                _ => Failure::Tls { address: at, detail },
            }
        }
        other => Failure::Tls { address: at, detail: other.to_string() },
    }
}
