//! The file of a simulated home.

use super::SimulatedError;
use super::dialect::SimulatedDialect;
use crate::home::entity::Feature;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use toml::Spanned;

/// An area as the file has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AreaEntry {
    pub(super) name: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default)]
    pub(super) floor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntity {
    id: Spanned<String>,
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    area: Option<String>,
    #[serde(default)]
    device_class: Option<String>,
    #[serde(default)]
    features: Vec<Spanned<String>>,
    #[serde(default)]
    state: Option<Spanned<toml::Table>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    area: Vec<Spanned<AreaEntry>>,
    #[serde(default)]
    entity: Vec<RawEntity>,
}

/// An entity as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EntityEntry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) area: Option<String>,
    pub(super) device_class: Option<String>,
    pub(super) features: BTreeSet<Feature>,
    pub(super) state: serde_json::Map<String, Value>,
    pub(super) dialect: SimulatedDialect,
}

impl EntityEntry {
    /// The part of the id before the dot.
    pub(super) fn domain(&self) -> &str {
        self.id.split('.').next().unwrap_or("")
    }

    /// The part of the id after the dot.
    pub(super) fn object(&self) -> &str {
        self.id.split_once('.').map_or("", |(_, o)| o)
    }
}

/// A file that has been read and checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct HomeFile {
    pub(super) areas: Vec<AreaEntry>,
    pub(super) entities: Vec<EntityEntry>,
}

/// Reads and checks a file.
pub(super) fn read(path: &Path) -> Result<HomeFile, SimulatedError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| SimulatedError::Read { file: path.to_path_buf(), source })?;
    parse(path, &text)
}

/// Checks a file's text; `path` is for the messages.
pub(super) fn parse(path: &Path, text: &str) -> Result<HomeFile, SimulatedError> {
    let refuse = |at: usize, reason: String| SimulatedError::Content {
        file: path.to_path_buf(),
        line: line_of(text, at),
        reason,
    };
    let raw: RawFile =
        toml::from_str(text).map_err(|e| refuse(e.span().map_or(0, |s| s.start), e.message().to_owned()))?;

    let mut areas: Vec<AreaEntry> = Vec::new();
    for entry in raw.area {
        let at = entry.span().start;
        let mut entry = entry.into_inner();
        entry.floor = entry.floor.filter(|f| !f.is_empty());
        if entry.name.trim().is_empty() {
            return Err(refuse(at, "an area needs a `name`".into()));
        }
        if areas.iter().any(|a| a.name == entry.name) {
            return Err(refuse(at, format!("the area `{}` is there twice", entry.name)));
        }
        areas.push(entry);
    }

    let mut entities = Vec::new();
    let mut ids = BTreeSet::new();
    for entry in raw.entity {
        let at = entry.id.span().start;
        let id = entry.id.into_inner();
        if !is_entity_id(&id) {
            let reason = format!(
                "`{id}` is no entity id; it is `domain.object` in lower-case letters, digits and `_`, such as `light.kitchen_ceiling`"
            );
            return Err(refuse(at, reason));
        }
        if !ids.insert(id.clone()) {
            return Err(refuse(at, format!("the entity `{id}` is there twice")));
        }
        if entry.name.trim().is_empty() {
            return Err(refuse(at, format!("the entity `{id}` needs a `name`")));
        }
        let mut features = BTreeSet::new();
        for feature in entry.features {
            let span = feature.span().start;
            features.insert(feature.into_inner().parse().map_err(|e| refuse(span, e))?);
        }
        let mut state = serde_json::Map::new();
        if let Some(table) = entry.state {
            let span = table.span().start;
            for (key, value) in table.into_inner() {
                let value =
                    to_json(value).ok_or_else(|| refuse(span, format!("`state.{key}` must be finite")))?;
                state.insert(key, value);
            }
        }
        entities.push(EntityEntry {
            id,
            name: entry.name,
            aliases: entry.aliases,
            area: entry.area.filter(|a| !a.is_empty()),
            device_class: entry.device_class.filter(|c| !c.is_empty()),
            features,
            state,
            dialect: SimulatedDialect::default(),
        });
    }
    Ok(HomeFile { areas, entities })
}

fn is_entity_id(id: &str) -> bool {
    let word = |s: &str| {
        !s.is_empty() && s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    id.split_once('.').is_some_and(|(domain, object)| word(domain) && word(object))
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

fn to_json(value: toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::String(s) => Value::String(s),
        toml::Value::Integer(i) => Value::from(i),
        toml::Value::Float(f) => Value::Number(serde_json::Number::from_f64(f)?),
        toml::Value::Boolean(b) => Value::Bool(b),
        toml::Value::Datetime(d) => Value::String(d.to_string()),
        toml::Value::Array(a) => Value::Array(a.into_iter().map(to_json).collect::<Option<_>>()?),
        toml::Value::Table(t) => {
            let members = t.into_iter().map(|(k, v)| Some((k, to_json(v)?)));
            Value::Object(members.collect::<Option<_>>()?)
        }
    })
}
