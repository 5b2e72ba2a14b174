//! A person pauses: a whole command need not wait, half a one must.

use crate::{english, home, in_area};
use sotto::intent::Standing;

fn standing(text: &str) -> Standing {
    let mut understander = english("demo.toml").lock().unwrap_or_else(|e| e.into_inner());
    understander.standing(&home("demo.toml"), text, &in_area("Living Room"))
}

#[test]
fn half_a_sentence_is_waited_for() {
    for text in [
        "Set the",
        "Computer, set the bedroom ceiling",
        "turn on the",
        "Jarvis, set the desk lamp to.",
        "set a timer for",
        "turn on the kitchen ceiling and",
        "Make the",
        "What is",
    ] {
        assert_eq!(standing(text), Standing::Unfinished, "{text}");
    }
}

#[test]
fn a_whole_command_is_done_at_once() {
    for text in [
        "Computer, set the desk lamp to 50%.",
        "Set a timer for five minutes.",
        "Jarvis, turn off all the lights in the bedroom.",
        "Is the kitchen window open?",
        "what time is it",
        "Turn on the ceiling fan and unlock the front door.",
    ] {
        assert_eq!(standing(text), Standing::Complete, "{text}");
    }
}

#[test]
fn a_command_that_may_go_on_takes_the_usual_time() {
    for text in [
        "Close the bedroom curtains.",
        "Open the living room blinds",
        "Turn off the lights.",
        "turn everything off",
    ] {
        assert_eq!(standing(text), Standing::Open, "{text}");
    }
}

#[test]
fn what_the_grammar_does_not_know_takes_the_usual_time() {
    for text in ["it's too dark in the kitchen", "the weather was fine yesterday", "turn on the moon lamp"] {
        assert_eq!(standing(text), Standing::Unknown, "{text}");
    }
}
