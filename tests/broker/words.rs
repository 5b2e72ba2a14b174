//! What a person reads when the line does not come up.

use crate::mosquitto::{Mosquitto, free_port};
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use sotto::mqtt::{BrokerConfig, Failure, MqttError, check};
use std::io::{Read, Write};
use std::path::PathBuf;

async fn failure(config: BrokerConfig) -> Failure {
    match check(&config).await {
        Err(MqttError::Line(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn no_broker_no_host_no_answer() {
    let port = free_port();
    let failed = failure(BrokerConfig::at(format!("mqtt://127.0.0.1:{port}"))).await;
    assert!(matches!(failed, Failure::NothingListens { .. }), "{failed:?}");
    assert!(failed.to_string().contains(&format!("127.0.0.1:{port}")));

    let failed = failure(BrokerConfig::at("mqtt://no-such-host.invalid")).await;
    assert!(matches!(failed, Failure::NameNotFound { .. }), "{failed:?}");
    assert!(failed.to_string().contains("no-such-host.invalid"));

    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mqtt://{}", silent.local_addr().unwrap());
    let failed = failure(BrokerConfig { connect_timeout_s: 1, ..BrokerConfig::at(url) }).await;
    assert!(matches!(failed, Failure::NoAnswer { .. }), "{failed:?}");
}

#[tokio::test]
async fn something_else_listens() {
    for greeting in
        ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n", "220 mail ESMTP\r\n", ""]
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("mqtt://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let _ = socket.read(&mut [0; 64]);
            let _ = socket.write_all(greeting.as_bytes());
        });
        let failed = failure(BrokerConfig::at(url)).await;
        assert!(
            matches!(failed, Failure::NotABroker { .. } | Failure::HungUp { .. }),
            "{greeting}: {failed:?}"
        );
        assert!(failed.to_string().contains("no MQTT broker"));
        server.join().unwrap();
    }
}

#[tokio::test]
async fn a_refused_login() {
    let Some(mut broker) = Mosquitto::prepare() else { return };
    let passwords = broker.password_file("sotto", "right");
    broker.configure(&format!("allow_anonymous false\npassword_file {}", passwords.display()));
    broker.up();
    let with = |username: Option<&str>, password: Option<&str>| BrokerConfig {
        username: username.map(str::to_owned),
        password: password.map(Into::into),
        ..BrokerConfig::at(broker.url())
    };
    for config in [with(Some("sotto"), Some("wrong")), with(Some("other"), Some("right")), with(None, None)] {
        let failed = failure(config).await;
        assert!(matches!(failed, Failure::LoginRefused { .. }), "{failed:?}");
        assert!(failed.to_string().contains("broker.password_file") && !failed.may_pass());
    }
    check(&with(Some("sotto"), Some("right"))).await.unwrap();
    let file = broker.path("ours");
    std::fs::write(&file, "right\n").unwrap();
    check(&BrokerConfig { password_file: Some(file), ..with(Some("sotto"), None) }).await.unwrap();
    let missing = BrokerConfig { password_file: Some("/no/such".into()), ..with(Some("sotto"), None) };
    let message = check(&missing).await.unwrap_err().to_string();
    assert!(message.contains("password_file") && message.contains("/no/such"), "{message}");
}

struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "the CA of this home");
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

#[tokio::test]
async fn tls_with_an_own_ca_a_wrong_one_a_wrong_name_and_client_certificates() {
    let Some(mut broker) = Mosquitto::prepare() else { return };
    let (authority, stranger) = (Authority::new(), Authority::new());
    let write = |name: &str, text: &str| -> PathBuf {
        let path = broker.path(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ca = write("ca.pem", &authority.certificate.pem());
    let wrong_ca = write("wrong-ca.pem", &stranger.certificate.pem());
    let (certificate, key) = authority.sign("localhost");
    let (certificate, key) = (write("server.pem", &certificate), write("server.key", &key));
    let ours = authority.sign("sotto");
    let (our_certificate, our_key) = (write("our.pem", &ours.0), write("our.key", &ours.1));
    let theirs = stranger.sign("sotto");
    let (strange_certificate, strange_key) =
        (write("strange.pem", &theirs.0), write("strange.key", &theirs.1));
    let lines = format!(
        "allow_anonymous true\ncafile {}\ncertfile {}\nkeyfile {}",
        ca.display(),
        certificate.display(),
        key.display()
    );
    broker.configure(&lines);
    broker.up();
    let url = format!("mqtts://localhost:{}", broker.port);
    let trusting = |ca: &PathBuf| BrokerConfig { ca_file: Some(ca.clone()), ..BrokerConfig::at(&url) };

    check(&trusting(&ca)).await.unwrap();

    let failed = failure(trusting(&wrong_ca)).await;
    assert!(matches!(failed, Failure::UnknownCa { .. }), "{failed:?}");
    assert!(failed.to_string().contains("broker.ca_file"));

    let by_address = BrokerConfig { url: format!("mqtts://127.0.0.1:{}", broker.port), ..trusting(&ca) };
    let failed = failure(by_address).await;
    assert!(failed.to_string().contains("not for the name `127.0.0.1`"), "{failed}");

    let plain = BrokerConfig::at(format!("mqtt://localhost:{}", broker.port));
    let failed = failure(plain).await;
    assert!(failed.to_string().contains("mqtts://"), "{failed}");

    let not_pem = check(&trusting(&key)).await.unwrap_err().to_string();
    assert!(not_pem.contains("ca_file") && not_pem.contains("no certificate"), "{not_pem}");

    broker.down();
    broker.configure(&format!("{lines}\nrequire_certificate true"));
    broker.up();
    let failed = failure(trusting(&ca)).await;
    assert!(matches!(failed, Failure::ClientCertificate { .. } | Failure::HungUp { .. }), "{failed:?}");
    let showing = |certificate: &PathBuf, key: &PathBuf| BrokerConfig {
        client_cert_file: Some(certificate.clone()),
        client_key_file: Some(key.clone()),
        ..trusting(&ca)
    };
    check(&showing(&our_certificate, &our_key)).await.unwrap();
    let failed = failure(showing(&strange_certificate, &strange_key)).await;
    assert!(matches!(failed, Failure::ClientCertificate { .. } | Failure::HungUp { .. }), "{failed:?}");
    let mixed = check(&showing(&our_certificate, &strange_key)).await.unwrap_err().to_string();
    assert!(mixed.contains("client_key_file"), "{mixed}");

    broker.down();
    broker.configure("allow_anonymous true");
    broker.up();
    let failed = failure(trusting(&ca)).await;
    assert!(matches!(failed, Failure::NoTls { .. } | Failure::HungUp { .. }), "{failed:?}");
}
