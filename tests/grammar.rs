//! What people say against sentences in hassil's format: which intent, which slots.

use serde_json::{Value, json};
use sotto::intent::grammar::{Filling, Grammar, Lists, Match};
use sotto::intent::sentences::{ListEntry, SentenceSet, Values};

const ENGLISH: &str = r#"
language: en
intents:
  HassTurnOn:
    data:
      - sentences: ["<turn> on <name>", "<turn> <name> on"]
        requires_context: {domain: [light, switch]}
      - sentences: ["<turn> on (all|[all] the) light[s] [in <area>]", "light[s] on"]
        slots: {domain: light}
        response: lights
      - sentences: ["<turn> on [the] light[s] [here]"]
        slots: {domain: light}
        requires_context: {area: {slot: true}}
      - sentences: ["open <name>"]
        requires_context: {domain: cover}
        excludes_context: {device_class: garage}
        response: cover
  HassLightSet:
    data:
      - sentences: ["set <name> [brightness] to {brightness}[([ ]%)| percent]", "([set] <name>;to {brightness} percent)"]
  HassClimateSetTemperature:
    data:
      - sentences: ["set [the] temperature to {temperature}[ degrees| °]"]
  HassListAddItem:
    data:
      - sentences: ["add {item} to my {todo:name} list", "buy {item}", "say {a} then {b}"]
        lists: {todo: {values: [shopping, {in: "(to do|to-do)", out: todo}]}, a: {wildcard: true}, b: {wildcard: true}}
        metadata: {kind: list}
  HassBroadcast:
    data:
      - sentences: ["announce [that] {item:message}"]
  Steps:
    data:
      - sentences: ["volume up [by] {0..100,10:step}", "echo {word:@said}"]
        lists: {word: {values: [hello]}}
lists:
  brightness: {range: {type: percentage, from: 0, to: 100}}
  temperature: {range: {type: temperature, from: 5, to: 35, fractions: halves}}
  item: {wildcard: true}
expansion_rules:
  turn: "(turn|switch)"
  the: "(the|my)"
  name: "[<the>] {name}"
  area: "[<the>] {area}"
skip_words: [please, "can you", "for me"]
"#;

fn home() -> Lists {
    let mut lists = Lists::new();
    for (name, domain) in [
        ("Kitchen Lamp", "light"),
        ("Bedroom Lamp", "light"),
        ("Desk Fan", "switch"),
        ("EcoBee", "climate"),
        ("Standing Light", "light"),
        ("Lamp 2", "light"),
        ("TV", "switch"),
    ] {
        lists.push("name", ListEntry::new(name, name).with_context("domain", domain));
    }
    for (name, class) in [("Garage Door", "garage"), ("Left Curtain", "curtain")] {
        let entry =
            ListEntry::new(name, name).with_context("domain", "cover").with_context("device_class", class);
        lists.push("name", entry.with_metadata("id", format!("cover.{class}")));
    }
    for area in ["Kitchen", "Living Room", "Kid's Room"] {
        lists.push("area", ListEntry::new(area, area));
    }
    lists
}

fn english() -> Grammar {
    Grammar::compile(&SentenceSet::read([("english.yaml", ENGLISH)]).unwrap(), &home()).unwrap()
}

fn values(value: Value) -> Values {
    value.as_object().cloned().unwrap()
}

fn slots(found: &Match) -> Value {
    found.slots.iter().map(|(name, slot)| (name.clone(), slot.value.clone())).collect::<Values>().into()
}

#[track_caller]
fn best(grammar: &Grammar, text: &str, intent: &str, expected: Value) {
    let matches = grammar.matches(text, &Values::new());
    let found = matches.first().unwrap_or_else(|| panic!("nothing matches {text:?}"));
    assert_eq!((found.intent.as_str(), slots(found)), (intent, expected), "{text}");
    assert_eq!(found.score, 1.0, "{text}");
}

#[track_caller]
fn nothing(grammar: &Grammar, text: &str) {
    let matches = grammar.exact_matches(text, &Values::new());
    assert!(matches.is_empty(), "{text}: {matches:#?}");
}

#[test]
fn sentences_are_recognised_with_their_slots() {
    let grammar = english();
    let lamp = json!({"name": "Kitchen Lamp"});
    for text in [
        "turn on the kitchen lamp",
        "Turn on my Kitchen Lamp.",
        "switch the kitchen-lamp on!",
        "please turn on the kitchen lamp",
        "can you turn on the kitchen lamp for me please",
        "TURN  ON   KITCHEN LAMP",
    ] {
        best(&grammar, text, "HassTurnOn", lamp.clone());
    }
    best(&grammar, "turn on the lights", "HassTurnOn", json!({"domain": "light"}));
    best(&grammar, "light on", "HassTurnOn", json!({"domain": "light"}));
    best(
        &grammar,
        "turn on all light in the living room",
        "HassTurnOn",
        json!({"domain": "light", "area": "Living Room"}),
    );
    best(
        &grammar,
        "turn on all lights in the kid's room",
        "HassTurnOn",
        json!({"domain": "light", "area": "Kid's Room"}),
    );
    for text in [
        "turn on the",
        "turn on",
        "kitchen lamp",
        "turn on the lampshade",
        "turn on the kitchen",
        "",
        "…",
        "turn onthe kitchen lamp",
    ] {
        nothing(&grammar, text);
    }
}

