//! Which entities of a kind a sentence is about, by place.

use super::slots::Hints;
use super::{Reach, Resolved, Resolver};
use crate::home::{Availability, Entity};
use crate::intent::{Command, Refusal};

/// What a place has.
pub(super) enum Within<'a> {
    /// These are meant.
    These {
        /// The entities.
        entities: Vec<&'a Entity>,
        /// Nobody said where: the speaker's area was taken.
        implied: bool,
    },
    /// One of these is meant.
    OneOf(Vec<&'a Entity>),
    /// There is none.
    None,
}

/// Classes that people mix up when they speak of what hangs before a window.
const BEFORE_WINDOWS: &[&str] = &["blind", "curtain", "shade", "shutter"];

/// Domains that have a state which a person would ask for without naming the thing.
const ASKED_FOR: &[&str] = &["light", "switch", "fan", "media_player", "cover", "lock", "valve", "climate"];

impl<'a> Resolver<'a> {
    /// Entities of the domain and class that a command speaks of, in the whole home.
    pub(super) fn of_kind(&self, command: &Command, domains: &[&str]) -> Vec<&'a Entity> {
        let domain = command.text_slot("domain");
        let class = command.text_slot("device_class");
        let is_of_domain = |entity: &&Entity| match domain {
            Some(domain) => entity.domain() == domain,
            None if class.is_some() && domains.is_empty() => {
                matches!(entity.domain(), "cover" | "binary_sensor")
            }
            None if domains.is_empty() => ASKED_FOR.contains(&entity.domain()),
            None => domains.contains(&entity.domain()),
        };
        let all: Vec<&Entity> = self.view.entities.iter().filter(is_of_domain).collect();
        let Some(class) = class else { return all };
        let with = |fits: &dyn Fn(&Entity) -> bool| -> Vec<&'a Entity> {
            all.iter().copied().filter(|entity| fits(entity)).collect()
        };
        let exact = with(&|entity| entity.device_class.as_deref().is_some_and(|c| is_same_class(c, class)));
        if !exact.is_empty() || domain != Some("cover") {
            return exact;
        }
        // Many covers come without a class, and one person's blind is another's shade.
        if BEFORE_WINDOWS.contains(&class) {
            let similar = with(&|e| e.device_class.as_deref().is_some_and(|c| BEFORE_WINDOWS.contains(&c)));
            if !similar.is_empty() {
                return similar;
            }
        }
        with(&|entity| entity.device_class.as_deref().unwrap_or("").is_empty())
    }

    /// Those of `all` that are meant, by what was said of the place and by where the speaker is.
    pub(super) fn within(
        &self,
        command: &Command,
        reach: Reach,
        hints: &Hints,
        all: &[&'a Entity],
    ) -> Within<'a> {
        let (area, floor) = match command.intent.as_str() {
            "HassVacuumCleanArea" => (None, None),
            _ => (command.text_slot("area"), command.text_slot("floor")),
        };
        let these = |entities: Vec<&'a Entity>, implied: bool| match entities.is_empty() {
            true => Within::None,
            false => Within::These { entities, implied },
        };
        if area.is_some() || floor.is_some() {
            let there: Vec<&Entity> = all.iter().copied().filter(|e| self.is_in(e, area, floor)).collect();
            return match reach {
                Reach::One if there.len() > 1 => one_of(command, there),
                _ => these(there, false),
            };
        }
        // Who leaves out a thing of another room speaks of more than this one.
        let leaves_out_elsewhere = !hints.except_ids.is_empty()
            && !hints
                .except_ids
                .iter()
                .filter_map(|id| self.view.entity(id))
                .any(|e| e.area == self.context.area);
        let is_of_the_home = hints.scope.as_deref() == Some("home") || leaves_out_elsewhere;
        let here = self.context.area.as_deref().filter(|_| !is_of_the_home);
        let near: Vec<&Entity> = match here {
            Some(here) => all.iter().copied().filter(|entity| entity.area.as_deref() == Some(here)).collect(),
            None => Vec::new(),
        };
        let only_here = hints.scope.as_deref() == Some("here");
        match reach {
            Reach::Room if here.is_none() => these(all.to_vec(), false),
            Reach::Room if !near.is_empty() || only_here => these(near, true),
            // A room without one, and one in the whole home: that one is meant.
            Reach::Room if all.len() == 1 || hints.all => these(all.to_vec(), false),
            Reach::Room => Within::None,
            Reach::Home if only_here => these(near, true),
            Reach::Home => these(all.to_vec(), false),
            Reach::One if hints.scope.as_deref() == Some("home") => these(all.to_vec(), false),
            Reach::One if near.is_empty() => one_of(command, all.to_vec()),
            Reach::One => one_of(command, near),
        }
    }

    /// Whether an entity is in an area or on a floor; both given: both.
    pub(super) fn is_in(&self, entity: &Entity, area: Option<&str>, floor: Option<&str>) -> bool {
        let in_area = area.is_none_or(|area| entity.area.as_deref() == Some(area));
        let on_floor = floor.is_none_or(|floor| self.view.floor_of(entity) == Some(floor));
        in_area && on_floor
    }

    /// Whether the sentence leaves this one out ("all lights except the bedroom").
    pub(super) fn is_left_out(&self, entity: &Entity, hints: &Hints) -> bool {
        hints.except_ids.contains(&entity.id)
            || entity.area.as_ref().is_some_and(|area| hints.except_areas.contains(area))
            || hints.except_floor.as_deref().is_some_and(|floor| self.view.floor_of(entity) == Some(floor))
    }

    /// Who knows how warm it is: the place's thermostat, else its thermometers, else the only thermostat.
    pub(super) fn temperature(&self, found: &mut Resolved, hints: &Hints) {
        let area = found.command.text_slot("area").map(str::to_string);
        let floor = found.command.text_slot("floor").map(str::to_string);
        let everywhere = hints.scope.as_deref() == Some("home");
        let here =
            area.clone().or_else(|| self.context.area.clone().filter(|_| floor.is_none() && !everywhere));
        let is_climate = |entity: &&Entity| entity.domain() == "climate";
        let is_thermometer =
            |e: &&Entity| e.domain() == "sensor" && e.device_class.as_deref() == Some("temperature");
        let is_reachable = |e: &&Entity| e.state.availability == Availability::Available;
        let all = || self.view.entities.iter().filter(is_reachable);
        let there = |e: &&Entity| self.is_in(e, here.as_deref(), floor.as_deref());
        let tells = |e: &&Entity| e.domain() != "climate" || e.state.number("current_temperature").is_some();
        let mut candidates: Vec<&Entity> = all().filter(is_climate).filter(there).filter(tells).collect();
        if candidates.is_empty() {
            candidates = all().filter(is_thermometer).filter(there).collect();
        }
        if candidates.is_empty() {
            candidates = all().filter(is_climate).filter(there).collect();
        }
        if candidates.is_empty() && area.is_none() && floor.is_none() {
            candidates = all().filter(is_climate).collect();
        }
        if candidates.is_empty() {
            let place = area.or(floor);
            found.refusal = Some(Refusal::NoDomain { domain: "temperature".into(), area: place });
            found.standing.served = false;
            return;
        }
        found.command.targets = candidates.iter().map(|entity| entity.id.clone()).collect();
    }
}

