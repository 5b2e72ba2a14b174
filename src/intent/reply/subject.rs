//! How a command's targets are called in a reply.

use super::Replies;
use crate::home::{Entity, HomeView};
use crate::intent::Command;
use std::collections::BTreeSet;

/// The things that a reply speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Subject {
    /// By itself: "Front Door", "Kitchen lights".
    pub what: String,
    /// Inside a sentence: "the Front Door", "the Kitchen lights".
    pub the: String,
    /// Whether there are several.
    pub several: bool,
    /// The domain, if all have the same.
    pub domain: String,
}

impl Replies {
    /// How the targets of a command are called.
    pub(super) fn subject(&self, view: &HomeView, command: &Command) -> Subject {
        let entities: Vec<&Entity> = command.targets.iter().filter_map(|id| view.entity(id)).collect();
        match entities.as_slice() {
            [] => {
                let what = command.text_slot("name").unwrap_or_default().to_string();
                Subject { the: self.with_article(&what), what, several: false, domain: String::new() }
            }
            [only] => Subject {
                what: only.name.clone(),
                the: self.the(only),
                several: false,
                domain: only.domain().to_string(),
            },
            several => self.group(view, command, several),
        }
    }

    /// A single thing inside a sentence.
    pub(super) fn the(&self, entity: &Entity) -> String {
        match entity.domain() {
            "person" | "weather" | "scene" | "vacuum" | "lawn_mower" => entity.name.clone(),
            _ => self.with_article(&entity.name),
        }
    }

    /// A name inside a sentence.
    pub(super) fn with_article(&self, name: &str) -> String {
        let article = &self.file.article;
        let first = name.split_whitespace().next().unwrap_or("").to_lowercase();
        let takes_none = first.is_empty() || article.word.is_empty() || article.not_before.contains(&first);
        let is_counted = first.starts_with(|c: char| c.is_ascii_digit());
        if takes_none || is_counted { name.to_string() } else { format!("{} {name}", article.word) }
    }

    fn group(&self, view: &HomeView, command: &Command, entities: &[&Entity]) -> Subject {
        let domains: BTreeSet<&str> = entities.iter().map(|entity| entity.domain()).collect();
        let classes: BTreeSet<&str> = entities.iter().filter_map(|e| e.device_class.as_deref()).collect();
        let areas: BTreeSet<&str> = entities.iter().filter_map(|entity| entity.area.as_deref()).collect();
        let domain = if domains.len() == 1 { domains.first().copied().unwrap_or("") } else { "" };
        let class = command.text_slot("device_class").or(match (domain, classes.len()) {
            ("cover" | "binary_sensor", 1) => classes.first().copied(),
            _ => None,
        });
        let kind = match class {
            Some(class) if self.file.kinds.contains_key(class) => class,
            _ => domain,
        };
        let kinds = self.file.kind(kind, true);
        let place = command.text_slot("area").or(command.text_slot("floor")).map(str::to_string);
        let place =
            place.or_else(|| (areas.len() == 1).then(|| areas.first().map(ToString::to_string)).flatten());
        let fill = |template: &str, place: &str| {
            let count = entities.len().to_string();
            template.replace("{place}", place).replace("{count}", &count).replace("{kinds}", &kinds)
        };
        let group = &self.file.group;
        let what = match place {
            Some(place) => fill(&group.of_place, &place),
            // Two that can be named are named; more are all of their kind.
            None if entities.len() == 2 => {
                let names: Vec<String> = entities.iter().map(|entity| entity.name.clone()).collect();
                self.file.list(&names, &self.file.join.and, 2)
            }
            None => {
                let is_all = view.entities.iter().filter(|e| e.domain() == domain).count() == entities.len();
                fill(if is_all { &group.all } else { &group.some }, "")
            }
        };
        let the = self.with_article(&what);
        Subject { what, the, several: true, domain: domain.to_string() }
    }
}

/// What tells names from each other: the words that not all of them have; the whole names where that
/// leaves nothing, or the same twice.
pub(super) fn telling(names: &[String]) -> Vec<String> {
    let words: Vec<Vec<&str>> = names.iter().map(|name| name.split_whitespace().collect()).collect();
    let is_shared = |word: &str| words.iter().all(|name| name.iter().any(|w| w.eq_ignore_ascii_case(word)));
    let short: Vec<String> = words
        .iter()
        .map(|name| name.iter().filter(|word| !is_shared(word)).copied().collect::<Vec<_>>().join(" "))
        .collect();
    let distinct: BTreeSet<&String> = short.iter().collect();
    match short.iter().any(String::is_empty) || distinct.len() < short.len() {
        true => names.to_vec(),
        false => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_string()).collect()
    }

    #[test]
    fn what_tells_names_apart_is_said() {
        assert_eq!(telling(&strings(&["Lamp Left", "Lamp Right"])), ["Left", "Right"]);
        assert_eq!(telling(&strings(&["Floor Lamp", "Bedside Lamp"])), ["Floor", "Bedside"]);
        assert_eq!(telling(&strings(&["Lamp", "Bedside Lamp"])), ["Lamp", "Bedside Lamp"]);
        assert_eq!(telling(&strings(&["Lamp", "Lamp"])), ["Lamp", "Lamp"]);
    }
}
