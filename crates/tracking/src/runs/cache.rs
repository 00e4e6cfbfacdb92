//! Keeps the runs that were read last as JSON, for clients that ask again and again.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

/// How many bytes each of the two generations holds at most.
const GENERATION: usize = 16 * 1024 * 1024;
/// What an entry costs beside its text.
const OVERHEAD: usize = 96;

/// Runs as JSON, as they were shown last. What was not asked for since the young generation filled up is forgotten.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<i64, Shown>,
    old: HashMap<i64, Shown>,
    young_bytes: usize,
}

#[derive(Clone)]
struct Shown {
    version: i64,
    json: Arc<[u8]>,
}

impl Cache {
    /// The run of this row as of this version.
    pub(super) fn get(&self, row: i64, version: i64) -> Option<Arc<[u8]>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = match generations.young.get(&row) {
            Some(shown) => shown.clone(),
            None => {
                let shown = generations.old.remove(&row)?;
                generations.put(row, shown.clone());
                shown
            }
        };
        (shown.version == version).then_some(shown.json)
    }

    pub(super) fn put(&self, row: i64, version: i64, json: Arc<[u8]>) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.put(row, Shown { version, json });
    }
}

impl Generations {
    fn put(&mut self, row: i64, shown: Shown) {
        let size = shown.json.len() + OVERHEAD;
        if size > GENERATION / 4 {
            return;
        }
        if self.young_bytes + size > GENERATION {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += size;
        if let Some(before) = self.young.insert(row, shown) {
            self.young_bytes -= before.json.len() + OVERHEAD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_asked_version_is_given_back() {
        let cache = Cache::default();
        cache.put(1, 1, Arc::from(&b"one"[..]));
        assert_eq!(cache.get(1, 1).as_deref(), Some(&b"one"[..]));
        assert_eq!(cache.get(1, 2), None);
        cache.put(1, 2, Arc::from(&b"two"[..]));
        assert_eq!(cache.get(1, 2).as_deref(), Some(&b"two"[..]));
    }

    #[test]
    fn what_is_held_stays_within_two_generations_and_what_is_used_stays() {
        let cache = Cache::default();
        let json: Arc<[u8]> = vec![b' '; 1024 * 1024].into();
        for row in 0..100 {
            cache.put(row, 1, Arc::clone(&json));
            assert!(cache.get(0, 1).is_some(), "{row}");
        }
        let generations = cache.0.lock().unwrap();
        let held: usize =
            generations.young.values().chain(generations.old.values()).map(|shown| shown.json.len()).sum();
        assert!(held <= 2 * GENERATION, "{held}");
    }
}
