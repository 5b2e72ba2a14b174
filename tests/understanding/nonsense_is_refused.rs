//! What is no request to the home is not taken for one.

use crate::{data, hear, in_area};
use proptest::prelude::*;
use sotto::intent::Understanding;

/// The greatest shares of sentences from books that may be acted on, and be taken for a request at all.
const MOST_ACTED: f64 = 0.001;
const MOST_UNDERSTOOD: f64 = 0.01;

fn would_act(understanding: &Understanding) -> bool {
    understanding.understood() && understanding.refusals.is_empty() && understanding.question.is_none()
}

#[test]
fn nonsense_is_not_understood() {
    for text in [
        "",
        "   ",
        "?!",
        "wibble wobble",
        "thank you",
        "Thank you.",
        "you",
        "the the the",
        "and and and",
        "colourless green ideas sleep furiously",
        "i told him that the light was beautiful that evening",
        "it's too dark in the kitchen",
        "my grandmother lives in the kitchen",
        "on",
        "off",
        "the kitchen",
        "to be or not to be",
    ] {
        let understanding = hear(text, &in_area("Kitchen"));
        assert!(!understanding.understood(), "{text}: {understanding:?}");
    }
}

#[test]
fn books_are_not_taken_for_requests() {
    let Some(data) = data() else { return };
    let (mut all, mut understood, mut acted) = (0, 0, 0);
    for folder in ["libri_a", "libri_b", "libri_c", "arctic", "lj", "learners"] {
        let Ok(table) = std::fs::read_to_string(data.join("human").join(folder).join("transcripts.tsv"))
        else {
            continue;
        };
        for text in table.lines().skip(1).filter_map(|line| line.split('\t').nth(2)) {
            let understanding = hear(&text.to_lowercase(), &in_area("Living Room"));
            all += 1;
            understood += usize::from(understanding.understood());
            acted += usize::from(would_act(&understanding));
            if understanding.understood() {
                println!("{folder}: \"{text}\": {:?}", understanding.commands);
            }
        }
    }
    let share = |count: usize| count as f64 / f64::from(all);
    println!(
        "{understood} of {all} sentences taken for a request, {acted} would have acted ({:.2} %)",
        share(acted) * 100.0
    );
    assert!(
        all > 0 && share(acted) <= MOST_ACTED && share(understood) <= MOST_UNDERSTOOD,
        "{acted}, {understood}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_survived(text in "\\PC{0,80}") {
        let understanding = hear(&text, &in_area("Kitchen"));
        prop_assert!(understanding.confidence >= 0.0 && understanding.confidence <= 1.0);
    }

    #[test]
    fn words_at_random_do_nothing(words in proptest::collection::vec("[a-z]{2,9}", 1..12)) {
        let text = words.join(" ");
        prop_assert!(!would_act(&hear(&text, &in_area("Kitchen"))), "{}", text);
    }

    #[test]
    fn targets_exist(words in proptest::collection::vec(
        prop::sample::select(vec![
            "turn", "on", "off", "the", "kitchen", "lights", "and", "set", "to", "20", "percent", "bedroom",
            "lamp", "open", "close", "blinds", "in", "all", "except", "is", "timer", "for", "5", "minutes", ",", "it",
        ]),
        1..14,
    )) {
        let home = crate::home("demo.toml");
        for command in hear(&words.join(" "), &in_area("Kitchen")).commands {
            prop_assert!(command.targets.iter().all(|id| home.entity(id).is_some()));
        }
    }
}
