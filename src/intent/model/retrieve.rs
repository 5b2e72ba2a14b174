//! Which commands are worth weighing for a text: the goals that its words bring up, over the entities
//! of the area that it is about.

use super::goals::{GOALS, Goal, KINDS, Scope, kind_of_cover};
use crate::home::{Entity, HomeView};
use crate::intent::{Command, Context};
use serde_json::json;

/// A command that may be meant, and the sentence by which the model weighs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// What the model weighs: `turn on the light`, `start Movie Night`.
    pub sentence: String,
    /// What it stands for.
    pub command: Command,
    /// Entities among which must be asked, when the command's target is open.
    pub which: Vec<String>,
    /// How many of the text's words bring it up.
    pub cues: usize,
}

/// Words of a text, in lower case.
pub(super) fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let parts = lower.split(|c: char| !c.is_alphanumeric() && c != '\'');
    parts.map(|w| w.trim_matches('\'').to_owned()).filter(|w| !w.is_empty()).collect()
}

/// All offers for a text, those with the most cues first, at most `limit`. Without `open`, only what
/// the text's words bring up is offered; with it, also what the area has without being mentioned.
pub fn offers(view: &HomeView, text: &str, context: &Context, open: bool, limit: usize) -> Vec<Offer> {
    let words = words(text);
    let mentioned = mentioned_area(view, &words);
    let place = Place { mentioned: mentioned.is_some(), area: mentioned.or(context.area.as_deref()) };
    let mut offers = Vec::new();
    for goal in GOALS {
        let cues = count(goal.cues, &words);
        match goal.scope {
            Scope::Home => offers.push(Offer {
                sentence: goal.sentence.to_owned(),
                command: Command::new(goal.intent),
                which: Vec::new(),
                cues,
            }),
            Scope::Area => offers.extend(area_offer(view, goal, place, cues)),
            Scope::Each => {
                let things = view.entities.iter().filter(|e| serves(goal, e));
                offers.extend(things.map(|e| each_offer(goal, e, cues, &words, place)));
            }
        }
    }
    offers.retain(|offer| offer.cues > 0 || (open && !offer.command.targets.is_empty()));
    offers.sort_by_key(|offer| std::cmp::Reverse(offer.cues));
    offers.truncate(limit);
    offers
}

/// The area that the text or the speaker's place makes likely.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    area: Option<&'a str>,
    /// Whether the text names it.
    mentioned: bool,
}

fn serves(goal: &Goal, entity: &Entity) -> bool {
    goal.is_about(entity.domain(), entity.device_class.as_deref())
        && goal.feature.is_none_or(|f| entity.has(f))
}

/// The goal over what serves it in the area; over the only such thing of the home, or with a question
/// which of a few, when the speaker's own area has none.
fn area_offer(view: &HomeView, goal: &Goal, place: Place<'_>, cues: usize) -> Option<Offer> {
    let all: Vec<_> = view.entities.iter().filter(|e| serves(goal, e)).collect();
    let here: Vec<_> =
        all.iter().copied().filter(|e| place.area.is_some() && e.area.as_deref() == place.area).collect();
    let mut command = Command::new(goal.intent);
    if let Some((slot, step)) = goal.slot {
        command.slots.insert(slot.to_owned(), step.value());
    }
    let mut which = Vec::new();
    let class = match (here.as_slice(), all.as_slice()) {
        ([], _) if place.mentioned => return None,
        ([], [only]) => {
            command.slots.insert("name".into(), json!(only.name));
            command.targets.push(only.id.clone());
            only.device_class.as_deref()
        }
        // Too many to ask about: the text is not about them.
        ([], several) if several.is_empty() || several.len() > 4 => return None,
        ([], several) => {
            which = several.iter().map(|e| e.id.clone()).collect();
            None
        }
        (here, _) => {
            command.slots.insert("area".into(), json!(place.area));
            command.slots.insert("domain".into(), json!(goal.domain));
            command.targets = here.iter().map(|e| e.id.clone()).collect();
            here.first().and_then(|e| e.device_class.as_deref())
        }
    };
    let sentence = goal.sentence.replace("{kind}", kind_of_cover(class));
    Some(Offer { sentence, command, which, cues })
}

fn each_offer(goal: &Goal, entity: &Entity, cues: usize, text: &[String], place: Place<'_>) -> Offer {
    let names: Vec<_> = entity.names().flat_map(words).collect();
    let area = words(entity.area.as_deref().unwrap_or(""));
    // The area's own words say where, not what.
    let named = names.iter().filter(|w| w.len() > 2 && !area.contains(w) && text.contains(w)).count();
    let kinds = KINDS.iter().filter(|(kind, _)| kind.iter().any(|k| names.iter().any(|n| n == k)));
    let kinds: usize = kinds.map(|(_, said)| count(said, text)).sum();
    // A goal's cues speak for any thing that it may be about, a thing's own cues for this thing.
    let elsewhere = place.mentioned && entity.area.as_deref() != place.area && entity.area.is_some();
    let cues = if elsewhere && named == 0 { 0 } else { cues + 2 * named + kinds };
    let mut command = Command::new(goal.intent);
    command.slots.insert("name".into(), json!(entity.name));
    command.slots.insert("domain".into(), json!(entity.domain()));
    command.targets.push(entity.id.clone());
    let sentence = goal.sentence.replace("{name}", &entity.name);
    Offer { sentence, command, which: Vec::new(), cues }
}

/// The area whose name or alias stands last in the text; the longer one where two end together.
fn mentioned_area<'a>(view: &'a HomeView, text: &[String]) -> Option<&'a str> {
    let mut best: Option<(usize, usize, &str)> = None;
    for area in &view.areas {
        for name in std::iter::once(&area.name).chain(&area.aliases) {
            let name = words(name);
            if name.is_empty() {
                continue;
            }
            for (at, window) in text.windows(name.len()).enumerate() {
                let found = (at + name.len(), name.len(), area.name.as_str());
                if window == name && best.is_none_or(|b| (found.0, found.1) > (b.0, b.1)) {
                    best = Some(found);
                }
            }
        }
    }
    best.map(|(_, _, name)| name)
}

/// How many of the cues are in the text.
fn count(cues: &[&str], text: &[String]) -> usize {
    cues.iter().filter(|cue| has(cue, text)).count()
}

/// Whether the words of a cue are in the text in order, with at most three others in each gap.
fn has(cue: &str, text: &[String]) -> bool {
    let fits = |part: &str, word: &str| match part.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => word == part,
    };
    let parts: Vec<_> = cue.split(' ').collect();
    (0..text.len()).any(|start| {
        let mut rest = text.iter().skip(start);
        parts.iter().enumerate().all(|(i, part)| match i {
            0 => rest.next().is_some_and(|w| fits(part, w)),
            _ => rest.by_ref().take(4).any(|w| fits(part, w)),
        })
    })
}