#[test]
fn numbers_are_taken_in_digits_and_in_words() {
    let grammar = english();
    for (text, value) in [
        ("set the kitchen lamp to 50%", 50),
        ("set the kitchen lamp to 50 %", 50),
        ("set the kitchen lamp to fifty percent", 50),
        ("set kitchen lamp brightness to twenty-one percent", 21),
        ("set the kitchen lamp to a hundred percent", 100),
        ("set the kitchen lamp to one hundred", 100),
        ("set kitchen lamp to half", 50),
        ("set the kitchen lamp to zero percent", 0),
        ("to five percent set the kitchen lamp", 5),
    ] {
        best(&grammar, text, "HassLightSet", json!({"name": "Kitchen Lamp", "brightness": value}));
    }
    nothing(&grammar, "set the kitchen lamp to 101%");
    nothing(&grammar, "set the kitchen lamp to 50.5%");
    nothing(&grammar, "set the kitchen lamp to minus five percent");
    for (text, value) in [
        ("set temperature to 20 degrees", json!(20)),
        ("set the temperature to 19.5", json!(19.5)),
        ("set the temperature to 19,5°", json!(19.5)),
        ("set the temperature to nineteen point five degrees", json!(19.5)),
        ("set the temperature to nineteen and a half degrees", json!(19.5)),
    ] {
        best(&grammar, text, "HassClimateSetTemperature", json!({"temperature": value}));
    }
    nothing(&grammar, "set the temperature to 19.3 degrees");
    best(&grammar, "volume up by thirty", "Steps", json!({"step": 30}));
    nothing(&grammar, "volume up 35");
}

#[test]
fn names_with_numbers_are_known_either_way() {
    let grammar = english();
    best(&grammar, "turn on lamp two", "HassTurnOn", json!({"name": "Lamp 2"}));
    best(&grammar, "turn on Lamp 2", "HassTurnOn", json!({"name": "Lamp 2"}));
}

#[test]
fn conditions_on_the_context_hold() {
    let grammar = english();
    best(&grammar, "open the left curtain", "HassTurnOn", json!({"name": "Left Curtain"}));
    nothing(&grammar, "open the garage door");
    nothing(&grammar, "turn on the ecobee");
    let here = values(json!({"area": {"value": "Kitchen", "text": "kitchen"}}));
    let matches = grammar.matches("turn on the light", &here);
    let found = matches.iter().find(|found| found.slots.contains_key("area")).unwrap();
    assert_eq!(slots(found), json!({"area": "Kitchen", "domain": "light"}));
    assert_eq!(found.slots["area"].filling, Filling::Context);
    assert_eq!(found.slots["area"].text, "kitchen");
    assert!(
        !grammar
            .matches("turn on the light", &Values::new())
            .iter()
            .any(|found| found.slots.contains_key("area"))
    );
}

#[test]
fn entries_hand_on_context_and_metadata() {
    let grammar = english();
    let found = &grammar.matches("open the left curtain", &values(json!({"who": "Ann"})))[0];
    assert_eq!(found.context, values(json!({"who": "Ann", "domain": "cover", "device_class": "curtain"})));
    assert_eq!(found.slots["name"].metadata, values(json!({"id": "cover.curtain"})));
    assert_eq!(found.slots["name"].text, "left curtain");
    assert_eq!(found.response.as_deref(), Some("cover"));
    let found = &grammar.matches("echo hello", &Values::new())[0];
    assert_eq!((slots(found), found.captures["said"].as_str()), (json!({}), "hello"));
}

#[test]
fn wildcards_take_words_but_never_none() {
    let grammar = english();
    best(
        &grammar,
        "add Fresh Milk to my shopping list",
        "HassListAddItem",
        json!({"item": "Fresh Milk", "name": "shopping"}),
    );
    best(&grammar, "add milk to my to-do list", "HassListAddItem", json!({"item": "milk", "name": "todo"}));
    best(&grammar, "announce that dinner is ready", "HassBroadcast", json!({"message": "dinner is ready"}));
    best(&grammar, "buy milk please", "HassListAddItem", json!({"item": "milk"}));
    nothing(&grammar, "add to my shopping list");
    nothing(&grammar, "buy");
    let matches = grammar.matches("say one then two then three", &Values::new());
    let found: Vec<Value> = matches.iter().map(slots).collect();
    assert!(found.contains(&json!({"a": "one", "b": "two then three"})), "{found:?}");
    assert!(found.contains(&json!({"a": "one then two", "b": "three"})), "{found:?}");
    assert_eq!(matches[0].metadata, values(json!({"kind": "list"})));
}

