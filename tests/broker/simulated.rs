//! A simulated home on a real Mosquitto, commanded by sentences: announced by discovery, changed by publishes,
//! judged by the states that come back.

use crate::mosquitto::Mosquitto;
use sotto::assistant::brain::{Brain, Manner};
use sotto::assistant::{BrokerHands, EventKind, Line, SharedHome};
use sotto::home::simulated::SimulatedHome;
use sotto::home::{Action, HomeConfig, Outcome};
use sotto::intent::Understander;
use sotto::intent::reply::Replies;
use sotto::mqtt::{BrokerConfig, SimulatedDevices};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

const LIMIT: Duration = Duration::from_secs(20);

pub struct House {
    runtime: Runtime,
    devices: Option<SimulatedDevices>,
    pub home: SharedHome,
    brain: Brain,
    hands: BrokerHands,
    _broker: Mosquitto,
}

/// The demo's home on Mosquitto, and Sotto at another end of it.
fn house() -> Option<House> {
    house_of(demo())
}

pub fn demo() -> SimulatedHome {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes/demo.toml");
    SimulatedHome::load(&file).unwrap()
}

/// A home on Mosquitto, and Sotto at another end of it.
pub fn house_of(simulated: SimulatedHome) -> Option<House> {
    let broker = Mosquitto::start("allow_anonymous true")?;
    let url = format!("mqtt://127.0.0.1:{}", broker.port);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let home = SharedHome::new(simulated.unannounced(HomeConfig::default()));
    let config = |id: &str| BrokerConfig { client_id: id.into(), ..BrokerConfig::at(url.clone()) };
    let (devices, line) = runtime.block_on(async {
        let mut devices = SimulatedDevices::start(simulated, &config("devices")).unwrap();
        assert!(devices.announced(LIMIT).await);
        let mut line = Line::open(&config("sotto"), home.clone(), |_| {}).unwrap();
        line.settle(Duration::from_millis(500), LIMIT).await.unwrap();
        (devices, line)
    });
    let handle = runtime.handle().clone();
    let patience = Duration::from_secs(3);
    let hands = BrokerHands::new(line.publisher, home.clone(), line.changes, handle, LIMIT, patience);
    let understander = Understander::new(&["en"]).unwrap();
    let replies = Arc::new(Replies::new("en").unwrap());
    let manner = Manner { language: "en".into(), area: None, min_confidence: 0.0 };
    let brain = Brain::new(None, understander, replies, home.clone(), manner);
    Some(House { runtime, devices: Some(devices), home, brain, hands, _broker: broker })
}

impl House {
    pub fn say(&mut self, text: &str) -> (String, Vec<Outcome>, usize) {
        let thought = self.brain.think(text);
        let (mut outcomes, mut published) = (Vec::new(), 0);
        let settled = self.brain.act(&thought, &mut self.hands, &mut |kind| match kind {
            EventKind::ActionSent(Action::Publish { .. }) => published += 1,
            EventKind::ActionDone(_, outcome) => outcomes.push(outcome),
            _ => {}
        });
        (settled.reply, outcomes, published)
    }

    pub fn state(&self, id: &str) -> Option<String> {
        self.home.view().entity(id).and_then(|entity| entity.state.value.clone())
    }
}

#[test]
fn everything_announces_itself_and_is_learnt() {
    let Some(house) = house() else { return };
    let view = house.home.view();
    assert_eq!(view.entities.len(), 28);
    assert_eq!(view.entity("light.kitchen_ceiling").unwrap().area.as_deref(), Some("Kitchen"));
    assert_eq!(house.state("light.kitchen_ceiling").as_deref(), Some("off"));
}

#[test]
fn a_sentence_changes_the_home_and_the_reply_waits_for_it() {
    let Some(mut house) = house() else { return };
    let (reply, outcomes, published) =
        house.say("turn on the kitchen ceiling and close the bedroom curtains");
    assert_eq!((outcomes, published), (vec![Outcome::Done; 2], 2), "{reply}");
    assert_eq!(house.state("light.kitchen_ceiling").as_deref(), Some("on"));
    assert_eq!(house.state("cover.bedroom_curtains").as_deref(), Some("closed"));
}

#[test]
fn a_change_by_hand_is_known_when_it_is_asked_for() {
    let Some(mut house) = house() else { return };
    assert!(house.say("is the kitchen window open").0.to_lowercase().starts_with("no"));
    let devices = house.devices.as_ref().unwrap();
    assert!(house.runtime.block_on(devices.set("binary_sensor.kitchen_window", "on")));
    let view = house.home.clone();
    house.runtime.block_on(async move {
        let open = || {
            view.view().entity("binary_sensor.kitchen_window").unwrap().state.value.as_deref() == Some("on")
        };
        tokio::time::timeout(LIMIT, async {
            while !open() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("the window is still closed");
    });
    let reply = house.say("is the kitchen window open").0;
    assert!(reply.to_lowercase().starts_with("yes"), "{reply}");
}

#[test]
fn devices_that_are_gone_do_not_confirm_and_the_reply_says_so() {
    let Some(mut house) = house() else { return };
    house.devices = None;
    let (reply, outcomes, _) = house.say("turn on the kitchen ceiling");
    assert_eq!(outcomes, [Outcome::Unconfirmed]);
    assert_eq!(house.state("light.kitchen_ceiling").as_deref(), Some("off"));
    assert!(!reply.to_lowercase().contains("ceiling on"), "{reply}");
}
