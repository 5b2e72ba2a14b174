//! Fragments: a text that is only a part of a sentence, and the sentence before it.

use super::undo::undoing;
use crate::assistant::brain::Brain;
use crate::home::HomeView;
use crate::intent::grammar::tokenize;
use crate::intent::languages::Talk as Words;
use crate::intent::{By, Command, Understanding};
use serde_json::json;

/// The longest fragment, in words.
const MAX_FRAGMENT: usize = 8;
/// The longest sentence that a fragment is put into, in words.
const MAX_SENTENCE: usize = 24;
/// How much a small step is, and a plain one, in percent.
const STEPS: (i64, i64) = (10, 20);

/// How a fragment is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Instead of what was said before.
    Instead,
    /// As well.
    Also,
}

impl Brain {
    /// A correction of what was just done: "no, the bedroom". What was wrong is taken back.
    pub(in crate::assistant) fn correction(
        &mut self,
        view: &HomeView,
        text: &str,
    ) -> Option<(Understanding, String)> {
        let words = self.talk_words()?;
        let rest = after(text, &words.instead)?;
        let (understanding, whole) = self.fragment(view, &rest, &words, Manner::Instead)?;
        Some((understanding, whole))
    }

    /// One more of the same: "and the kitchen too", "what about the bedroom".
    pub(in crate::assistant) fn addition(
        &mut self,
        view: &HomeView,
        text: &str,
    ) -> Option<(Understanding, String)> {
        let words = self.talk_words()?;
        let rest = match (after(text, &words.also), before(text, &words.too)) {
            (Some(rest), _) => rest,
            (None, Some(rest)) => rest,
            (None, None) => return None,
        };
        self.fragment(view, &rest, &words, Manner::Also)
    }

    /// More or less of what was changed last, or the same again.
    pub(in crate::assistant) fn step_on(&mut self, text: &str) -> Option<Understanding> {
        let words = self.talk_words()?;
        let said = plain(text);
        let is = |list: &[String], text: &str| list.iter().any(|phrase| plain(phrase) == text);
        if is(&words.again, &said) {
            let commands: Vec<Command> = self.talk.commands.clone();
            return (!commands.is_empty()).then(|| of(commands));
        }
        let small = said != plain_without(&said, &words.slightly);
        let bare = plain_without(&said, &words.slightly);
        let direction = match () {
            () if is(&words.more, &said) || is(&words.more, &bare) => 1,
            () if is(&words.less, &said) || is(&words.less, &bare) => -1,
            () => return None,
        };
        let (word_up, word_down) = (is(&words.more[..1], &bare), is(&words.less[..1], &bare));
        let last = self.talk.recent.last()?.clone();
        let command = stepped(&last, direction, small, word_up || word_down)?;
        Some(of(vec![command]))
    }

