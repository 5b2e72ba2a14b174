//! What people say, and what is understood of it.

mod collection;
mod lights_turn_on;
mod mandarin;
mod names_heard_wrongly;
mod nonsense_is_refused;
mod pauses;
mod people_answer_questions;
mod questions_about_state;
mod recorded_phrases;
mod replies_are_true;
mod several_commands_in_one_sentence;
mod slot_combinations;
mod timers_are_understood;

use sotto::home::HomeView;
use sotto::home::simulated::SimulatedHome;
use sotto::intent::{Command, Context, Understander, Understanding};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// The folder of recordings and texts, if this machine has it.
pub fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let path = std::env::var_os("SOTTO_DATA").map_or(beside, PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no {} (or $SOTTO_DATA)", path.display());
    None
}

/// A simulated home of the repository.
pub fn home(name: &str) -> Arc<HomeView> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes").join(name);
    SimulatedHome::load(&path).unwrap().home().view()
}

/// English, one for each home, so that a home's names are compiled once.
pub fn english(home: &str) -> &'static Mutex<Understander> {
    static DEMO: OnceLock<Mutex<Understander>> = OnceLock::new();
    static PHRASES: OnceLock<Mutex<Understander>> = OnceLock::new();
    let cell = if home == "demo.toml" { &DEMO } else { &PHRASES };
    cell.get_or_init(|| Mutex::new(Understander::new(&["en"]).unwrap()))
}

/// Where the speaker is.
pub fn in_area(area: &str) -> Context {
    Context { area: Some(area.into()), language: "en".into(), ..Context::default() }
}

/// What is understood in the demo home.
pub fn hear(text: &str, context: &Context) -> Understanding {
    let mut understander = english("demo.toml").lock().unwrap_or_else(|e| e.into_inner());
    understander.understand(&home("demo.toml"), text, context)
}

/// The only command of a text said in an area of the demo home.
pub fn one(text: &str, area: &str) -> Command {
    let understanding = hear(text, &in_area(area));
    assert_eq!(understanding.commands.len(), 1, "{text}: {understanding:?}");
    assert_eq!(
        (understanding.refusals.len(), understanding.question.as_ref()),
        (0, None),
        "{text}: {understanding:?}"
    );
    understanding.commands.into_iter().next().unwrap()
}

/// Asserts a text's intent and targets.
pub fn expect(text: &str, area: &str, intent: &str, targets: &[&str]) -> Command {
    let command = one(text, area);
    assert_eq!(command.intent, intent, "{text}: {command:?}");
    assert_eq!(command.targets, targets, "{text}: {command:?}");
    command
}
