//! What is said back follows what came of it.

use crate::{home, one};
use serde_json::json;
use sotto::home::{HomeView, Outcome};
use sotto::intent::reply::Replies;
use sotto::intent::{Command, Question, Refusal};
use std::sync::Arc;

fn replies() -> Replies {
    Replies::new("en").unwrap()
}

/// The demo home with other states.
fn with(states: &[(&str, &str)]) -> Arc<HomeView> {
    let mut view = (*home("demo.toml")).clone();
    for (id, state) in states {
        let entity = view.entities.iter_mut().find(|entity| entity.id == *id).unwrap();
        entity.state.value = Some((*state).to_string());
    }
    Arc::new(view)
}

fn done(text: &str, area: &str) -> String {
    replies().done(&home("demo.toml"), &[(one(text, area), Outcome::Done)], 0)
}

#[test]
fn what_was_done_is_said_shortly() {
    assert_eq!(done("turn on the kitchen lights", "Office"), "Kitchen lights on.");
    assert_eq!(done("turn off the desk lamp", "Office"), "Desk Lamp off.");
    assert_eq!(done("set the bedroom to 20 percent", "Office"), "Bedroom lights at 20 percent.");
    assert_eq!(done("set the desk lamp to warm white", "Office"), "Desk Lamp at 2700 kelvin.");
    assert_eq!(done("lock the front door", "Office"), "Front Door locked.");
    assert_eq!(done("set the temperature to 21.5 degrees", "Living Room"), "Thermostat set to 21.5 degrees.");
    assert_eq!(done("pause the TV", "Office"), "Paused.");
    assert_eq!(done("activate movie night", "Office"), "Movie Night it is.");
    let both = [
        (one("turn on the kitchen lights", "Office"), Outcome::Done),
        (one("set the bedroom to 20 percent", "Office"), Outcome::Done),
    ];
    assert_eq!(
        replies().done(&home("demo.toml"), &both, 0),
        "Kitchen lights on. Bedroom lights at 20 percent."
    );
}

#[test]
fn what_was_not_done_is_not_said_to_be() {
    let command = one("turn on the desk lamp", "Office");
    let say = |outcome: Outcome| replies().done(&home("demo.toml"), &[(command.clone(), outcome)], 0);
    assert_eq!(say(Outcome::Dropped), "The broker is not reachable. I could not do that.");
    assert_eq!(say(Outcome::Unconfirmed), "I have sent that to the Desk Lamp, but it has not answered.");
    assert_eq!(
        say(Outcome::Failed("the socket is gone".into())),
        "That did not work for the Desk Lamp: the socket is gone."
    );
    let twice = [(command.clone(), Outcome::Dropped), (command.clone(), Outcome::Dropped)];
    assert_eq!(
        replies().done(&home("demo.toml"), &twice, 0),
        "The broker is not reachable. I could not do that."
    );
}

#[test]
fn states_are_told_as_they_are() {
    let say = |view: &HomeView, text: &str| replies().answer_state(view, &one(text, "Office"), 0);
    let view = with(&[("light.desk_lamp", "on"), ("light.hallway", "on"), ("lock.front_door", "locked")]);
    assert_eq!(say(&view, "is the front door locked"), "Yes, the Front Door is locked.");
    let open = with(&[("lock.front_door", "unlocked"), ("binary_sensor.kitchen_window", "on")]);
    assert_eq!(say(&open, "is the front door locked"), "No, the Front Door is unlocked.");
    assert_eq!(say(&open, "are any windows open"), "Yes, the Kitchen Window is open.");
    assert_eq!(say(&view, "are any windows open"), "No, the Kitchen Window is closed.");
    assert_eq!(say(&view, "which lights are on"), "2 of 9 lights are on: Desk Lamp and Hallway Light.");
    let dark = with(&[("light.hallway", "off")]);
    assert_eq!(say(&dark, "which lights are on"), "No light is on.");
    assert_eq!(say(&view, "what is the bathroom humidity"), "The Bathroom Humidity is 54 percent.");
    assert_eq!(say(&view, "how warm is it in the bedroom"), "It's 18.2 degrees in the Bedroom.");
    let away = with(&[("sensor.bathroom_humidity", "unavailable")]);
    assert_eq!(say(&away, "what is the bathroom humidity"), "The Bathroom Humidity is not reachable.");
}

