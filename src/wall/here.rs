//! Who is here, as the wall tells it.

use super::handle::Wall;
use super::presence::Person;
use super::state::WallState;
use crate::people::Role;
use crate::post::{PostNum, Standing};

impl Wall {
    /// Somebody opens a console. `None` where so many are open that nobody else is told of.
    pub fn console_opens(&self, name: String, role: Role) -> Option<u64> {
        let console = self.presence.lock().connect(name, role, self.clock.now());
        self.people_changed.notify_one();
        console
    }

    /// A console looks at the post of that id, or at none.
    pub fn console_at(&self, console: u64, post: Option<&str>) {
        let post = post.and_then(|id| self.read().find(id));
        let now = self.clock.now();
        if self.presence.lock().at(console, post, now) {
            self.people_changed.notify_one();
        }
    }

    /// A console is gone.
    pub fn console_closes(&self, console: u64) {
        self.presence.lock().disconnect(console, self.clock.now());
        self.people_changed.notify_one();
    }

    /// Who is here, and who holds which waiting post.
    pub fn people(&self, state: &WallState) -> Vec<Person> {
        let waits = |num: PostNum| {
            let post = state.post(num);
            post.is_some_and(|post| post.standing == Standing::Held)
        };
        let id = |num: PostNum| {
            let content = state.post(num)?.content.as_ref()?;
            Some(content.id.to_string())
        };
        self.presence.lock().people(self.clock.now(), waits, id)
    }

    /// Open consoles of people who may decide.
    pub fn moderators(&self) -> usize {
        self.presence.lock().moderators()
    }

    /// Whether posts wait for somebody, or for an objection, and nobody who could has been here for a while.
    pub fn is_unattended(&self, state: &WallState) -> bool {
        self.presence.lock().is_deserted(self.clock.now())
            && self.needs_people(&state.settings.moderation)
    }
}
