//! The broker of our own.

use crate::mosquitto::Observer;
use crate::{connected, message};
use rumqttc::QoS;
use sotto::mqtt::{BrokerConfig, Delivery, EmbeddedBroker, EmbeddedConfig, MqttError, check, connect};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_round_trip_on_a_free_port_and_the_port_is_free_again_after() {
    let broker = EmbeddedBroker::start(EmbeddedConfig::default()).unwrap();
    let port = broker.port();
    let observer = Observer::follow(port, "lamp/#").await;
    let (publisher, mut incoming) = connect(&BrokerConfig::at(broker.url())).unwrap();
    publisher.subscribe("home/#").await.unwrap();
    connected(&mut incoming).await;
    assert_eq!(publisher.publish("lamp/set", "ON", Duration::from_secs(5)).await, Delivery::Acknowledged);
    let seen = observer.wait_for(1).await;
    assert_eq!((seen[0].topic.as_str(), seen[0].retain), ("lamp/set", false));
    observer.client.publish("home/lamp", QoS::AtLeastOnce, false, "now").await.unwrap();
    assert_eq!(message(&mut incoming).await, ("home/lamp".to_owned(), b"now".to_vec(), false));
    drop(broker);
    std::net::TcpListener::bind(("127.0.0.1", port)).expect("the port is still taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn retained_messages_are_complete_and_large_ones_pass() {
    let broker = EmbeddedBroker::start(EmbeddedConfig::default()).unwrap();
    let (publisher, mut incoming) = connect(&BrokerConfig::at(broker.url())).unwrap();
    connected(&mut incoming).await;
    for number in 0..1500 {
        let done = publisher.publish_retained(format!("homeassistant/light/n{number}/config"), "{}").await;
        assert_eq!(done, Delivery::Acknowledged);
    }
    let big = vec![b'x'; 5_000_000];
    let done = publisher.publish_retained("homeassistant/light/big/config", big.clone()).await;
    assert_eq!(done, Delivery::Acknowledged);
    let (late, mut incoming) =
        connect(&BrokerConfig { client_id: "late".into(), ..BrokerConfig::at(broker.url()) }).unwrap();
    late.subscribe("homeassistant/#").await.unwrap();
    let mut topics = std::collections::BTreeSet::new();
    while topics.len() < 1501 {
        let (topic, payload, retained) = message(&mut incoming).await;
        assert!(retained);
        assert!(!topic.contains("big") || payload == big);
        topics.insert(topic);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for() {
    let login = Some(("sotto".to_owned(), "right".to_owned()));
    let broker = EmbeddedBroker::start(EmbeddedConfig { login, ..Default::default() }).unwrap();
    let with = |password: &str| BrokerConfig {
        username: Some("sotto".into()),
        password: Some(password.into()),
        ..BrokerConfig::at(broker.url())
    };
    check(&with("right")).await.unwrap();
    let refused = check(&with("wrong")).await.unwrap_err().to_string();
    assert!(refused.contains("a login that it does not like"), "{refused}");
    assert!(check(&BrokerConfig::at(broker.url())).await.is_err());
}

#[test]
fn a_taken_port_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = EmbeddedBroker::start(EmbeddedConfig { port, ..Default::default() }).unwrap_err();
    assert!(matches!(error, MqttError::Embedded { .. }));
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}
