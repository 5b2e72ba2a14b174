//! What carries out a command, and what should come of it.

use super::action::Action;
use super::dialect::Cannot;
use super::entity::{Availability, Entity, EntityState};
use super::expectation::{Expectation, assumed, expected};
use super::intents;
use super::order::Order;
use super::registry::{Change, Home, Thing};
use crate::intent::{Command, Refusal};

/// How a command is carried out, target by target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Carried {
    /// The publishes, in their order.
    pub actions: Vec<Action>,
    /// Why some of the targets, or all, are left out.
    pub refusals: Vec<Refusal>,
}

impl Home {
    /// The publishes that carry out a command, and the targets that cannot do it.
    ///
    /// Call it, and [`Home::expects`], before any of the publishes is sent: relative changes and
    /// toggles are worked out from the states as they are known now.
    pub fn carry_out(&self, command: &Command) -> Carried {
        let mut carried = Carried::default();
        if intents::asks(&command.intent) {
            return carried;
        }
        if !intents::changes(&command.intent) {
            carried.refusals.push(Refusal::NotServed { intent: command.intent.clone() });
            return carried;
        }
        for target in &command.targets {
            match self.publishes(command, target) {
                Ok(actions) => carried.actions.extend(actions),
                Err(refusal) => carried.refusals.push(refusal),
            }
        }
        carried
    }

    /// The publishes that carry out a command; never retained, QoS 1.
    ///
    /// Targets that cannot do it are left out as long as another one can; [`Home::carry_out`] names them.
    /// A question, and a command without targets, has none.
    ///
    /// # Errors
    /// Why the first target cannot do it, if none of them can.
    pub fn actions(&self, command: &Command) -> Result<Vec<Action>, Refusal> {
        let Carried { actions, mut refusals } = self.carry_out(command);
        if actions.is_empty() && !refusals.is_empty() {
            return Err(refusals.swap_remove(0));
        }
        Ok(actions)
    }

    /// The states that should come back when a command is carried out.
    ///
    /// Things that report nothing, and scenes and buttons, are not in it.
    pub fn expects(&self, command: &Command) -> Vec<Expectation> {
        let targets = command.targets.iter().filter_map(|id| self.order(command, id).ok());
        targets
            .filter(|(thing, _)| thing.driver.reports())
            .flat_map(|(t, o)| expected(&o, &t.entity))
            .collect()
    }

    /// Notes what a command that was sent has done to things that report nothing.
    ///
    /// Call it once a command is delivered; it knows nothing that a state could contradict.
    pub fn assume(&mut self, command: &Command, now_ms: u64) -> Vec<Change> {
        let orders: Vec<(String, Order)> = command
            .targets
            .iter()
            .filter_map(|id| self.order(command, id).ok())
            .filter(|(thing, _)| !thing.driver.reports())
            .map(|(thing, order)| (thing.entity.id.clone(), order))
            .collect();
        let mut changes = Vec::new();
        for (id, order) in orders {
            let Some(thing) = self.thing_mut(&id) else { continue };
            if assumed(&order, &thing.entity, &mut thing.state) {
                thing.state.heard_at_ms = Some(now_ms);
                changes.push(Change::State(id));
            }
        }
        changes
    }

    fn publishes(&self, command: &Command, target: &str) -> Result<Vec<Action>, Refusal> {
        let (thing, order) = self.order(command, target)?;
        let publishes = thing.driver.write(&order, &thing.state).map_err(|cannot| {
            let entity = target.to_owned();
            match cannot {
                Cannot::Lacks(feature) => {
                    Refusal::FeatureNotSupported { entity, feature: feature.to_owned() }
                }
                Cannot::OutOfRange(slot, min, max) => {
                    Refusal::OutOfRange { entity, slot: slot.to_owned(), min, max }
                }
                Cannot::Unknown => Refusal::Unavailable { entity },
            }
        })?;
        Ok(publishes.into_iter().map(|p| Action::Publish { topic: p.topic, payload: p.payload }).collect())
    }

    /// What a command tells one target, if it may and can be told.
    fn order(&self, command: &Command, target: &str) -> Result<(&Thing, Order), Refusal> {
        let unknown = || Refusal::NoEntity { name: target.to_owned(), area: None };
        let thing = self.thing(target).ok_or_else(unknown)?;
        if !self.config.allows(target) {
            return Err(Refusal::NotAllowed { entity: target.to_owned() });
        }
        if thing.state.availability == Availability::Unavailable {
            return Err(Refusal::Unavailable { entity: target.to_owned() });
        }
        let entity = with_state(&thing.entity, &thing.state);
        let not_ours = || Refusal::NotServed { intent: command.intent.clone() };
        let order = intents::order(command, &entity).ok_or_else(not_ours)??;
        Ok((thing, order))
    }
}

fn with_state(entity: &Entity, state: &EntityState) -> Entity {
    Entity { state: state.clone(), ..entity.clone() }
}