/// One of several: the one that plays, for a media player; else it must be asked.
fn one_of<'a>(command: &Command, entities: Vec<&'a Entity>) -> Within<'a> {
    let in_state = |state: &str| -> Vec<&'a Entity> {
        entities.iter().copied().filter(|entity| entity.state.value.as_deref() == Some(state)).collect()
    };
    if entities.first().is_some_and(|entity| entity.domain() == "media_player") {
        let order: &[&str] = match command.intent.as_str() {
            "HassMediaUnpause" => &["paused", "playing"],
            _ => &["playing", "paused", "on"],
        };
        if let Some(only) = order.iter().map(|state| in_state(state)).find(|found| found.len() == 1) {
            return Within::These { entities: only, implied: false };
        }
    }
    let is_place_meant = command.slots.contains_key("area") || command.slots.contains_key("floor");
    match entities.len() {
        0 => Within::None,
        1 => Within::These { entities, implied: false },
        // The heating of a floor is all of its thermostats.
        _ if is_place_meant && entities.iter().all(|e| e.domain() == "climate") => {
            Within::These { entities, implied: false }
        }
        _ => Within::OneOf(entities),
    }
}

/// Covers and binary sensors call the same thing by different classes.
fn is_same_class(has: &str, asked: &str) -> bool {
    let plain = |class: &str| if class == "garage_door" { "garage".to_string() } else { class.to_string() };
    plain(has) == plain(asked)
}
