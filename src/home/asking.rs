//! Asking devices for a state that nobody has told.

use super::dialect::Publish;
use super::entity::Availability;
use super::registry::{Home, Thing};

/// What the broker keeps has come this long after a thing was learnt, in ms.
const SETTLED_MS: u64 = 1_500;
/// A thing that did not answer is asked again after this long, and then after twice as long, in ms.
const AGAIN_MS: u64 = 30_000;
/// A thing is asked so often at most.
const TIMES: u32 = 3;
/// So many things are asked at once at most: a radio network is slow.
const AT_ONCE: usize = 10;

impl Home {
    /// The publishes that ask devices who they are, if any has just been noticed. Cheap: call it after every
    /// message.
    pub fn introductions(&mut self) -> Vec<Publish> {
        self.dialects.iter_mut().flat_map(|d| d.questions()).collect()
    }

    /// The publishes that ask devices who they are, or for a state that is not known. Call it about once a
    /// second and send them like commands: QoS 1, not retained. `now_ms` is the clock of [`Home::ingest`].
    pub fn questions(&mut self, now_ms: u64) -> Vec<Publish> {
        let mut publishes = self.introductions();
        let mut things = 0;
        let mut heard = Vec::new();
        for index in &self.unheard {
            let Some(thing) = self.things.get_mut(*index).and_then(Option::as_mut) else { continue };
            if thing.state.value.is_some() || thing.asked >= TIMES {
                heard.push(*index);
            } else if due(thing, now_ms) && things < AT_ONCE {
                let questions = thing.driver.question();
                if questions.is_empty() {
                    heard.push(*index);
                    continue;
                }
                thing.asked += 1;
                things += 1;
                publishes.extend(questions);
            }
        }
        for index in heard {
            self.unheard.remove(&index);
        }
        // Several things of one device ask the same.
        let mut seen = std::collections::HashSet::new();
        publishes.retain(|p| seen.insert((p.topic.clone(), p.payload.clone())));
        publishes
    }
}

fn due(thing: &Thing, now_ms: u64) -> bool {
    let wait = SETTLED_MS + AGAIN_MS * u64::from(thing.asked) * u64::from(thing.asked + 1) / 2;
    thing.state.availability == Availability::Available && now_ms >= thing.learnt_ms.saturating_add(wait)
}
