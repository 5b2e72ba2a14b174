//! A person's own sentences, in hassil's format, work without a home: ordering coffee.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

fn coffee() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/coffee.yaml")
}

fn ask(text: &str) -> (Value, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_sotto"))
        .env("SOTTO_CONFIG", "/dev/null")
        .args(["ask", "--json", "--grammar-only", "--sentences"])
        .arg(coffee())
        .arg(text)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (serde_json::from_str(&text).unwrap(), output.status.code().unwrap())
}

#[test]
fn orders_have_their_slots() {
    for (text, slots) in [
        (
            "Can I get a large dark roast latte with some milk?",
            json!({"size": "large", "roast": "dark roast", "coffeeDrink": "latte", "milkAmount": "some milk"}),
        ),
        (
            "I want a double shot espresso with a little bit of brown sugar and cream.",
            json!({"numberOfShots": "double shot", "coffeeDrink": "espresso",
                "sugarAmount": "a little bit of brown sugar", "milkAmount": "cream"}),
        ),
        ("Brew 20 ounce house coffee", json!({"size": "twenty ounce", "coffeeDrink": "house coffee"})),
        ("Give me an iced coffee.", json!({"coffeeDrink": "iced coffee"})),
        (
            "may i have a coffee, single shot, medium, with lots of soy milk please",
            json!({"coffeeDrink": "coffee", "numberOfShots": "single shot", "size": "medium", "milkAmount": "lots of soy milk"}),
        ),
    ] {
        let (read, code) = ask(text);
        assert_eq!(code, 0, "{text}");
        assert_eq!(read["commands"][0]["intent"], "orderDrink", "{text}: {read}");
        assert_eq!(read["commands"][0]["slots"], slots, "{text}");
        assert_eq!(read["commands"].as_array().unwrap().len(), 1, "{text}");
    }
}

#[test]
fn what_is_no_order_is_refused() {
    for text in ["I want a pony", "the coffee was cold yesterday", "large dark roast"] {
        let (read, code) = ask(text);
        assert_eq!((code, &read["understood"]), (3, &json!(false)), "{text}: {read}");
    }
}

#[test]
fn speech_to_text_is_told_the_words_of_the_lists() {
    let text = std::fs::read_to_string(coffee()).unwrap();
    let set = sotto::intent::sentences::SentenceSet::read([("coffee.yaml".to_string(), text)]).unwrap();
    let said = set.said();
    for word in ["americano", "eight ounce", "skim milk", "double shot"] {
        assert!(said.iter().any(|s| s == word || word.ends_with(s.as_str())), "{word}: {said:?}");
    }
    // "a little bit of milk" says nothing that "milk" does not.
    assert!(said.len() < 40, "{said:?}");
}
