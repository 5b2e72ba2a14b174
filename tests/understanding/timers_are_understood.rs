//! Timers in all their forms, and commands that wait.

use crate::{expect, hear, in_area};
use proptest::prelude::*;
use serde_json::{Value, json};
use sotto::intent::Command;

fn timer(text: &str, intent: &str) -> Command {
    expect(text, "Kitchen", intent, &[])
}

fn number(command: &Command, slot: &str) -> u64 {
    command.slots.get(slot).and_then(Value::as_u64).unwrap_or(0)
}

fn seconds(command: &Command) -> u64 {
    number(command, "hours") * 3600 + number(command, "minutes") * 60 + number(command, "seconds")
}

#[test]
fn durations_are_said_in_many_ways() {
    for (text, expected) in [
        ("set a timer for 5 minutes", 300),
        ("set a five minute timer", 300),
        ("start a timer for an hour and a half", 5400),
        ("timer for one and a half hours", 5400),
        ("set a timer for 1 hour, 5 minutes and 30 seconds", 3930),
        ("set a timer for half an hour", 1800),
        ("set a timer for a quarter of an hour", 900),
        ("set a timer for three quarters of an hour", 2700),
        ("set a timer for a minute and a half", 90),
        ("set a timer for two and a half minutes", 150),
        ("set a timer for a couple of minutes", 120),
        ("ten minute timer please", 600),
        ("set a timer for 90 seconds", 90),
        ("set a timer for twenty-five minutes", 1500),
    ] {
        assert_eq!(seconds(&timer(text, "HassStartTimer")), expected, "{text}");
    }
}

#[test]
fn timers_have_names() {
    for text in [
        "set a ten minute pizza timer",
        "set a timer for ten minutes called pizza",
        "set a pizza timer for 10 minutes",
    ] {
        let command = timer(text, "HassStartTimer");
        assert_eq!((&command.slots["name"], seconds(&command)), (&json!("pizza"), 600), "{text}");
    }
    assert_eq!(timer("cancel the pizza timer", "HassCancelTimer").slots["name"], json!("pizza"));
}

#[test]
fn timers_are_changed_and_asked_for() {
    timer("cancel all timers", "HassCancelAllTimers");
    timer("stop the timer", "HassCancelTimer");
    assert_eq!(number(&timer("cancel the 5 minute timer", "HassCancelTimer"), "start_minutes"), 5);
    timer("pause the timer", "HassPauseTimer");
    timer("resume my timer", "HassUnpauseTimer");
    assert_eq!(seconds(&timer("add two minutes to the timer", "HassIncreaseTimer")), 120);
    assert_eq!(seconds(&timer("take 30 seconds off the timer", "HassDecreaseTimer")), 30);
    timer("how much time is left", "HassTimerStatus");
    timer("how long is left on the pizza timer", "HassTimerStatus");
}

#[test]
fn a_command_may_wait() {
    let command = timer("turn off the kitchen lights in ten minutes", "HassStartTimer");
    assert_eq!(command.slots["conversation_command"], json!("turn off the kitchen lights"));
    assert_eq!(seconds(&command), 600);
    let command = timer("in half an hour close the blinds and turn off the TV", "HassStartTimer");
    assert_eq!(command.slots["conversation_command"], json!("close the blinds and turn off the TV"));
    assert!(!hear("wibble the frobnicator in ten minutes", &in_area("Kitchen")).understood());
}

proptest! {
    #[test]
    fn any_duration_is_heard_as_it_is(hours in 0u64..24, minutes in 0u64..60, seconds_ in 0u64..60) {
        prop_assume!(hours + minutes + seconds_ > 0);
        let parts: Vec<String> = [(hours, "hour"), (minutes, "minute"), (seconds_, "second")]
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, unit)| format!("{n} {unit}{}", if *n == 1 { "" } else { "s" }))
            .collect();
        for joint in [" ", " and "] {
            let understanding = hear(&format!("set a timer for {}", parts.join(joint)), &in_area("Kitchen"));
            prop_assert_eq!(understanding.commands.len(), 1);
            prop_assert_eq!(seconds(&understanding.commands[0]), hours * 3600 + minutes * 60 + seconds_);
        }
    }
}
