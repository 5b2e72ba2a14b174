//! Answers to what we asked.

use crate::{english, hear, home, in_area};
use sotto::intent::{Command, Context, Question, Understanding};

fn asked(text: &str, area: &str) -> Context {
    let understanding = hear(text, &in_area(area));
    assert!(understanding.question.is_some(), "{understanding:?}");
    Context { open_question: understanding.question, ..in_area(area) }
}

fn answer(text: &str, context: &Context) -> Understanding {
    let mut understander = english("demo.toml").lock().unwrap_or_else(|e| e.into_inner());
    understander.answer(&home("demo.toml"), text, context)
}

fn only(understanding: &Understanding) -> (&str, Vec<&str>) {
    assert_eq!(understanding.commands.len(), 1, "{understanding:?}");
    let command = &understanding.commands[0];
    (&command.intent, command.targets.iter().map(String::as_str).collect())
}

#[test]
fn one_of_several_is_chosen_by_what_tells_it_apart() {
    let context = asked("turn on the lamp", "Hallway");
    for (text, id) in [
        ("the desk one", "light.desk_lamp"),
        ("the desk lamp", "light.desk_lamp"),
        ("Floor lamp, please.", "light.floor_lamp"),
        ("the one in the bedroom", "light.bedside_lamp"),
        ("the second one", "light.desk_lamp"),
        ("the first", "light.bedside_lamp"),
        ("the last one", "light.floor_lamp"),
        ("number three", "light.floor_lamp"),
        ("um, the dusk lamp", "light.desk_lamp"),
    ] {
        assert_eq!(only(&answer(text, &context)), ("HassTurnOn", vec![id]), "{text}");
    }
    assert_eq!(only(&answer("all of them", &context)).1.len(), 3);
    assert_eq!(only(&answer("never mind", &context)).0, "HassNevermind");
    assert!(!answer("the purple elephant", &context).understood());
}

#[test]
fn a_new_command_overrides_the_question() {
    let context = asked("turn on the lamp", "Hallway");
    assert_eq!(only(&answer("turn off the printer", &context)), ("HassTurnOff", vec!["switch.printer"]));
}

#[test]
fn a_yes_does_what_was_asked_and_a_no_does_nothing() {
    let mut unlock = Command::new("HassTurnOff");
    unlock.targets = vec!["lock.front_door".into()];
    let question = Question::Confirm { commands: vec![unlock] };
    let context = Context { open_question: Some(question), ..in_area("Hallway") };
    for text in ["yes", "Yes, please.", "sure", "yeah do it", "ok go ahead"] {
        assert_eq!(only(&answer(text, &context)), ("HassTurnOff", vec!["lock.front_door"]), "{text}");
    }
    for text in ["no", "No, thanks.", "cancel", "nope, never mind", "don't"] {
        assert_eq!(only(&answer(text, &context)).0, "HassNevermind", "{text}");
    }
    assert!(!answer("perhaps tomorrow", &context).understood());
}
