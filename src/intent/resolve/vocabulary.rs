//! The home's names as lists for the grammar: names, areas, floors, zones.

use crate::home::{Entity, HomeView};
use crate::intent::grammar::{self, Lists};
use crate::intent::languages::Dialogue;
use crate::intent::sentences::ListEntry;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How a name in a sentence stands for entities. The order is that of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameKind {
    /// "it", "them": what was spoken of last.
    Pronoun,
    /// A part of a name: "the lamp" for "Floor Lamp", "ceiling" for "Kitchen Ceiling".
    Part,
    /// The name in the other number: "counter light" for "Counter Lights".
    Variant,
    /// A name or an alias as it is.
    Exact,
}

impl NameKind {
    const NAMES: &'static [(&'static str, NameKind)] = &[
        ("pronoun", NameKind::Pronoun),
        ("part", NameKind::Part),
        ("variant", NameKind::Variant),
        ("exact", NameKind::Exact),
    ];

    fn name(self) -> &'static str {
        NameKind::NAMES.iter().find(|(_, kind)| *kind == self).map_or("exact", |(name, _)| name)
    }

    /// The kind that a list entry's metadata name; [`NameKind::Exact`] where they name none.
    pub fn read(metadata: &serde_json::Map<String, Value>) -> Self {
        let name = metadata.get("kind").and_then(Value::as_str).unwrap_or("exact");
        NameKind::NAMES.iter().find(|(n, _)| *n == name).map_or(NameKind::Exact, |(_, kind)| *kind)
    }
}

/// Domains whose things are called by a part of their name. Scenes, lists and people are not.
const PARTLY_NAMED: &[&str] = &[
    "light",
    "switch",
    "fan",
    "cover",
    "lock",
    "climate",
    "media_player",
    "valve",
    "vacuum",
    "lawn_mower",
    "humidifier",
    "water_heater",
    "sensor",
    "binary_sensor",
    "button",
    "camera",
    "siren",
];

/// Signs of the template language: a name is text, whatever it has in it.
const SIGNS: &[char] = &['(', ')', '[', ']', '{', '}', '<', '>', '|', '@', '\\', ';'];

/// One entry of the list of names before it is written down.
type Key = (String, NameKind, String, String);

/// The lists `name`, `area`, `floor` and `zone` of a home. An entry of `name` has `domain` and
/// `device_class` in its context, `called: kind` if it is a word for its kind ([`Dialogue::kind_names`]), and in its metadata `kind` (a [`NameKind`]), `domain` and `ids`.
pub fn lists(view: &HomeView, dialogue: &Dialogue) -> Lists {
    let mut lists = Lists::new();
    lists.set("name", names(view, dialogue));
    lists.set("area", areas(view));
    lists.set("floor", floors(view, dialogue));
    lists.set("zone", zones(view));
    lists
}

