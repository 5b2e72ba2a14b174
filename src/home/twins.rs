//! One thing that is announced in two dialects.

use super::dialect::Announcement;
use super::entity::Entity;
use super::registry::{Change, Home};

impl Entity {
    /// Takes over what another announcement of the same thing tells.
    pub(super) fn adopt(&mut self, area: Option<String>, class: Option<String>) {
        self.area = self.area.take().or(area);
        // A cover's class is only read from its name.
        let told = if self.domain() == "cover" { class.clone() } else { None };
        self.device_class = told.or(self.device_class.take()).or(class);
    }
}

impl Home {
    /// One thing that is announced in two dialects is one entity. The device's own dialect is believed; from
    /// the other one come the area and the class, if its own does not tell them.
    pub(super) fn reconcile(
        &mut self,
        mut announcement: Announcement,
        unsubscribe: &mut Vec<String>,
        changes: &mut Vec<Change>,
    ) -> Option<Announcement> {
        let twins = announcement.twins.iter().filter_map(|twin| self.twins.get(twin)).flatten();
        let mut twins: Vec<usize> = twins.copied().collect();
        twins.sort_unstable();
        twins.dedup();
        let native = announcement.native;
        twins.retain(|i| self.things.get(*i).and_then(Option::as_ref).is_some_and(|t| t.native != native));
        if native {
            for index in twins {
                let Some(twin) = self.things.get(index).and_then(Option::as_ref) else { continue };
                let (area, class) = (twin.entity.area.clone(), twin.entity.device_class.clone());
                announcement.entity.adopt(area, class);
                self.forget(index, unsubscribe, changes);
            }
            return Some(announcement);
        }
        let Some(index) = twins.first() else { return Some(announcement) };
        let known = self.sources.get(&announcement.source).and_then(|c| c.get(&announcement.component));
        if let Some(known) = known.copied() {
            self.forget(known, unsubscribe, changes);
        }
        if let Some(thing) = self.things.get_mut(*index).and_then(Option::as_mut) {
            let before = (thing.entity.area.clone(), thing.entity.device_class.clone());
            thing.entity.adopt(announcement.entity.area, announcement.entity.device_class);
            if before != (thing.entity.area.clone(), thing.entity.device_class.clone()) {
                self.rebuild = true;
                changes.push(Change::Added(thing.entity.id.clone()));
            }
        }
        None
    }
}
