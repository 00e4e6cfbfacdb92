//! Credentials that the server does not let in: for a while they may still come to be good, and then no more.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How often a write is tried with them at least, and over which time.
const TRIES: u32 = 8;
const LONG: Duration = Duration::from_secs(60);

/// Since when, and how often, by credentials.
#[derive(Default)]
pub(super) struct Denials(Mutex<HashMap<Option<String>, (Instant, u32)>>);

impl Denials {
    /// They were not let in. Says whether it has been tried enough: then the next writes with them are not waited for.
    pub(super) fn denied(&self, credentials: Option<&str>, now: Instant) -> bool {
        let mut denials = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, tries) = denials.entry(credentials.map(str::to_owned)).or_insert((now, 0));
        *tries = tries.saturating_add(1);
        *tries >= TRIES && now.duration_since(*since) >= LONG
    }

    /// They were let in.
    pub(super) fn let_in(&self, credentials: Option<&str>) {
        let mut denials = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        denials.remove(&credentials.map(str::to_owned));
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Denials, LONG, TRIES};

    #[test]
    fn credentials_are_given_up_after_some_tries_and_some_time_and_only_they() {
        let (denials, start) = (Denials::default(), Instant::now());
        for _ in 0..2 * TRIES {
            assert!(!denials.denied(Some("old"), start));
        }
        assert!(!denials.denied(None, start));
        let later = start + LONG + Duration::from_secs(1);
        assert!(denials.denied(Some("old"), later));
        assert!(denials.denied(Some("old"), later), "the next write is not waited for");
        assert!(!denials.denied(Some("other"), later));
        assert!(!denials.denied(None, later), "two tries are not enough");
        denials.let_in(Some("old"));
        assert!(!denials.denied(Some("old"), later));
    }
}
