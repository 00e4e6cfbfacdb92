//! Triggers that are called from outside. The server is given a [`Callers`], and asks it for each call.

use std::{fmt, sync::Arc};

use base::{Clock, Hash};
use serving::triggers::{NotFired, Triggers};
use spec::Trigger;
use store::{Firing, Store};

use crate::shared::Current;

/// Knows who may let which trigger of the project in force fire.
pub struct Callers {
    project: Current,
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Callers {
    pub(crate) fn new(project: Current, store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { project, store, clock }
    }

    /// Whether this is the token of a trigger that is there to be called. How long the answer takes tells nothing
    /// of the token: hashes are compared, of which nobody outside can choose the beginning.
    fn knows(&self, name: &str, token: &str) -> bool {
        let project = self.project.get();
        let wanted = match project.spec.triggers.get(name) {
            Some(Trigger::Webhook { token }) => Some(token.reveal()),
            _ => None,
        };
        let is_it = Hash::of(wanted.unwrap_or_default()) == Hash::of(token);
        is_it && wanted.is_some()
    }
}

impl Triggers for Callers {
    fn fire(&self, name: &str, token: &str) -> Result<(), NotFired> {
        if !self.knows(name, token) {
            return Err(NotFired::Refused);
        }
        let name = name.parse().map_err(|_| NotFired::Refused)?;
        let now = self.clock.now();
        let firing = Firing { key: now.to_string(), why: format!("called {now}"), at: now };
        // It may have been called in the same instant before: then the one plan is for both.
        self.store.fire(&name, &firing).map_err(|error| NotFired::Unavailable(error.into()))?;
        Ok(())
    }
}

impl fmt::Debug for Callers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Callers").field("project", &self.project).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc, time::Duration};

    use base::{FixedClock, Timestamp};
    use serving::triggers::{NotFired, Triggers as _};
    use store::Store;

    use super::Callers;
    use crate::{Project, Variables, shared::Current};

    const TOKEN: &str = "a token of 16 bytes";

    struct Scene {
        callers: Callers,
        current: Current,
        store: Store,
        clock: Arc<FixedClock>,
        folder: tempfile::TempDir,
    }

    impl Scene {
        fn with(triggers: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let clock = Arc::new(FixedClock::at(Timestamp::from_micros(0)));
            let store = Store::open(&folder.path().join("store"), clock.clone()).unwrap();
            let current = Current::new(project(&folder, triggers));
            let callers = Callers::new(current.clone(), store.clone(), clock.clone());
            Self { callers, current, store, clock, folder }
        }

        /// When and why the trigger `deploy` fired last.
        fn fired(&self) -> Option<(String, String)> {
            let state = self.store.trigger(&"deploy".parse().unwrap()).unwrap();
            state.and_then(|state| state.firing).map(|firing| (firing.key, firing.why))
        }

        fn is_refused(&self, name: &str, token: &str) -> bool {
            matches!(self.callers.fire(name, token), Err(NotFired::Refused))
        }
    }

    fn project(folder: &tempfile::TempDir, triggers: &str) -> Project {
        let text = format!("[project]\nname = \"rides\"\n\n{triggers}");
        fs::write(folder.path().join("kaizen.toml"), text).unwrap();
        Project::load(folder.path(), &Variables::default()).unwrap()
    }

    const DEPLOY: &str = "[trigger.deploy]\nwebhook = { token = \"a token of 16 bytes\" }\n\n\
        [trigger.nightly]\ncron = \"0 3 * * *\"\n";

    #[test]
    fn a_call_with_the_token_is_on_disk_and_each_call_is_another() {
        let scene = Scene::with(DEPLOY);
        scene.callers.fire("deploy", TOKEN).unwrap();
        let (key, why) = scene.fired().unwrap();
        assert_eq!((key.as_str(), why.as_str()), ("1970-01-01T00:00:00Z", "called 1970-01-01T00:00:00Z"));
        scene.clock.advance(Duration::from_micros(1));
        scene.callers.fire("deploy", TOKEN).unwrap();
        assert_ne!(scene.fired().unwrap().0, key);
    }

    #[test]
    fn a_wrong_token_another_sort_of_trigger_and_an_unknown_one_are_refused_alike_and_leave_nothing() {
        let scene = Scene::with(DEPLOY);
        for (name, token) in [
            ("deploy", ""),
            ("deploy", "a token of 16 byte"),
            ("deploy", "a token of 16 bytes "),
            ("nightly", TOKEN),
            ("nightly", ""),
            ("missing", ""),
            ("missing", TOKEN),
            ("../deploy", TOKEN),
        ] {
            assert!(scene.is_refused(name, token), "{name} {token}");
        }
        assert_eq!(scene.store.triggers().unwrap(), []);
    }

    #[test]
    fn an_edited_project_file_counts_at_once() {
        let scene = Scene::with(DEPLOY);
        scene.current.set(project(&scene.folder, &DEPLOY.replace("16 bytes", "many bytes")));
        assert!(scene.is_refused("deploy", TOKEN));
        scene.callers.fire("deploy", "a token of many bytes").unwrap();
        scene.current.set(project(&scene.folder, ""));
        assert!(scene.is_refused("deploy", "a token of many bytes"));
    }
}