#[test]
fn refusals_name_the_trouble() {
    let view = home("demo.toml");
    let say = |refusal: Refusal| replies().refusal(&view, &refusal, 0);
    assert_eq!(
        say(Refusal::NoEntity { name: "aquarium".into(), area: None }),
        "I don't know anything called aquarium."
    );
    assert_eq!(
        say(Refusal::NoDomain { domain: "fan".into(), area: Some("Kitchen".into()) }),
        "There are no fans in the Kitchen."
    );
    assert_eq!(
        say(Refusal::FeatureNotSupported { entity: "light.counter_lights".into(), feature: "color".into() }),
        "The Counter Lights cannot change its colour."
    );
    assert_eq!(
        say(Refusal::OutOfRange {
            entity: "climate.thermostat".into(),
            slot: "temperature".into(),
            min: 7.0,
            max: 30.0
        }),
        "The Thermostat takes 7 to 30."
    );
    assert_eq!(say(Refusal::TimerNotFound), "There is no such timer.");
}

#[test]
fn questions_say_what_tells_things_apart() {
    let view = home("demo.toml");
    let options = vec!["light.bedside_lamp".to_string(), "light.desk_lamp".into(), "light.floor_lamp".into()];
    let which = Question::Which { options, commands: vec![], index: 0 };
    assert_eq!(replies().question(&view, &which, 0), "Which one: Bedside, Desk or Floor?");
    let confirm = Question::Confirm { commands: vec![one("unlock the front door", "Office")] };
    assert_eq!(replies().question(&view, &confirm, 0), "Do you want me to unlock the Front Door?");
    let meant = Question::DidYouMean {
        said: "disk lamp".into(),
        commands: vec![one("turn on the desk lamp", "Office")],
    };
    assert_eq!(replies().question(&view, &meant, 0), "Did you mean the Desk Lamp?");
    let nothing = Question::Confirm { commands: vec![Command::new("HassBroadcast")] };
    assert_eq!(replies().question(&view, &nothing, 0), "Do you really want me to do that?");
}

#[test]
fn times_are_said_as_people_say_them() {
    let say = |skill: &str, result| replies().skill(skill, &result, 0);
    assert_eq!(say("clock.time", json!({ "hour": 7, "minute": 5 })), "It's seven oh five in the morning.");
    assert_eq!(say("clock.time", json!({ "hour": 15, "minute": 0 })), "It's three o'clock in the afternoon.");
    assert_eq!(say("clock.time", json!({ "hour": 0, "minute": 30 })), "It's twelve thirty at night.");
    assert_eq!(
        say("clock.date", json!({ "year": 2026, "month": 11, "day": 24, "weekday": 1 })),
        "It's Tuesday, November twenty-fourth."
    );
    assert_eq!(
        say("timer.start", json!({ "name": null, "seconds": 5400 })),
        "Timer set for 1 hour and 30 minutes."
    );
    assert_eq!(
        say("timer.start", json!({ "name": "pizza", "seconds": 60 })),
        "Pizza timer set for 1 minute."
    );
    let two = json!({ "timers": [
        { "name": "pizza", "seconds": 600, "seconds_left": 61, "paused": false },
        { "name": null, "seconds": 900, "seconds_left": 300, "paused": true },
    ] });
    assert_eq!(
        say("timer.status", two),
        "Pizza: 1 minute and 1 second and the 15 minutes timer: 5 minutes, paused."
    );
    assert_eq!(replies().timer_due(Some("pizza"), 600, 0), "Your pizza timer is done.");
}

#[test]
fn a_seed_chooses_and_the_same_seed_chooses_the_same() {
    let texts: Vec<String> = (0..4).map(|seed| replies().not_understood(seed)).collect();
    assert_eq!((&texts[0], &texts[1]), (&texts[2], &texts[3]));
    assert_ne!(texts[0], texts[1]);
}
