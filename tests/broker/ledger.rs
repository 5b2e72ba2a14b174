//! A ledger of commands over a line that is cut at every packet boundary in turn, that is slow at times, and
//! to a broker that is killed and started again: what was sent, delivered, doubled, late.

use crate::mosquitto::{Cut, Mosquitto, Proxy, Wired};
use sotto::mqtt::{BrokerConfig, Delivery, Publisher, connect};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(2);
/// Entities that are commanded at the same time, each in order.
const LANES: usize = 8;

struct Line {
    lane: usize,
    number: usize,
    issued: Instant,
    delivery: Delivery,
}

#[tokio::test(flavor = "multi_thread")]
async fn six_hundred_commands_over_cuts_and_restarts() {
    ledger(600, 150).await;
}

/// The long run: `cargo test --release --test broker -- --ignored ledger`, a few minutes.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn ten_thousand_commands_over_cuts_and_restarts() {
    ledger(10_000, 1_000).await;
}

async fn ledger(commands: usize, restart_every: usize) {
    let Some(mut broker) = Mosquitto::start("allow_anonymous true\nmax_queued_messages 0") else { return };
    // The longest stretch covers a line that is cut only after many commands.
    let plan = (0..4_000).map(|n| match n % 4 {
        0 => Cut::AfterPackets(n / 4 % 60 + 1),
        1 => Cut::AfterPublish(n / 4 % 50 + 1),
        2 => Cut::BeforePublish(n / 4 % 50 + 1),
        _ if n % 16 == 3 => Cut::Slow(20),
        _ => Cut::AfterPackets(n / 4 % 90 + 40),
    });
    let proxy = Proxy::start(broker.port, plan.collect()).await;
    let config = BrokerConfig { client_id: "ledger".into(), ..BrokerConfig::at(proxy.url()) };
    let (publisher, mut incoming) = connect(&config).unwrap();
    let drain = tokio::spawn(async move { while incoming.recv().await.is_some() {} });
    let next = Arc::new(AtomicUsize::new(0));
    let book: Arc<Mutex<Vec<Line>>> = Arc::default();
    let begun = Instant::now();
    let lanes: Vec<_> = (0..LANES)
        .map(|lane| {
            tokio::spawn(one_lane(lane, publisher.clone(), Arc::clone(&next), Arc::clone(&book), commands))
        })
        .collect();
    let mut restarts = 0;
    while !lanes.iter().all(tokio::task::JoinHandle::is_finished) {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if next.load(Ordering::SeqCst) >= (restarts + 1) * restart_every {
            tokio::task::block_in_place(|| {
                broker.down();
                broker.up();
            });
            restarts += 1;
        }
    }
    for lane in lanes {
        lane.await.unwrap();
    }
    let took = begun.elapsed();
    drain.abort();
    let wire = proxy.wire.lock().unwrap().clone();
    let lines = proxy.lines.load(Ordering::SeqCst);
    judge(&book.lock().unwrap(), &wire, lines, restarts, took, commands);
}

async fn one_lane(
    lane: usize,
    publisher: Publisher,
    next: Arc<AtomicUsize>,
    book: Arc<Mutex<Vec<Line>>>,
    commands: usize,
) {
    loop {
        let number = next.fetch_add(1, Ordering::SeqCst);
        if number >= commands {
            return;
        }
        let issued = Instant::now();
        let delivery = publisher.publish(format!("lamp/{lane}/set"), number.to_string(), DEADLINE).await;
        book.lock().unwrap().push(Line { lane, number, issued, delivery });
    }
}

fn judge(book: &[Line], wire: &[Wired], lines: usize, restarts: usize, took: Duration, commands: usize) {
    let mut sent: HashMap<&str, Vec<&Wired>> = HashMap::new();
    for wired in wire {
        sent.entry(wired.payload.as_str()).or_default().push(wired);
    }
    let count = |wanted: &Delivery| book.iter().filter(|l| l.delivery == *wanted).count();
    let (acknowledged, dropped, unknown) =
        (count(&Delivery::Acknowledged), count(&Delivery::Dropped), count(&Delivery::Unknown));
    let (mut lost, mut doubled, mut late, mut dropped_and_sent) = (0, 0, 0, 0);
    for line in book {
        let on_wire = sent.get(line.number.to_string().as_str()).cloned().unwrap_or_default();
        doubled += usize::from(on_wire.len() > 1);
        late += on_wire
            .iter()
            .filter(|w| w.at.duration_since(line.issued) > DEADLINE + Duration::from_millis(100))
            .count();
        match &line.delivery {
            Delivery::Acknowledged => lost += usize::from(!on_wire.iter().any(|w| w.passed)),
            Delivery::Dropped => dropped_and_sent += on_wire.len(),
            Delivery::Unknown => {}
            Delivery::Failed(why) => panic!("{}: {why}", line.number),
        }
    }
    println!(
        "{commands} commands over {lines} lines, {restarts} restarts of the broker, {:.0} s: {acknowledged} acknowledged, \
         {dropped} dropped and said so, {unknown} unknown and said so; lost silently {lost}, doubled {doubled}, late {late}, \
         dropped but sent {dropped_and_sent}",
        took.as_secs_f64()
    );
    assert_eq!(book.len(), commands);
    assert_eq!((lost, doubled, late, dropped_and_sent), (0, 0, 0, 0));
    assert!(wire.iter().all(|w| !w.retain && !w.dup), "a command was retained or repeated");
    for lane in 0..LANES {
        let topic = format!("lamp/{lane}/set");
        let order: Vec<usize> =
            wire.iter().filter(|w| w.topic == topic).map(|w| w.payload.parse().unwrap()).collect();
        assert!(order.windows(2).all(|w| w[0] < w[1]), "lane {lane} is out of order");
        assert!(book.iter().any(|l| l.lane == lane && l.delivery == Delivery::Acknowledged), "lane {lane}");
    }
    assert!(unknown > 0 && lines > restarts, "no cut hit a command");
}
