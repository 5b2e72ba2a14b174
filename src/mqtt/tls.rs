//! The TLS side of a line, by rustls.

use super::config::BrokerConfig;
use super::failure::MqttError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

pub(super) fn client_config(config: &BrokerConfig) -> Result<Arc<ClientConfig>, MqttError> {
    let mut roots = RootCertStore::empty();
    match &config.ca_file {
        Some(path) => {
            for certificate in certificates("ca_file", path)? {
                roots.add(certificate).map_err(|e| MqttError::file("ca_file", path, e))?;
            }
        }
        None => {
            let system = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(system.certs);
            if roots.is_empty() {
                return Err(MqttError::Key {
                    key: "ca_file",
                    why: "this system has no CA certificates: install the package `ca-certificates`, \
                          or set it to the CA that signed the broker's certificate"
                        .to_owned(),
                });
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| MqttError::Key { key: "url", why: e.to_string() })?
        .with_root_certificates(roots);
    let ours = match (&config.client_cert_file, &config.client_key_file) {
        (Some(certificate), Some(key)) => builder
            .with_client_auth_cert(certificates("client_cert_file", certificate)?, private_key(key)?)
            .map_err(|e| MqttError::file("client_key_file", key, e))?,
        _ => builder.with_no_client_auth(),
    };
    Ok(Arc::new(ours))
}

fn certificates(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, MqttError> {
    let text = std::fs::read(path).map_err(|e| MqttError::file(key, path, e))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(list) if !list.is_empty() => Ok(list),
        Ok(_) => Err(MqttError::file(key, path, "no certificate in it (PEM, `BEGIN CERTIFICATE`)")),
        Err(e) => Err(MqttError::file(key, path, format!("broken PEM: {e}"))),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, MqttError> {
    let text = std::fs::read(path).map_err(|e| MqttError::file("client_key_file", path, e))?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
        MqttError::file("client_key_file", path, "no private key in it (PEM, without a password)")
    })
}
