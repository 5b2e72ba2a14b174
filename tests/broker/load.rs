//! Large payloads, many retained ones, storms.

use crate::mosquitto::{Mosquitto, Observer};
use crate::{connected, message};
use rumqttc::QoS;
use sotto::mqtt::{BrokerConfig, Delivery, Event, connect};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn five_megabytes_pass_and_a_packet_over_the_limit_is_named() {
    let Some(broker) = Mosquitto::start("allow_anonymous true") else { return };
    let observer = Observer::follow(broker.port, "unused").await;
    let (publisher, mut incoming) = connect(&BrokerConfig::at(broker.url())).unwrap();
    publisher.subscribe("homeassistant/#").await.unwrap();
    let payload: Vec<u8> = (0..5_000_000u32).map(|n| n.to_le_bytes()[0]).collect();
    let topic = "homeassistant/light/big/config";
    observer.client.publish(topic, QoS::AtLeastOnce, true, payload.clone()).await.unwrap();
    let (_, got, _) = message(&mut incoming).await;
    assert!(got == payload, "{} bytes", got.len());
    assert_eq!(publisher.publish("back", payload, Duration::from_secs(5)).await, Delivery::Acknowledged);

    let small = BrokerConfig { max_packet_mb: 1, ..BrokerConfig::at(broker.url()) };
    let (publisher, mut incoming) = connect(&small).unwrap();
    publisher.subscribe("homeassistant/#").await.unwrap();
    let reason = crate::next(&mut incoming, |e| match e {
        Event::Lost { reason } => Some(reason.to_string()),
        _ => None,
    })
    .await;
    assert!(reason.contains("broker.max_packet_mb"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_retained_messages_are_complete() {
    let Some(broker) = Mosquitto::start("allow_anonymous true") else { return };
    let observer = Observer::follow(broker.port, "unused").await;
    let (publisher, mut incoming) = connect(&BrokerConfig::at(broker.url())).unwrap();
    connected(&mut incoming).await;
    for number in 0..5000 {
        let topic = format!("homeassistant/sensor/n{number}/config");
        observer.client.publish(topic, QoS::AtLeastOnce, true, vec![b'x'; 1000]).await.unwrap();
    }
    // the broker has read them all when it has read the last
    let last = Observer::follow(broker.port, "homeassistant/sensor/n4999/config").await;
    last.wait_for(1).await;
    let begun = Instant::now();
    publisher.subscribe("homeassistant/#").await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 5000 {
        seen.insert(message(&mut incoming).await.0);
    }
    println!("5000 retained messages of 1 kB in {:?}", begun.elapsed());
}

/// 10,000 messages a second for three seconds at QoS 0, while commands go out.
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_delays_no_command() {
    let Some(broker) = Mosquitto::start("allow_anonymous true") else { return };
    let observer = Observer::follow(broker.port, "unused").await;
    let (publisher, mut incoming) = connect(&BrokerConfig::at(broker.url())).unwrap();
    publisher.subscribe("storm/#").await.unwrap();
    connected(&mut incoming).await;
    let counter = tokio::spawn(async move {
        let mut count = 0;
        while let Ok(Some(event)) = tokio::time::timeout(Duration::from_secs(2), incoming.recv()).await {
            assert!(!matches!(event, Event::Lost { .. }), "{event:?}");
            count += usize::from(matches!(event, Event::Message { .. }));
        }
        count
    });
    let begun = Instant::now();
    let storm = tokio::spawn(async move {
        let mut sent = 0;
        while begun.elapsed() < Duration::from_secs(3) {
            let due = (begun.elapsed().as_secs_f64() * 10_000.0) as usize;
            while sent < due {
                let topic = format!("storm/{}", sent % 500);
                observer.client.publish(topic, QoS::AtMostOnce, false, vec![b'x'; 60]).await.unwrap();
                sent += 1;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        (sent, begun.elapsed(), observer)
    });
    let mut waits = Vec::new();
    while !storm.is_finished() {
        let asked = Instant::now();
        let delivery = publisher.publish("lamp/set", "ON", Duration::from_secs(5)).await;
        assert_eq!(delivery, Delivery::Acknowledged);
        waits.push(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (sent, took, _observer) = storm.await.unwrap();
    let received = counter.await.unwrap();
    waits.sort();
    let (median, worst) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    println!(
        "storm: {sent} sent in {took:?}, {received} received; {} commands, median {median:?}, worst {worst:?}",
        waits.len()
    );
    assert_eq!(received, sent);
    assert!(median < Duration::from_millis(200), "median {median:?}");
}

/// Nobody reads: commands are still judged, and what is read later is in order.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_sleeps_stops_the_flood_and_loses_no_command() {
    let Some(broker) = Mosquitto::start("allow_anonymous true") else { return };
    let observer = Observer::follow(broker.port, "unused").await;
    let (publisher, mut incoming) = connect(&BrokerConfig::at(broker.url())).unwrap();
    publisher.subscribe("flood/#").await.unwrap();
    connected(&mut incoming).await;
    assert_eq!(publisher.publish("a", "b", Duration::from_secs(5)).await, Delivery::Acknowledged);
    for number in 0..300u32 {
        let mut payload = vec![b'x'; 1 << 20];
        payload[..4].copy_from_slice(&number.to_le_bytes());
        observer.client.publish("flood/x", QoS::AtMostOnce, false, payload).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let outcome = publisher.publish("lamp/set", "ON", Duration::from_secs(1)).await;
    assert!(matches!(outcome, Delivery::Dropped | Delivery::Unknown), "{outcome:?}");
    let mut last = None;
    while let Ok(Some(event)) = tokio::time::timeout(Duration::from_secs(1), incoming.recv()).await {
        if let Event::Message { payload, .. } = event {
            let number = u32::from_le_bytes([payload[0], payload[1], payload[2], payload[3]]);
            assert!(last.is_none_or(|l| l < number));
            last = Some(number);
        }
    }
    assert!(last > Some(60));
    assert_eq!(publisher.publish("lamp/set", "ON", Duration::from_secs(20)).await, Delivery::Acknowledged);
}
