//! The read-only view, built from what is known and what the person says.

use super::config::HomeConfig;
use super::entity::{Area, Entity, Floor, HomeView};
use super::registry::Thing;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Builds the view. `given` are names that people gave by voice: an entity's id, or `area:` and an area's name.
pub(super) fn build(config: &HomeConfig, things: &[Option<Thing>], given: &[(String, String)]) -> HomeView {
    let mut areas: BTreeMap<String, Area> = BTreeMap::new();
    let mut add_area = |name: &str| {
        if !name.is_empty() && !areas.contains_key(name) {
            let said = config.areas.get(name).cloned().unwrap_or_default();
            let area = Area { name: name.to_owned(), aliases: said.aliases, floor: said.floor };
            areas.insert(name.to_owned(), area);
        }
    };
    config.areas.keys().for_each(|name| add_area(name));
    config.entities.values().filter_map(|e| e.area.as_deref()).for_each(&mut add_area);
    let shown = |t: &&Thing| !t.hidden || config.entities.contains_key(&t.entity.id);
    let things = things.iter().flatten().filter(shown);
    things.clone().filter_map(|t| t.entity.area.as_deref()).for_each(&mut add_area);

    let names: Vec<(String, String)> = areas.keys().map(|name| (name.to_lowercase(), name.clone())).collect();
    let mut entities: Vec<Entity> = things
        .map(|thing| {
            let mut entity = thing.entity.clone();
            entity.state = thing.state.clone();
            if let Some(said) = config.entities.get(&entity.id) {
                if let Some(name) = &said.name {
                    entity.name.clone_from(name);
                }
                for alias in &said.aliases {
                    if !entity.aliases.contains(alias) {
                        entity.aliases.push(alias.clone());
                    }
                }
                entity.area = said.area.clone().or(entity.area);
            }
            if entity.area.is_none() && config.areas_from_names {
                entity.area = area_in_name(&entity, &names);
            }
            entity
        })
        .collect();
    entities.sort_by(|a, b| a.id.cmp(&b.id));
    for (whose, name) in given {
        let aliases = match whose.strip_prefix("area:") {
            Some(area) => areas.get_mut(area).map(|area| &mut area.aliases),
            None => entities.iter_mut().find(|e| e.id == *whose).map(|e| &mut e.aliases),
        };
        if let Some(aliases) = aliases.filter(|aliases| !aliases.contains(name)) {
            aliases.push(name.clone());
        }
    }

    let mut floors: BTreeMap<String, Floor> = BTreeMap::new();
    for name in config.floors.keys().chain(areas.values().filter_map(|a| a.floor.as_ref())) {
        floors.entry(name.clone()).or_insert_with(|| {
            let aliases = config.floors.get(name).map(|f| f.aliases.clone()).unwrap_or_default();
            Floor { name: name.clone(), aliases }
        });
    }
    let mut view = HomeView {
        version: 0,
        entities,
        areas: areas.into_values().collect(),
        floors: floors.into_values().collect(),
    };
    view.version = version(&view);
    view
}

/// The area whose name begins the name of an entity or of its device; the longest, if several do.
fn area_in_name(entity: &Entity, areas: &[(String, String)]) -> Option<String> {
    let begins = |text: &str, area: &str| {
        text.strip_prefix(area).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    };
    let texts: Vec<String> =
        std::iter::once(&entity.name).chain(&entity.device).map(|t| t.to_lowercase()).collect();
    areas
        .iter()
        .filter(|(lower, _)| texts.iter().any(|text| begins(text, lower)))
        .max_by_key(|(lower, _)| lower.len())
        .map(|(_, name)| name.clone())
}

/// A print of everything but the states: two homes with the same print can share what was compiled
/// from one of them.
fn version(view: &HomeView) -> u64 {
    let mut hasher = DefaultHasher::new();
    for e in &view.entities {
        (&e.id, &e.name, &e.aliases, &e.area, &e.device, &e.device_class).hash(&mut hasher);
        (&e.features, &e.unit, &e.options).hash(&mut hasher);
        for (attribute, (min, max)) in &e.ranges {
            (attribute, min.to_bits(), max.to_bits()).hash(&mut hasher);
        }
    }
    for a in &view.areas {
        (&a.name, &a.aliases, &a.floor).hash(&mut hasher);
    }
    for f in &view.floors {
        (&f.name, &f.aliases).hash(&mut hasher);
    }
    hasher.finish()
}
