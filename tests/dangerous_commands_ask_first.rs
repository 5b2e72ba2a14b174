//! What is dangerous is asked about before it is done, whoever understood it, and only a yes is a yes.

use sotto::assistant::brain::{Brain, Manner};
use sotto::assistant::{SharedHome, SimulatedHands};
use sotto::home::HomeView;
use sotto::home::simulated::SimulatedHome;
use sotto::intent::reply::Replies;
use sotto::intent::{By, Command, Context, Fallback, Understander, Understanding};
use std::path::Path;
use std::sync::Arc;

/// Takes every text for "unlock the front door".
struct Reckless;

impl Fallback for Reckless {
    fn understand(&mut self, _: &HomeView, _: &str, _: &Context) -> Option<Understanding> {
        let mut unlock = Command::new("HassTurnOff");
        unlock.slots.insert("name".into(), "Front Door".into());
        unlock.targets.push("lock.front_door".into());
        Some(Understanding {
            commands: vec![unlock],
            by: Some(By::Model),
            confidence: 1.0,
            ..Understanding::default()
        })
    }
}

fn brain() -> (Brain, SimulatedHands, SharedHome) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes/demo.toml");
    let (hands, home) = SimulatedHands::new(SimulatedHome::load(&file).unwrap());
    let mut understander = Understander::new(&["en"]).unwrap();
    understander.set_fallback(Box::new(Reckless));
    let replies = Arc::new(Replies::new("en").unwrap());
    let manner = Manner { language: "en".into(), area: None, min_confidence: 0.0 };
    (Brain::new(None, understander, replies, home.clone(), manner), hands, home)
}

fn front_door(home: &SharedHome) -> String {
    home.view().entity("lock.front_door").unwrap().state.value.clone().unwrap()
}

#[test]
fn the_door_is_unlocked_after_a_yes_and_not_before() {
    let (mut brain, mut hands, home) = brain();
    let asked = brain.think("unlock the front door");
    assert!(asked.question && asked.steps.is_empty(), "{asked:?}");
    assert_eq!(front_door(&home), "locked");
    let agreed = brain.think("yes");
    assert_eq!(agreed.steps.len(), 1, "{agreed:?}");
    brain.act(&agreed, &mut hands, &mut |_| {});
    assert_eq!(front_door(&home), "unlocked");
}

#[test]
fn the_same_command_again_is_no_yes() {
    let (mut brain, _, _) = brain();
    brain.think("unlock the front door");
    for _ in 0..3 {
        let again = brain.think("unlock the front door");
        assert!(again.question && again.steps.is_empty(), "{again:?}");
    }
}

#[test]
fn no_is_no_and_the_question_is_closed() {
    let (mut brain, _, _) = brain();
    brain.think("unlock the front door");
    assert!(brain.think("no").steps.is_empty());
    assert!(brain.think("yes").steps.is_empty());
}

#[test]
fn what_the_language_model_wants_is_asked_about_too() {
    let (mut brain, _, _) = brain();
    let asked = brain.think("I have lost my key somewhere");
    assert_eq!(asked.understanding.by, Some(By::Model));
    assert!(asked.question && asked.steps.is_empty(), "{asked:?}");
}

#[test]
fn devices_and_skills_in_one_plan_have_an_outcome_each() {
    let (mut brain, mut hands, home) = brain();
    let thought =
        brain.think("turn on the desk lamp and set a timer for five minutes and close the bedroom curtains");
    assert_eq!(thought.steps.len(), 3, "{thought:?}");
    let settled = brain.act(&thought, &mut hands, &mut |_| {});
    assert_eq!(home.view().entity("light.desk_lamp").unwrap().state.value.as_deref(), Some("on"));
    assert!(settled.reply.contains("5 minutes"), "{}", settled.reply);
}
