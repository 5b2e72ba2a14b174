//! A ledger of commands over a line that is cut at every packet boundary in turn, that is slow at times, and
//! to a broker that is killed and started again: what was sent, delivered, doubled, late.

use crate::mosquitto::{Cut, Mosquitto, Proxy, Wired};
use sotto::mqtt::{BrokerConfig, Delivery, Publisher, connect};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// As a board has it.
const DEADLINE: Duration = Duration::from_secs(5);
/// Entities that a client commands at the same time, each in order.
const LANES: usize = 4;
/// Clients at the same time.
const AT_ONCE: usize = 10;

struct Line {
    number: usize,
    issued: Instant,
    delivery: Delivery,
}

#[tokio::test(flavor = "multi_thread")]
async fn some_hundred_commands_over_cuts_and_restarts() {
    ledger(12, 52, 1).await;
}

/// The long run: `cargo test --release --test broker -- --ignored --nocapture ledger`, some minutes.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn ten_thousand_commands_over_cuts_and_restarts() {
    ledger(200, 52, 10).await;
}

/// Where a client's lines are cut: every packet boundary in its turn, before and after a PUBLISH.
fn plan(client: usize) -> Vec<Cut> {
    let slow = if client % 5 == 4 { Some(Cut::Slow(20)) } else { None };
    let cuts = [
        Cut::AfterPackets(client % 40 + 1),
        Cut::AfterPublish(client % 25 + 1),
        Cut::BeforePublish(client % 30 + 1),
    ];
    let mut cuts: Vec<Cut> = cuts.into_iter().cycle().skip(client % 3).take(3).collect();
    cuts.extend(slow);
    cuts
}

async fn ledger(clients: usize, each: usize, restarts: usize) {
    let Some(mut broker) = Mosquitto::start("allow_anonymous true\nmax_queued_messages 0") else { return };
    let port = broker.port;
    let next = Arc::new(AtomicUsize::new(0));
    let book: Arc<Mutex<Vec<Line>>> = Arc::default();
    let begun = Instant::now();
    let waiting = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (waiting, next, book) = (Arc::clone(&waiting), Arc::clone(&next), Arc::clone(&book));
            tokio::spawn(async move {
                let (mut wire, mut lines) = (Vec::new(), 0);
                loop {
                    let client = waiting.fetch_add(1, Ordering::SeqCst);
                    if client >= clients {
                        return (wire, lines);
                    }
                    let (more, count) = one_client(port, client, each, &next, &book).await;
                    wire.extend(more);
                    lines += count;
                }
            })
        })
        .collect();
    let mut done = 0;
    while !workers.iter().all(tokio::task::JoinHandle::is_finished) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if done < restarts && next.load(Ordering::SeqCst) >= (done + 1) * clients * each / (restarts + 1) {
            tokio::task::block_in_place(|| {
                broker.down();
                broker.up();
            });
            done += 1;
        }
    }
    let (mut wire, mut lines) = (Vec::new(), 0);
    for worker in workers {
        let (more, count) = worker.await.unwrap();
        wire.extend(more);
        lines += count;
    }
    judge(&book.lock().unwrap(), &wire, lines, done, begun.elapsed(), clients * each);
}

/// Sends its commands over its own line; gives back what was on the wire, and how many lines it took.
async fn one_client(
    port: u16,
    client: usize,
    each: usize,
    next: &Arc<AtomicUsize>,
    book: &Arc<Mutex<Vec<Line>>>,
) -> (Vec<Wired>, usize) {
    let proxy = Proxy::start(port, plan(client)).await;
    let config = BrokerConfig { client_id: format!("ledger-{client}"), ..BrokerConfig::at(proxy.url()) };
    let (publisher, mut incoming) = connect(&config).unwrap();
    let drain = tokio::spawn(async move { while incoming.recv().await.is_some() {} });
    let lanes = (0..LANES).map(|lane| {
        let (publisher, next, book) = (publisher.clone(), Arc::clone(next), Arc::clone(book));
        tokio::spawn(one_lane(format!("lamp/{client}-{lane}/set"), publisher, next, book, each / LANES))
    });
    for lane in lanes.collect::<Vec<_>>() {
        lane.await.unwrap();
    }
    drain.abort();
    let wire = proxy.wire.lock().unwrap().clone();
    (wire, proxy.lines.load(Ordering::SeqCst))
}

async fn one_lane(
    topic: String,
    publisher: Publisher,
    next: Arc<AtomicUsize>,
    book: Arc<Mutex<Vec<Line>>>,
    count: usize,
) {
    for _ in 0..count {
        let number = next.fetch_add(1, Ordering::SeqCst);
        let issued = Instant::now();
        let delivery = publisher.publish(topic.clone(), number.to_string(), DEADLINE).await;
        book.lock().unwrap().push(Line { number, issued, delivery });
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
    let mut order: HashMap<&str, Vec<usize>> = HashMap::new();
    for wired in wire {
        order.entry(&wired.topic).or_default().push(wired.payload.parse().unwrap());
    }
    for (topic, order) in &order {
        assert!(order.windows(2).all(|w| w[0] < w[1]), "{topic} is out of order");
    }
    assert!(unknown > 0 && lines > restarts, "no cut hit a command");
    assert!(acknowledged * 2 > commands, "most of the commands should have come through");
}