    /// Puts a fragment into the last sentence, in place of as few of its words as can be.
    fn fragment(
        &mut self,
        view: &HomeView,
        rest: &str,
        words: &Words,
        manner: Manner,
    ) -> Option<(Understanding, String)> {
        let last_text = self.talk.text.clone()?;
        let last = self.talk.commands.clone();
        let rest = rest.trim().trim_matches(|c: char| !c.is_alphanumeric() && c != '%' && c != '°');
        let rest = before(rest, &words.too).unwrap_or_else(|| rest.to_string());
        let count = tokenize(&rest).len();
        if count == 0 || count > MAX_FRAGMENT || last.is_empty() {
            return None;
        }
        // "No, turn on the lamp" is a sentence by itself.
        if let Some(whole) = self.understander.understand_exactly(view, &rest, &self.context) {
            return match manner {
                Manner::Instead => Some((self.instead_of_last(whole), rest)),
                Manner::Also => None,
            };
        }
        let mut fragments = vec![rest.clone()];
        let mut bare = rest.clone();
        while let Some(shorter) = after(&bare, &words.joints) {
            fragments.push(shorter.clone());
            bare = shorter;
        }
        let tokens = tokenize(&last_text);
        if tokens.len() > MAX_SENTENCE {
            return None;
        }
        let said_where = last.iter().any(|command| {
            let said = |slot: &str| {
                command.text_slot(slot).is_some_and(|v| last_text.to_lowercase().contains(&v.to_lowercase()))
            };
            said("area") || said("floor") || command.slots.contains_key("name")
        });
        // Nothing is put in beside what a wildcard would take for its own.
        let least = usize::from(said_where || last.iter().all(|command| command.targets.is_empty()));
        for length in least..tokens.len() {
            for from in (0..=tokens.len() - length).rev() {
                for fragment in &fragments {
                    let head = tokens
                        .get(from)
                        .map_or(last_text.as_str(), |t| last_text.get(..t.start).unwrap_or(""));
                    let tail = match (from + length).checked_sub(1).and_then(|at| tokens.get(at)) {
                        _ if length == 0 => {
                            tokens.get(from).and_then(|t| last_text.get(t.start..)).unwrap_or("")
                        }
                        Some(token) => last_text.get(token.end..).unwrap_or(""),
                        None => "",
                    };
                    let text = format!("{} {fragment} {}", head.trim(), tail.trim());
                    let text = text.trim();
                    let Some(read) = self.understander.understand_exactly(view, text, &self.context) else {
                        continue;
                    };
                    if is_like(&last, &read) {
                        let text = text.to_string();
                        return Some(match manner {
                            Manner::Instead => (self.instead_of_last(read), text),
                            Manner::Also => (read, text),
                        });
                    }
                }
            }
        }
        None
    }

    /// Takes the last deed back before something else is done, as far as that does not do it anyway.
    fn instead_of_last(&self, mut read: Understanding) -> Understanding {
        let Some(deed) = self.talk.deeds.last().filter(|deed| deed.commands == self.talk.commands) else {
            return read;
        };
        let covered = |command: &Command| {
            !command.targets.is_empty()
                && command.targets.iter().all(|id| read.commands.iter().any(|new| new.targets.contains(id)))
        };
        let mut commands: Vec<Command> =
            undoing(deed).into_iter().filter(|command| !covered(command)).collect();
        commands.append(&mut read.commands);
        read.commands = commands;
        read
    }

    pub(in crate::assistant) fn talk_words(&self) -> Option<Words> {
        self.understander.talk_words(&self.context.language)
    }
}

