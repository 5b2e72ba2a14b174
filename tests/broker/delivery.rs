//! Each command once, in time, in order, not retained; nothing lost silently.

use crate::mosquitto::{Cut, Mosquitto, Observer, Proxy};
use crate::{connected, message, next};
use rumqttc::QoS;
use sotto::mqtt::{BrokerConfig, Delivery, Event, LastWill, connect};
use std::time::{Duration, Instant};

const FIVE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_acknowledged_not_retained_and_at_qos_1() {
    let Some(broker) = Mosquitto::start("allow_anonymous true") else { return };
    let observer = Observer::follow(broker.port, "#").await;
    let (publisher, _incoming) = connect(&BrokerConfig::at(broker.url())).unwrap();
    assert_eq!(publisher.publish("lamp/set", "ON", FIVE).await, Delivery::Acknowledged);
    let seen = observer.wait_for(1).await;
    assert_eq!((seen[0].topic.as_str(), seen[0].payload.as_slice()), ("lamp/set", b"ON".as_slice()));
    assert_eq!((seen[0].qos, seen[0].retain), (QoS::AtLeastOnce, false));
    let later = Observer::follow(broker.port, "#").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(later.seen().is_empty(), "the broker kept a command");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_arrive_with_their_retained_mark() {
    let Some(broker) = Mosquitto::start("allow_anonymous true") else { return };
    let observer = Observer::follow(broker.port, "unused").await;
    observer.client.publish("home/lamp", QoS::AtLeastOnce, true, "kept").await.unwrap();
    let (publisher, mut incoming) = connect(&BrokerConfig::at(broker.url())).unwrap();
    publisher.subscribe("home/+").await.unwrap();
    assert_eq!(message(&mut incoming).await, ("home/lamp".to_owned(), b"kept".to_vec(), true));
    observer.client.publish("home/lamp", QoS::AtMostOnce, false, "now").await.unwrap();
    assert_eq!(message(&mut incoming).await, ("home/lamp".to_owned(), b"now".to_vec(), false));
    // a topic that is asked for twice is not followed twice
    publisher.subscribe("home/+").await.unwrap();
    observer.client.publish("home/end", QoS::AtMostOnce, false, "").await.unwrap();
    assert_eq!(message(&mut incoming).await.0, "home/end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_dropped_at_its_deadline_while_the_broker_is_away() {
    let Some(mut broker) = Mosquitto::prepare() else { return };
    broker.configure("allow_anonymous true");
    let (publisher, mut incoming) = connect(&BrokerConfig::at(broker.url())).unwrap();
    let reason = next(&mut incoming, |e| match e {
        Event::Lost { reason } => Some(reason.to_string()),
        _ => None,
    });
    assert!(reason.await.contains("nothing listens"));
    let begun = Instant::now();
    let short = publisher.publish("lamp/set", "too late", Duration::from_millis(600)).await;
    let took = begun.elapsed();
    assert_eq!(short, Delivery::Dropped);
    assert!(took >= Duration::from_millis(600) && took < Duration::from_millis(900), "{took:?}");
    // one that has more time goes out once the broker is there
    let patient = {
        let publisher = publisher.clone();
        tokio::spawn(async move { publisher.publish("lamp/set", "in time", Duration::from_secs(20)).await })
    };
    tokio::task::yield_now().await;
    broker.up();
    let observer = Observer::follow(broker.port, "#").await;
    let delivery = patient.await.unwrap();
    // the observer may have come after it; the broker's acknowledgement counts
    assert_eq!(delivery, Delivery::Acknowledged);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!observer.payloads().contains(&"too late".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_before_the_acknowledgement_doubles_nothing() {
    let Some(broker) = Mosquitto::start("allow_anonymous true") else { return };
    let observer = Observer::follow(broker.port, "#").await;
    let proxy = Proxy::start(broker.port, vec![Cut::AfterPublish(2)]).await;
    let (publisher, mut incoming) = connect(&BrokerConfig::at(proxy.url())).unwrap();
    connected(&mut incoming).await;
    assert_eq!(publisher.publish("lamp/set", "1", FIVE).await, Delivery::Acknowledged);
    assert_eq!(publisher.publish("lamp/set", "2", FIVE).await, Delivery::Unknown);
    assert_eq!(publisher.publish("lamp/set", "3", FIVE).await, Delivery::Acknowledged);
    assert!(proxy.lines.load(std::sync::atomic::Ordering::SeqCst) == 2);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(observer.payloads(), ["1", "2", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_before_the_publish_replays_nothing_late() {
    let Some(broker) = Mosquitto::start("allow_anonymous true") else { return };
    let observer = Observer::follow(broker.port, "#").await;
    let proxy = Proxy::start(broker.port, vec![Cut::BeforePublish(1)]).await;
    let (publisher, mut incoming) = connect(&BrokerConfig::at(proxy.url())).unwrap();
    connected(&mut incoming).await;
    assert_eq!(publisher.publish("lamp/set", "lost", FIVE).await, Delivery::Unknown);
    assert_eq!(publisher.publish("lamp/set", "next", FIVE).await, Delivery::Acknowledged);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(observer.payloads(), ["next"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_goes_silent_is_given_up_and_renewed() {
    let Some(broker) = Mosquitto::start("allow_anonymous true") else { return };
    let observer = Observer::follow(broker.port, "#").await;
    let proxy = Proxy::start(broker.port, vec![Cut::Swallow(1)]).await;
    let (publisher, mut incoming) = connect(&BrokerConfig::at(proxy.url())).unwrap();
    connected(&mut incoming).await;
    let begun = Instant::now();
    assert_eq!(publisher.publish("lamp/set", "1", Duration::from_secs(1)).await, Delivery::Unknown);
    assert!(begun.elapsed() < Duration::from_millis(1300));
    let reason = next(&mut incoming, |e| match e {
        Event::Lost { reason } => Some(reason.to_string()),
        _ => None,
    })
    .await;
    assert!(reason.contains("stopped answering"), "{reason}");
    assert_eq!(publisher.publish("lamp/set", "2", FIVE).await, Delivery::Acknowledged);
    assert_eq!(observer.payloads(), ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_of_the_broker_topics_are_followed_again() {
    let Some(mut broker) = Mosquitto::start("allow_anonymous true") else { return };
    let (publisher, mut incoming) = connect(&BrokerConfig::at(broker.url())).unwrap();
    let topics: Vec<String> = (0..150).map(|n| format!("home/{n}")).collect();
    publisher.subscribe_all(topics).await.unwrap();
    connected(&mut incoming).await;
    broker.down();
    next(&mut incoming, |e| matches!(e, Event::Lost { .. }).then_some(())).await;
    broker.up();
    connected(&mut incoming).await;
    let observer = Observer::follow(broker.port, "unused").await;
    for number in [0, 77, 149] {
        observer.client.publish(format!("home/{number}"), QoS::AtLeastOnce, true, "x").await.unwrap();
        assert_eq!(message(&mut incoming).await.0, format!("home/{number}"));
    }
}

/// Ten clients, five cuts each at changing places; every outcome is checked against what an independent
/// client saw.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_over_many_cuts_balances() {
    let Some(broker) = Mosquitto::start("allow_anonymous true\nmax_queued_messages 0") else { return };
    let observer = Observer::follow(broker.port, "#").await;
    let clients: Vec<_> = (0..10).map(|client| tokio::spawn(one_client(broker.port, client))).collect();
    let mut outcomes = Vec::new();
    for client in clients {
        outcomes.extend(client.await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let seen = observer.seen();
    let numbers = |client: usize| -> Vec<usize> {
        let ours = seen.iter().filter(|s| s.topic == format!("lamp/{client}/set"));
        ours.map(|s| String::from_utf8_lossy(&s.payload).parse().unwrap()).collect()
    };
    let arrived: Vec<Vec<usize>> = (0..10).map(numbers).collect();
    let count = |wanted: Delivery| outcomes.iter().filter(|o| o.2 == wanted).count();
    let unknown = count(Delivery::Unknown);
    println!(
        "{} commands, 50 cuts: {} acknowledged, {} dropped, {unknown} unknown, {} arrived",
        outcomes.len(),
        count(Delivery::Acknowledged),
        count(Delivery::Dropped),
        seen.len(),
    );
    for list in &arrived {
        assert!(list.windows(2).all(|w| w[0] < w[1]), "doubled or out of order: {list:?}");
    }
    for (client, n, delivery) in &outcomes {
        let came = arrived[*client].contains(n);
        match delivery {
            Delivery::Acknowledged => assert!(came, "{client}/{n} was acknowledged and did not arrive"),
            Delivery::Dropped => assert!(!came, "{client}/{n} was dropped and arrived"),
            Delivery::Unknown => {}
            Delivery::Failed(why) => panic!("{client}/{n}: {why}"),
        }
    }
    assert!(unknown > 0, "no cut hit a command");
}

async fn one_client(port: u16, client: usize) -> Vec<(usize, usize, Delivery)> {
    let plan = (1..=5)
        .map(|n| match (client + n) % 3 {
            0 => Cut::AfterPublish(n + client),
            1 => Cut::BeforePublish(n + client),
            _ => Cut::AfterPackets(n + client + 1),
        })
        .collect();
    let proxy = Proxy::start(port, plan).await;
    let config = BrokerConfig { client_id: format!("ledger-{client}"), ..BrokerConfig::at(proxy.url()) };
    let (publisher, _incoming) = connect(&config).unwrap();
    let topic = format!("lamp/{client}/set");
    let mut outcomes = Vec::new();
    // until every cut of the plan was made, then some more
    let (mut number, mut more) = (0, 40);
    while more > 0 {
        if proxy.lines.load(std::sync::atomic::Ordering::SeqCst) > 5 {
            more -= 1;
        }
        let send = |n: usize| {
            let (publisher, topic) = (&publisher, topic.clone());
            async move { (client, n, publisher.publish(topic, n.to_string(), FIVE).await) }
        };
        let (a, b, c) = tokio::join!(send(number), send(number + 1), send(number + 2));
        number += 3;
        outcomes.extend([a, b, c]);
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_will_comes_with_a_break_and_not_with_a_goodbye() {
    let Some(broker) = Mosquitto::start("allow_anonymous true") else { return };
    let observer = Observer::follow(broker.port, "sotto/status").await;
    let will = LastWill { topic: "sotto/status".into(), payload: "offline".into(), retain: true };
    let proxy = Proxy::start(broker.port, vec![Cut::AfterPublish(1)]).await;
    let config = BrokerConfig { last_will: Some(will), ..BrokerConfig::at(proxy.url()) };
    let (publisher, mut incoming) = connect(&config).unwrap();
    connected(&mut incoming).await;
    publisher.publish_retained("sotto/status", "online").await;
    let seen = observer.wait_for(2).await;
    assert_eq!(observer.payloads(), ["online", "offline"]);
    assert!(seen.iter().all(|s| s.qos == QoS::AtLeastOnce));
    connected(&mut incoming).await;
    assert_eq!(publisher.publish_retained("sotto/status", "online").await, Delivery::Acknowledged);
    publisher.close().await;
    assert_eq!(incoming.recv().await, None);
    assert!(matches!(publisher.publish("a", "b", FIVE).await, Delivery::Failed(_)));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(observer.payloads(), ["online", "offline", "online"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_fails_with_a_reason_and_breaks_nothing() {
    let Some(broker) = Mosquitto::start("allow_anonymous true") else { return };
    let config = BrokerConfig { max_packet_mb: 1, ..BrokerConfig::at(broker.url()) };
    let (publisher, _incoming) = connect(&config).unwrap();
    for (topic, bytes, word) in [("", 1, "topic"), ("a/+", 1, "`+`"), ("big", 2 << 20, "max_packet_mb")] {
        match publisher.publish(topic, vec![b'x'; bytes], FIVE).await {
            Delivery::Failed(why) => assert!(why.contains(word), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(publisher.publish("lamp/set", "ON", FIVE).await, Delivery::Acknowledged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_nobody_waits_for_any_more_does_not_leave() {
    let Some(mut broker) = Mosquitto::prepare() else { return };
    broker.configure("allow_anonymous true");
    let (publisher, mut incoming) = connect(&BrokerConfig::at(broker.url())).unwrap();
    let given_up = publisher.publish("lamp/set", "given up", Duration::from_secs(20));
    assert!(tokio::time::timeout(Duration::from_millis(100), given_up).await.is_err());
    broker.up();
    let observer = Observer::follow(broker.port, "#").await;
    connected(&mut incoming).await;
    assert_eq!(publisher.publish("lamp/set", "meant", FIVE).await, Delivery::Acknowledged);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!observer.payloads().contains(&"given up".to_owned()));
}