fn names(view: &HomeView, dialogue: &Dialogue) -> Vec<ListEntry> {
    let places = places(view);
    let mut entries: BTreeMap<Key, (String, Vec<&str>)> = BTreeMap::new();
    for entity in &view.entities {
        let mut spoken: BTreeMap<String, NameKind> = BTreeMap::new();
        let mut say = |text: String, kind: NameKind| {
            if !text.is_empty() {
                let known = spoken.entry(text).or_insert(kind);
                *known = (*known).max(kind);
            }
        };
        for name in entity.names() {
            let words = words(name);
            say(words.join(" "), NameKind::Exact);
            if let Some(other) = other_number(&words, &dialogue.plural) {
                say(other, NameKind::Variant);
            }
            if PARTLY_NAMED.contains(&entity.domain()) {
                let is_kind = |word: &String| dialogue.kinds.contains(word);
                // "Main Water Valve" is "main water"; one word alone would be too little.
                if let Some((last, rest)) = words.split_last()
                    && rest.len() > 1
                    && is_kind(last)
                    && !places.contains(&rest.join(" "))
                {
                    say(rest.join(" "), NameKind::Part);
                }
                for part in parts(&words, entity, view) {
                    let is_place = places.contains(&part);
                    let is_kind = part.split(' ').all(|word| dialogue.kinds.iter().any(|kind| kind == word));
                    let is_number = part.chars().all(|c| c.is_ascii_digit() || c == ' ');
                    if !is_place && !is_kind && !is_number && is_long_enough(&part) {
                        say(part, NameKind::Part);
                    }
                }
            }
        }
        let class = entity.device_class.clone().unwrap_or_default();
        for (text, kind) in spoken {
            let key = (text, kind, entity.domain().to_string(), class.clone());
            let (_, ids) = entries.entry(key).or_insert_with(|| (entity.name.clone(), Vec::new()));
            ids.push(&entity.id);
        }
    }
    let mut list: Vec<ListEntry> = entries
        .into_iter()
        .map(|((text, kind, domain, class), (name, ids))| {
            let entry = ListEntry::new(text, name)
                .with_context("domain", domain.as_str())
                .with_metadata("kind", kind.name())
                .with_metadata("domain", domain)
                .with_metadata("ids", json!(ids));
            let entry = if class.is_empty() { entry } else { entry.with_context("device_class", class) };
            // "Set the air conditioner to 20" is about the air conditioning, though one is called that.
            let is_kind = dialogue.kind_names.contains(&entry.text);
            if is_kind { entry.with_context("called", "kind") } else { entry }
        })
        .collect();
    let domains: BTreeSet<&str> = view.entities.iter().map(Entity::domain).collect();
    for pronoun in &dialogue.pronouns {
        list.extend(domains.iter().map(|domain| {
            ListEntry::new(pronoun, pronoun.as_str())
                .with_context("domain", *domain)
                .with_metadata("kind", NameKind::Pronoun.name())
                .with_metadata("domain", *domain)
        }));
    }
    list
}

/// Parts of a name that people say for the whole: without its area, its last word, its last words.
fn parts(words: &[String], entity: &Entity, view: &HomeView) -> Vec<String> {
    let mut parts = Vec::new();
    let area = entity.area.as_deref().and_then(|name| view.area(name));
    for place in area.into_iter().flat_map(|area| std::iter::once(&area.name).chain(&area.aliases)) {
        let place = self::words(place);
        if let Some(rest) = words.strip_prefix(place.as_slice()).filter(|rest| !rest.is_empty()) {
            parts.push(rest.join(" "));
        }
        parts.extend(without_place(words, &place));
    }
    if !matches!(entity.domain(), "sensor" | "binary_sensor") {
        for from in 1..words.len() {
            parts.extend(words.get(from..).map(|rest| rest.join(" ")));
        }
    }
    parts
}

/// A name without its area where the script has no spaces: "主灯" for "客厅主灯" and "客厅的主灯".
fn without_place(words: &[String], place: &[String]) -> Option<String> {
    let (name, place) = (words.join(" "), place.join(" "));
    let rest = name.strip_prefix(place.as_str()).filter(|_| place.chars().all(grammar::stands_alone))?;
    let rest = rest.strip_prefix('的').unwrap_or(rest).trim();
    (rest.chars().count() > 1 && rest.chars().all(grammar::stands_alone)).then(|| rest.to_string())
}

/// The name with its last word in the other number.
fn other_number(words: &[String], plural: &str) -> Option<String> {
    let last = words.last().filter(|last| !plural.is_empty() && last.chars().count() > 2)?;
    let other = match last.strip_suffix(plural) {
        Some(stem) if !stem.ends_with(plural) => stem.to_string(),
        Some(_) => return None,
        None => format!("{last}{plural}"),
    };
    let mut words = words.to_vec();
    *words.last_mut()? = other;
    Some(words.join(" "))
}

fn places(view: &HomeView) -> BTreeSet<String> {
    let areas = view.areas.iter().flat_map(|a| std::iter::once(&a.name).chain(&a.aliases));
    let floors = view.floors.iter().flat_map(|f| std::iter::once(&f.name).chain(&f.aliases));
    areas.chain(floors).map(|name| words(name).join(" ")).collect()
}

fn areas(view: &HomeView) -> Vec<ListEntry> {
    let names = |area: &crate::home::Area| -> Vec<String> {
        std::iter::once(&area.name).chain(&area.aliases).map(|name| words(name).join(" ")).collect()
    };
    view.areas
        .iter()
        .flat_map(|area| names(area).into_iter().map(|text| ListEntry::new(text, area.name.as_str())))
        .filter(|entry| !entry.text.is_empty())
        .collect()
}