/// Whether a reading is the same kind of thing as before, about something else, and complete.
fn is_like(last: &[Command], read: &Understanding) -> bool {
    let intents =
        |commands: &[Command]| -> Vec<String> { commands.iter().map(|c| c.intent.clone()).collect() };
    let last: Vec<Command> = last.iter().filter(|c| c.intent != "SottoUndo").cloned().collect();
    let tail = last.get(last.len().saturating_sub(read.commands.len())..).unwrap_or_default();
    let kinds = |commands: &[Command]| -> Vec<String> {
        let mut kinds: Vec<String> = commands
            .iter()
            .flat_map(|c| &c.targets)
            .filter_map(|id| id.split('.').next())
            .map(str::to_string)
            .collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    let shares_a_kind = kinds(tail).is_empty()
        || kinds(&read.commands).iter().any(|kind| kinds(tail).contains(kind))
        || tail.iter().all(|command| command.slots.contains_key("name"));
    // "Five ten minutes" would be five minutes of a timer "ten minutes".
    let known = |slot: &String| {
        let said_before = tail.iter().any(|command| command.slots.contains_key(slot));
        said_before || matches!(slot.as_str(), "hours" | "minutes" | "seconds" | "when" | "when_text")
    };
    let adds_nothing = read.commands.iter().all(|c| !c.targets.is_empty() || c.slots.keys().all(known));
    let adds_nothing = adds_nothing || read.commands.iter().any(|c| c.intent == "SottoMakeRoutine");
    adds_nothing
        && read.refusals.is_empty()
        && !read.commands.is_empty()
        && intents(tail) == intents(&read.commands)
        && tail != read.commands
        && shares_a_kind
}

/// The change that "a bit more" means after a command.
fn stepped(last: &Command, direction: i64, small: bool, as_before: bool) -> Option<Command> {
    let sign = |slot: &str| last.number_slot(slot).map(|step| if step < 0.0 { -1 } else { 1 });
    let percent = if small { STEPS.0 } else { STEPS.1 };
    let first = last.targets.first()?;
    let domain = first.split('.').next().unwrap_or("");
    let (intent, slot, size, before) = match (last.intent.as_str(), domain) {
        ("HassLightSet", _) if last.slots.contains_key("temperature_step") => {
            ("HassLightSet", "temperature_step", 500, sign("temperature_step"))
        }
        ("HassLightSet" | "HassTurnOn", "light") => {
            ("HassLightSet", "brightness_step", percent, sign("brightness_step"))
        }
        ("HassSetPosition" | "HassTurnOn" | "HassTurnOff", "cover" | "valve") => (
            "HassSetPosition",
            "position_step",
            percent,
            sign("position_step").or((last.intent == "HassTurnOff").then_some(-1)),
        ),
        ("HassFanSetSpeed" | "HassTurnOn", "fan") => {
            ("HassFanSetSpeed", "percentage_step", percent, sign("percentage_step"))
        }
        ("HassClimateSetTemperature", _) => {
            ("HassClimateSetTemperature", "temperature_step", 1, sign("temperature_step"))
        }
        ("HassSetVolume" | "HassSetVolumeRelative", _) => {
            let down = last.text_slot("volume_step") == Some("down");
            ("HassSetVolumeRelative", "volume_step", 10, if down { Some(-1) } else { sign("volume_step") })
        }
        _ => return None,
    };
    // "More" after "dimmer" is dimmer still; "brighter" is brighter whatever was before.
    let turned = if as_before { before.unwrap_or(1) } else { 1 };
    let mut command = Command::new(intent);
    command.targets.clone_from(&last.targets);
    command.slots.extend(
        last.slots
            .iter()
            .filter(|(s, _)| matches!(s.as_str(), "name" | "area" | "floor" | "domain"))
            .map(|(s, v)| (s.clone(), v.clone())),
    );
    command.slots.insert(slot.into(), json!(direction * turned * size));
    Some(command)
}

fn of(commands: Vec<Command>) -> Understanding {
    Understanding { commands, by: Some(By::Grammar), confidence: 1.0, ..Understanding::default() }
}

fn plain(text: &str) -> String {
    tokenize(text).into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
}

fn plain_without(text: &str, words: &[String]) -> String {
    let mut text = text.to_string();
    loop {
        let shorter = words.iter().map(|word| plain(word)).find_map(|word| {
            let cut = text.strip_prefix(&word).filter(|rest| rest.starts_with(' '));
            let cut = cut.or_else(|| text.strip_suffix(&word).filter(|rest| rest.ends_with(' ')));
            cut.map(|rest| rest.trim().to_string())
        });
        match shorter {
            Some(shorter) if !shorter.is_empty() => text = shorter,
            _ => return text,
        }
    }
}

/// What stands after one of the phrases at the start of a text, the longest that fits.
fn after(text: &str, phrases: &[String]) -> Option<String> {
    let tokens = tokenize(text);
    let fits = |phrase: &String| {
        let words = tokenize(phrase);
        let all =
            words.iter().enumerate().all(|(k, word)| tokens.get(k).is_some_and(|t| t.text == word.text));
        (all && !words.is_empty() && words.len() < tokens.len()).then_some(words.len())
    };
    let count = phrases.iter().filter_map(fits).max()?;
    tokens.get(count).and_then(|token| text.get(token.start..)).map(str::to_string)
}

/// What stands before one of the phrases at the end of a text.
fn before(text: &str, phrases: &[String]) -> Option<String> {
    let tokens = tokenize(text);
    let fits = |phrase: &String| {
        let words = tokenize(phrase);
        let start = tokens.len().checked_sub(words.len())?;
        let all = words
            .iter()
            .enumerate()
            .all(|(k, word)| tokens.get(start + k).is_some_and(|t| t.text == word.text));
        (all && !words.is_empty() && start > 0).then_some(start)
    };
    let start = phrases.iter().filter_map(fits).min()?;
    tokens.get(start - 1).and_then(|token| text.get(..token.end)).map(str::to_string)
}