#[test]
fn mandarin_is_cut_by_characters() {
    let sentences = r#"
language: zh-CN
intents:
  HassTurnOn:
    data:
      - sentences: ["[请](打开|开)[所有]{area}[里]的[所有]灯"]
        slots: {domain: light}
      - sentences: ["打开{name}"]
  HassLightSet:
    data:
      - sentences: ["把{name}[的亮度](调到|设为){brightness}[%]"]
  HassClimateSetTemperature:
    data:
      - sentences: ["[把]{area}[的]温度调到{temperature}度"]
lists:
  brightness: {range: {type: percentage, from: 0, to: 100}}
  temperature: {range: {from: 5, to: 35, fractions: halves}}
"#;
    let mut lists = Lists::new();
    for area in ["客厅", "卧室"] {
        lists.push("area", ListEntry::new(area, area));
    }
    for name in ["台灯", "TV", "2号灯"] {
        lists.push("name", ListEntry::new(name, name));
    }
    let grammar = Grammar::compile(&SentenceSet::read([("zh.yaml", sentences)]).unwrap(), &lists).unwrap();
    best(&grammar, "打开客厅的灯", "HassTurnOn", json!({"area": "客厅", "domain": "light"}));
    best(&grammar, "请打开 客厅 里的所有灯。", "HassTurnOn", json!({"area": "客厅", "domain": "light"}));
    best(&grammar, "打开tv", "HassTurnOn", json!({"name": "TV"}));
    best(&grammar, "打开二号灯", "HassTurnOn", json!({"name": "2号灯"}));
    for (text, value) in [("二十", 20), ("百分之五十", 50), ("50%", 50), ("一半", 50), ("一百", 100)]
    {
        let text = format!("把台灯的亮度调到{text}");
        best(&grammar, &text, "HassLightSet", json!({"name": "台灯", "brightness": value}));
    }
    best(
        &grammar,
        "把卧室温度调到二十度",
        "HassClimateSetTemperature",
        json!({"area": "卧室", "temperature": 20}),
    );
    best(
        &grammar,
        "卧室的温度调到二十点五度",
        "HassClimateSetTemperature",
        json!({"area": "卧室", "temperature": 20.5}),
    );
}

#[test]
fn letters_may_be_glued_to_lists() {
    let sentences = r#"
language: fi
intents:
  HassTurnOn:
    data:
      - sentences: ["sytytä {area}n valo[t]", "avaa esi{area}"]
"#;
    let mut lists = Lists::new();
    lists.push("area", ListEntry::new("Keittiö", "kitchen"));
    let grammar = Grammar::compile(&SentenceSet::read([("fi.yaml", sentences)]).unwrap(), &lists).unwrap();
    best(&grammar, "Sytytä keittiön valot", "HassTurnOn", json!({"area": "kitchen"}));
    best(&grammar, "avaa esikeittiö", "HassTurnOn", json!({"area": "kitchen"}));
    nothing(&grammar, "sytytä keittiö n valot");
    nothing(&grammar, "sytytä keittiö valot");
}

#[test]
fn the_next_words_are_known() {
    let grammar = english();
    let next = grammar.next_words("turn").unwrap();
    assert!(next.words.contains("on") && next.words.contains("kitchen") && !next.complete);
    let next = grammar.next_words("turn on the kitchen").unwrap();
    assert_eq!(next.words.into_iter().collect::<Vec<_>>(), ["lamp"]);
    let next = grammar.next_words("set the kitchen lamp to").unwrap();
    assert!(next.number && !next.anything);
    assert!(grammar.next_words("buy").unwrap().anything);
    assert!(grammar.next_words("turn on the lights").unwrap().complete);
    assert!(grammar.next_words("sing").is_none());
}

#[test]
fn other_names_go_into_the_same_sentences() {
    let grammar = english();
    let mut lists = Lists::new();
    lists.push("name", ListEntry::new("(big|large) lamp[s]", "Big").with_context("domain", "light"));
    let other = grammar.with_lists(&lists).unwrap();
    best(&other, "turn on the large lamps", "HassTurnOn", json!({"name": "Big"}));
    nothing(&other, "turn on the kitchen lamp");
}

#[test]
fn unknown_names_are_named() {
    let grammar = english();
    let matches = grammar.unknown_names("turn on all the lights in the ball room", &Values::new());
    let found = matches.iter().find(|found| found.slots.contains_key("area")).unwrap();
    let (slot, value) = found.doubtful().next().unwrap();
    assert_eq!((slot, value.text.as_str(), value.filling), ("area", "ball room", Filling::Unknown));
}
