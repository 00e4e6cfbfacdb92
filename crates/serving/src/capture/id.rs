//! The ids of requests: made here or checked, and what is recorded by them.

use std::{
    borrow::Cow,
    hash::{BuildHasher as _, RandomState},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use base::{Hash, Timestamp};

use crate::error::Error;

/// The longest id that is taken, in bytes.
pub const LONGEST: usize = 256;

/// The id of a request's row, by which labels name it: the request's own for its only row, else
/// `id/0`, `id/1`, …
pub fn of_row(id: &str, row: usize, rows: usize) -> Cow<'_, str> {
    if rows == 1 { Cow::Borrowed(id) } else { Cow::Owned(format!("{id}/{row}")) }
}

/// The id that the caller gave; an empty one is none.
pub(crate) fn given(id: Option<&str>) -> Result<Option<&str>, Error> {
    match id.filter(|id| !id.is_empty()) {
        Some(id) if id.len() > LONGEST => Err(Error::LongId { bytes: id.len(), limit: LONGEST }),
        id => Ok(id),
    }
}

/// Refuses an id that would be too long with the number of a row behind it.
pub(crate) fn for_rows(id: Option<&str>, rows: usize) -> Result<(), Error> {
    // A slash, and at most as many digits as a number of rows has.
    let limit = LONGEST - 1 - rows.to_string().len();
    match id {
        Some(id) if rows > 1 && id.len() > limit => Err(Error::LongId { bytes: id.len(), limit }),
        _ => Ok(()),
    }
}

/// Whether the request of this id belongs to a sample of this share.
///
/// By the first 64 bits of the id's BLAKE3 hash, so that every process decides alike.
pub(super) fn is_sampled(id: &str, rate: f64) -> bool {
    rate >= 1.0 || ((Hash::of(id).prefix() >> 11) as f64 / (1_u64 << 53) as f64) < rate
}

/// Makes ids that no other process and no restart makes again.
#[derive(Debug)]
pub(super) struct Ids {
    start: String,
    next: AtomicU64,
}

impl Ids {
    pub(super) fn new(now: Timestamp) -> Self {
        // The hasher's keys come from the system's randomness.
        let chance = RandomState::new().hash_one(process::id()) & 0xffff_ffff;
        let seconds = now.micros().unsigned_abs() / 1_000_000;
        Self { start: format!("{}-{}-", digits(seconds), digits(chance)), next: AtomicU64::new(0) }
    }

    /// Writes a new id in the place of what is there.
    pub(super) fn make(&self, id: &mut String) {
        id.clear();
        id.push_str(&self.start);
        push_digits(self.next.fetch_add(1, Ordering::Relaxed), id);
    }
}

fn digits(number: u64) -> String {
    let mut text = String::new();
    push_digits(number, &mut text);
    text
}

/// A number in base 36, which is short and needs no escapes.
fn push_digits(mut number: u64, out: &mut String) {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut reversed = [0; 13];
    let mut length = 0;
    loop {
        reversed[length] = DIGITS[(number % 36) as usize];
        length += 1;
        number /= 36;
        if number == 0 {
            break;
        }
    }
    out.extend(reversed[..length].iter().rev().map(|digit| char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use base::Timestamp;

    use super::{Ids, LONGEST, digits, given, is_sampled, of_row};

    #[test]
    fn made_ids_are_short_and_differ_within_and_between_processes() {
        let now = Timestamp::from_micros(1_764_000_000_000_000);
        let (one, other) = (Ids::new(now), Ids::new(now));
        let mut seen = BTreeSet::new();
        let mut id = String::new();
        for ids in [&one, &other] {
            for _ in 0..1_000 {
                ids.make(&mut id);
                assert!(id.len() <= 20, "{id}");
                assert!(seen.insert(id.clone()), "{id} came twice");
            }
        }
        assert_eq!((digits(0).as_str(), digits(35).as_str(), digits(36).as_str()), ("0", "z", "10"));
        assert_eq!(digits(u64::MAX), "3w5e11264sgsf");
    }

    #[test]
    fn an_id_is_taken_up_to_its_longest_and_an_empty_one_is_none() {
        let longest = "x".repeat(LONGEST);
        assert_eq!(given(Some(&longest)).unwrap(), Some(longest.as_str()));
        assert!(given(Some(&"x".repeat(LONGEST + 1))).is_err());
        assert_eq!(given(Some("")).unwrap(), None);
    }

    #[test]
    fn a_sample_has_its_share_and_is_the_same_each_time() {
        for rate in [0.0, 0.1, 0.5, 1.0] {
            let ids: Vec<String> = (0..20_000).map(|number| format!("r-{number}")).collect();
            let sampled = ids.iter().filter(|id| is_sampled(id, rate)).count() as f64 / 20_000.0;
            assert!((sampled - rate).abs() < 0.015, "{sampled} of {rate}");
            assert!(ids.iter().all(|id| is_sampled(id, rate) == is_sampled(id, rate)));
        }
    }

    #[test]
    fn rows_of_one_request_are_numbered_and_a_single_one_is_not() {
        assert_eq!(of_row("a", 0, 1), "a");
        assert_eq!(of_row("a", 2, 3), "a/2");
    }
}
