//! Speech-to-text and people get names a little wrong: what is clearly meant is done, what may be meant is
//! asked, and between two nothing is guessed.

use crate::{hear, home, in_area};
use sotto::home::{Area, Entity, HomeView};
use sotto::intent::{By, Context, Fallback, Question, Understander, Understanding};

/// A home with lamps of these names in one room.
fn lamps(names: &[&str]) -> HomeView {
    let entities = names.iter().enumerate().map(|(at, name)| {
        let mut lamp = Entity::new(format!("light.lamp_{at}"), *name);
        lamp.area = Some("Bedroom".into());
        lamp
    });
    let areas = ["Bedroom", "Bathroom", "Kitchen"].map(|name| Area { name: name.into(), ..Area::default() });
    HomeView { version: 1, entities: entities.collect(), areas: areas.into(), ..HomeView::default() }
}

fn understand(view: &HomeView, text: &str) -> Understanding {
    let context = Context { area: Some("Kitchen".into()), language: "en".into(), ..Context::default() };
    Understander::new(&["en"]).unwrap().understand(view, text, &context)
}

fn targets(understanding: &Understanding) -> Vec<&str> {
    understanding.commands.iter().flat_map(|c| c.targets.iter().map(String::as_str)).collect()
}

#[test]
fn a_name_that_is_clearly_meant_is_taken() {
    let view = lamps(&["Bed Light", "Kitchen Ceiling", "Bookshelf", "Reading Lamp"]);
    for (text, id) in [
        ("Turn Bad Light on.", "light.lamp_0"),
        ("turn on the bet light", "light.lamp_0"),
        ("turn on the kitchen sealing", "light.lamp_1"),
        ("turn off the kitchen sealing", "light.lamp_1"),
        ("turn on the book shelf", "light.lamp_2"),
        ("turn on the redding lamp", "light.lamp_3"),
    ] {
        let understanding = understand(&view, text);
        assert_eq!(targets(&understanding), [id], "{text}: {understanding:?}");
        assert!(
            understanding.question.is_none() && understanding.confidence < 1.0,
            "{text}: {understanding:?}"
        );
    }
}

#[test]
fn a_near_miss_is_asked_about_and_done_on_a_yes() {
    let view = lamps(&["Bed Light", "Bookshelf"]);
    let mut understander = Understander::new(&["en"]).unwrap();
    let context = Context { language: "en".into(), ..Context::default() };
    for text in ["turn on the fed light", "turn on the bird light"] {
        let asked = understander.understand(&view, text, &context);
        let Some(Question::DidYouMean { said, .. }) = &asked.question else { panic!("{text}: {asked:?}") };
        assert!(text.ends_with(said.as_str()), "{said}");
        let open = Context { open_question: asked.question.clone(), ..context.clone() };
        assert_eq!(targets(&understander.answer(&view, "yes", &open)), ["light.lamp_0"], "{text}");
        assert_eq!(understander.answer(&view, "no", &open).commands[0].intent, "HassNevermind");
    }
}

#[test]
fn between_two_names_nothing_is_guessed() {
    let view = lamps(&["Bed Light", "Red Light"]);
    for text in ["turn on the led light", "turn on the ded light"] {
        let understanding = understand(&view, text);
        match &understanding.question {
            Some(Question::Which { options, .. }) => assert_eq!(options.len(), 2, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
        assert!(targets(&understanding).is_empty(), "{text}");
    }
    // What is one of the two names exactly, is that one.
    assert_eq!(targets(&understand(&view, "turn on the red light")), ["light.lamp_1"]);
}

#[test]
fn a_word_that_is_known_was_not_misheard() {
    // "Red" and "old" are words that people say here: a red light is no bed light.
    let view = lamps(&["Bed Light", "Tall Desk Lamp", "Old Mirror"]);
    for text in ["turn on the red light", "turn on the old desk lamp"] {
        let understanding = understand(&view, text);
        assert!(
            targets(&understanding).is_empty() && understanding.question.is_none(),
            "{text}: {understanding:?}"
        );
    }
}

#[test]
fn a_number_is_no_other_number() {
    let view = lamps(&["Lamp Five", "Lamp Nine", "Shelf 1"]);
    for text in ["turn on lamp four", "turn on lamp fine five", "turn on shelf 2"] {
        let understanding = understand(&view, text);
        assert!(targets(&understanding).is_empty(), "{text}: {understanding:?}");
    }
    assert_eq!(targets(&understand(&view, "turn on shelf one")), ["light.lamp_2"]);
}

#[test]
fn what_is_far_from_every_name_stays_unknown() {
    let view = lamps(&["Bed Light", "Kitchen Ceiling", "Bookshelf"]);
    for text in [
        "turn on the dishwasher",
        "turn on the garage lamp",
        "turn on the bookmark",
        "the bad light",
        "bad light",
    ] {
        let understanding = understand(&view, text);
        assert!(
            targets(&understanding).is_empty() && understanding.question.is_none(),
            "{text}: {understanding:?}"
        );
    }
}

#[test]
fn places_are_heard_wrongly_too() {
    let understanding = hear("turn on the lights in the kitchin", &in_area("Office"));
    let kitchen = home("demo.toml")
        .entities
        .iter()
        .filter(|e| e.domain() == "light" && e.area.as_deref() == Some("Kitchen"))
        .count();
    assert_eq!(targets(&understanding).len(), kitchen, "{understanding:?}");
}

#[test]
fn near_names_come_before_the_language_model_and_an_empty_plan_is_none() {
    /// Says yes to everything and plans nothing.
    struct Empty;
    impl Fallback for Empty {
        fn understand(&mut self, _: &HomeView, _: &str, _: &Context) -> Option<Understanding> {
            Some(Understanding { by: Some(By::Model), confidence: 0.9, ..Understanding::default() })
        }
    }
    let view = lamps(&["Bed Light"]);
    let mut understander = Understander::new(&["en"]).unwrap();
    understander.set_fallback(Box::new(Empty));
    let context = Context { language: "en".into(), ..Context::default() };
    let near = understander.understand(&view, "Turn Bad Light on", &context);
    assert_eq!((near.by, targets(&near)), (Some(By::Grammar), vec!["light.lamp_0"]));
    assert!(!understander.understand(&view, "the moon is made of cheese", &context).understood());
}
