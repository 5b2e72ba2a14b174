//! What was to be done at a time is done once and then, or not at all; a question that was dropped stays dropped.

use jiff::{ToSpan, ZonedDateTime};
use sotto::assistant::brain::{Brain, Manner};
use sotto::assistant::{SharedHome, SimulatedHands};
use sotto::home::simulated::SimulatedHome;
use sotto::intent::Understander;
use sotto::intent::reply::Replies;
use sotto::store::Store;
use std::path::Path;
use std::sync::{Arc, Mutex};

struct House {
    brain: Brain,
    hands: SimulatedHands,
    home: SharedHome,
    clock: Arc<Mutex<ZonedDateTime>>,
}

fn house(store: &Path) -> House {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes/demo.toml");
    let (hands, home) = SimulatedHands::new(SimulatedHome::load(&file).unwrap());
    let understander = Understander::new(&["en"]).unwrap();
    let replies = Arc::new(Replies::new("en").unwrap());
    let manner = Manner { language: "en".into(), area: None, min_confidence: 0.0 };
    let mut brain = Brain::new(None, understander, replies, home.clone(), manner);
    let clock =
        Arc::new(Mutex::new("2026-11-25T06:00:00+01:00[Europe/Berlin]".parse::<ZonedDateTime>().unwrap()));
    let shown = Arc::clone(&clock);
    brain.set_clock(Box::new(move || shown.lock().unwrap().clone()));
    brain.remember_in(Store::open(store).unwrap());
    House { brain, hands, home, clock }
}

impl House {
    fn say(&mut self, text: &str) {
        let thought = self.brain.think(text);
        assert!(thought.understanding.understood(), "{text}: {thought:?}");
        self.brain.act(&thought, &mut self.hands, &mut |_| {});
    }

    fn minutes_later(&mut self, minutes: i64) -> Vec<(String, usize)> {
        {
            let mut clock = self.clock.lock().unwrap();
            *clock = clock.checked_add(minutes.minutes()).unwrap();
        }
        let happened = self.brain.tend(&mut self.hands, true);
        happened.into_iter().map(|h| (h.say, h.actions.len())).collect()
    }

    fn lamp(&self) -> String {
        self.home.view().entity("light.desk_lamp").unwrap().state.value.clone().unwrap()
    }
}

#[test]
fn a_command_that_waits_is_done_once_at_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = house(&folder.path().join("sotto.db"));
    house.say("turn on the desk lamp in ten minutes");
    assert!(house.minutes_later(9).is_empty());
    let done = house.minutes_later(1);
    assert_eq!((done.len(), done[0].1, house.lamp().as_str()), (1, 1, "on"), "{done:?}");
    house.say("turn off the desk lamp");
    assert!(house.minutes_later(1).is_empty());
    assert_eq!(house.lamp(), "off");
}

#[test]
fn a_command_whose_time_has_passed_is_told_and_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("sotto.db");
    house(&store).say("turn on the desk lamp in ten minutes");
    // The board was off meanwhile.
    let mut later = house(&store);
    let told = later.minutes_later(60);
    assert_eq!((told.len(), told[0].1, later.lamp().as_str()), (1, 0, "off"), "{told:?}");
    assert!(told[0].0.contains("have not done"), "{told:?}");
    assert!(later.minutes_later(1).is_empty());
}

#[test]
fn a_routine_whose_time_has_passed_is_told_and_comes_again_the_next_day() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("sotto.db");
    let mut before = house(&store);
    before.say("every day at seven turn on the desk lamp");
    before.say("yes");
    let mut later = house(&store);
    let told = later.minutes_later(6 * 60);
    assert_eq!((told.len(), told[0].1, later.lamp().as_str()), (1, 0, "off"), "{told:?}");
    let done = later.minutes_later(19 * 60);
    assert_eq!((done.len(), done[0].1, later.lamp().as_str()), (1, 1, "on"), "{done:?}");
}

#[test]
fn a_question_that_was_dropped_is_not_open_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("sotto.db");
    let mut asked = house(&store);
    assert!(asked.brain.think("unlock the front door").question);
    assert!(house(&store).brain.has_open_question(), "a session goes on over a restart");
    asked.brain.drop_question();
    drop(asked);
    let mut again = house(&store);
    assert!(!again.brain.has_open_question());
    let thought = again.brain.think("yes");
    assert!(thought.steps.is_empty(), "{thought:?}");
}
