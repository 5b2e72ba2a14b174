//! Sentences in hassil's format are read as the `hassil` Python package reads them: on random templates
//! and texts, both say the same. Skipped, with a message, where that package is not.

mod random;

use random::{Case, Random};
use serde_json::{Value, json};
use sotto::intent::grammar::{Grammar, Lists, Match};
use sotto::intent::sentences::SentenceSet;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

const SCRIPT: &str = include_str!("recognize.py");
/// Sets of sentences, and texts for each.
const SETS: usize = 400;
const TEXTS: usize = 12;

/// The Python that has hassil: `$SOTTO_PYTHON`, else `python3`.
fn python() -> Option<String> {
    let python = std::env::var("SOTTO_PYTHON").unwrap_or_else(|_| "python3".into());
    let has = Command::new(&python)
        .args(["-c", "import hassil.recognize"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has {
        eprintln!("skipped: {python} has no package `hassil` (pip install hassil; or set $SOTTO_PYTHON)");
    }
    has.then_some(python)
}

fn ask_hassil(python: &str, cases: &[Value]) -> Vec<Value> {
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
    let writer = std::thread::spawn(move || lines.iter().try_for_each(|line| writeln!(input, "{line}")));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "hassil failed");
    let answers = String::from_utf8(output.stdout).unwrap();
    answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn case_json(case: &Case) -> Value {
    json!({"sentences": case.sentences, "texts": case.texts, "context": case.context})
}

/// An intent and its slots as one text, numbers by their size.
fn plain(intent: &str, slots: impl Iterator<Item = (String, Value)>) -> String {
    let slots: BTreeMap<String, Value> = slots
        .map(|(name, value)| match value.as_f64() {
            Some(number) => (name, json!(number)),
            None => (name, value),
        })
        .collect();
    format!("{intent} {}", json!(slots))
}

fn of_match(found: &Match) -> String {
    plain(&found.intent, found.slots.iter().map(|(name, slot)| (name.clone(), slot.value.clone())))
}

fn of_hassil(found: &Value) -> String {
    let slots = found[1].as_object().cloned().unwrap_or_default();
    plain(found[0].as_str().unwrap_or_default(), slots.into_iter())
}

fn compile(case: &Case) -> Grammar {
    let set = SentenceSet::read([("random.yaml", case.sentences.to_string())]).unwrap();
    Grammar::compile(&set, &Lists::new()).unwrap()
}

#[test]
fn random_sentences_are_read_as_hassil_reads_them() {
    let Some(python) = python() else { return };
    let mut random = Random::new(20_261_125);
    let cases: Vec<Case> = (0..SETS).map(|_| random.case(TEXTS)).collect();
    let answers = ask_hassil(&python, &cases.iter().map(case_json).collect::<Vec<_>>());
    let (mut texts, mut matched, mut wrong) = (0, 0, Vec::new());
    for (case, answer) in cases.iter().zip(&answers) {
        let grammar = compile(case);
        for (text, theirs) in case.texts.iter().zip(answer["answers"].as_array().unwrap()) {
            let ours: BTreeSet<String> =
                grammar.exact_matches(text, &case.context).iter().map(of_match).collect();
            let theirs: BTreeSet<String> = theirs.as_array().unwrap().iter().map(of_hassil).collect();
            texts += 1;
            matched += usize::from(!theirs.is_empty());
            // With wildcards we give every way to cut the text, hassil gives some.
            let agree = if case.wildcard {
                theirs.is_subset(&ours) && ours.is_empty() == theirs.is_empty()
            } else {
                theirs == ours
            };
            if !agree {
                wrong.push(format!(
                    "{}\n  \"{text}\" {}\n  hassil {theirs:?}\n  ours   {ours:?}",
                    case.sentences["intents"],
                    Value::Object(case.context.clone())
                ));
            }
        }
    }
    println!("{texts} texts, {matched} of them sentences for hassil, {} read otherwise", wrong.len());
    assert!(matched * 4 > texts, "only {matched} of {texts} texts say anything");
    assert!(
        wrong.is_empty(),
        "{} of {texts}:\n{}",
        wrong.len(),
        wrong.iter().take(12).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// How many times quicker we are at least on any machine; what it is here is printed.
const LEAST_RATIO: f64 = 200.0;

/// How long each takes for the same sentences, names and texts.
#[test]
fn matching_is_hundreds_of_times_quicker_than_hassil() {
    let Some(python) = python() else { return };
    for names in [500, 5_000] {
        let case = random::home_case(names);
        let hassil_texts: Vec<String> =
            case.texts.iter().take(if names > 1_000 { 4 } else { 12 }).cloned().collect();
        let shown = json!({"sentences": case.sentences, "texts": hassil_texts, "context": {}, "best": true});
        let answer = ask_hassil(&python, &[shown]).remove(0);
        let theirs = answer["micros"].as_f64().unwrap() / hassil_texts.len() as f64;
        let began = std::time::Instant::now();
        let grammar = compile(&case);
        let compiled = began.elapsed().as_secs_f64() * 1e3;
        let all: usize = case.texts.iter().map(|text| grammar.exact_matches(text, &case.context).len()).sum();
        assert!(all >= case.texts.len(), "{all} matches of {} texts", case.texts.len());
        for (text, theirs) in hassil_texts.iter().zip(answer["answers"].as_array().unwrap()) {
            let ours = grammar.exact_matches(text, &case.context).first().map(of_match);
            assert_eq!(ours, theirs.get(0).map(of_hassil), "{text}");
        }
        const ROUNDS: usize = 50;
        let began = std::time::Instant::now();
        for _ in 0..ROUNDS {
            for text in &case.texts {
                std::hint::black_box(grammar.exact_matches(text, &case.context));
            }
        }
        let ours = began.elapsed().as_secs_f64() * 1e6 / (ROUNDS * case.texts.len()) as f64;
        println!(
            "{names} names: compiled in {compiled:.0} ms (hassil {:.0} ms), a text in {ours:.1} µs (hassil {theirs:.0} µs), {:.0} times",
            answer["compile"].as_f64().unwrap() / 1e3,
            theirs / ours
        );
        assert!(theirs / ours > LEAST_RATIO, "only {:.0} times quicker", theirs / ours);
    }
}