fn floors(view: &HomeView, dialogue: &Dialogue) -> Vec<ListEntry> {
    let mut list = Vec::new();
    for floor in &view.floors {
        for name in std::iter::once(&floor.name).chain(&floor.aliases) {
            let words = words(name);
            if words.is_empty() {
                continue;
            }
            let text = words.join(" ");
            let has_word = words.iter().any(|word| word.ends_with(&dialogue.floor_word));
            if !dialogue.floor_word.is_empty() && !has_word {
                list.push(ListEntry::new(format!("{text} {}", dialogue.floor_word), floor.name.as_str()));
            }
            list.push(ListEntry::new(text, floor.name.as_str()));
        }
    }
    let known: BTreeSet<String> = list.iter().map(|entry| entry.text.replace(' ', "")).collect();
    let others = dialogue.floors.iter().filter(|floor| !known.contains(*floor));
    list.extend(others.map(|floor| ListEntry::new(floor, floor.as_str())));
    list
}

/// Two letters are too little for a part of a name; two characters of a script without spaces are a word.
fn is_long_enough(part: &str) -> bool {
    let least = if part.chars().all(grammar::stands_alone) { 2 } else { 3 };
    part.chars().count() >= least
}

/// Where people can be: the names of zones, and what people's states have said.
fn zones(view: &HomeView) -> Vec<ListEntry> {
    let mut names = BTreeSet::new();
    for entity in &view.entities {
        match entity.domain() {
            "zone" => {
                names.insert(entity.name.clone());
            }
            "person" | "device_tracker" => {
                let state = entity.state.value.clone().unwrap_or_default();
                let is_zone = !matches!(state.as_str(), "" | "home" | "not_home" | "unknown" | "unavailable");
                names.extend(is_zone.then_some(state));
            }
            _ => {}
        }
    }
    names
        .into_iter()
        .map(|name| ListEntry::new(words(&name).join(" "), name))
        .filter(|entry| !entry.text.is_empty())
        .collect()
}

/// A name in lower-case words, without what the template language would take for a sign.
fn words(name: &str) -> Vec<String> {
    name.replace(SIGNS, " ").to_lowercase().split_whitespace().map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::Area;
    use crate::intent::languages::Language;

    fn home() -> HomeView {
        let mut ceiling = Entity::new("light.kitchen_ceiling", "Kitchen Ceiling");
        ceiling.area = Some("Kitchen".into());
        let counter = Entity::new("light.counter", "Counter Lights [left]");
        let lamp = Entity::new("light.lamp", "Floor Lamp");
        let area = Area { name: "Kitchen".into(), ..Area::default() };
        HomeView { version: 1, entities: vec![counter, ceiling, lamp], areas: vec![area], floors: vec![] }
    }

    fn said(text: &str) -> Vec<(String, String)> {
        let dialogue = Dialogue::read(Language::find("en").unwrap()).unwrap();
        let lists = lists(&home(), &dialogue);
        let entries = lists.get("name").unwrap().iter().filter(|e| e.text == text);
        entries
            .map(|e| {
                (e.metadata["kind"].as_str().unwrap().to_string(), e.value.as_str().unwrap_or("").to_string())
            })
            .collect()
    }

    #[test]
    fn a_thing_is_known_by_its_name_and_by_parts_of_it() {
        assert_eq!(said("kitchen ceiling"), [("exact".to_string(), "Kitchen Ceiling".to_string())]);
        assert_eq!(said("ceiling"), [("part".to_string(), "Kitchen Ceiling".to_string())]);
        assert_eq!(said("lamp"), [("part".to_string(), "Floor Lamp".to_string())]);
        assert_eq!(said("floor lamps"), [("variant".to_string(), "Floor Lamp".to_string())]);
    }

    #[test]
    fn signs_of_the_template_language_are_no_signs_in_a_name() {
        assert_eq!(said("counter lights left").len(), 1);
    }

    #[test]
    fn a_kind_of_thing_or_a_place_is_not_a_part() {
        assert_eq!(said("left"), []);
        assert_eq!(said("kitchen"), []);
    }
}
