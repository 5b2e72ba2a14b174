//! The connection to the broker against a real Mosquitto: delivery, faults, words, TLS, load.

mod delivery;
mod dialects;
mod embedded;
mod late;
mod ledger;
mod load;
mod mosquitto;
mod simulated;
mod words;

use sotto::mqtt::{Event, Incoming};
use std::time::Duration;

/// The next event of this kind within ten seconds.
pub async fn next<T>(incoming: &mut Incoming, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
    let search = async {
        loop {
            let event = incoming.recv().await.expect("the connection was closed");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), search).await.expect("nothing came in 20 s")
}

pub async fn connected(incoming: &mut Incoming) {
    next(incoming, |e| (e == Event::Connected).then_some(())).await;
}

pub async fn message(incoming: &mut Incoming) -> (String, Vec<u8>, bool) {
    next(incoming, |e| match e {
        Event::Message { topic, payload, retained } => Some((topic, payload, retained)),
        _ => None,
    })
    .await
}
