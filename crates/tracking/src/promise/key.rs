//! The key of a tracking directory, from which the ids and secrets of promised runs are made.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use base::Hasher;

use super::Secret;
use crate::ids::Ids;

/// What the ids and secrets of promised runs are made from: the same for the same attempt in every process, so that a
/// command which outlives its engine is known to the next one, and guessed by nobody.
#[derive(Clone)]
pub struct Key(String);

/// The file in the directory that has it.
const FILE: &str = "steps.key";
const FRESH: &str = "steps.key.new";
/// Hexadecimal digits.
const LENGTH: usize = 64;
/// Hexadecimal digits of a run's id, and of a secret: 128 bits.
const DIGITS: usize = 32;

impl Key {
    /// The key of this directory. Both are made when they are not there.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn of(directory: &Path) -> io::Result<Self> {
        let path = directory.join(FILE);
        match fs::read_to_string(&path) {
            // One that lost its content with the machine's power is of no more use.
            Ok(key) if key.len() == LENGTH => return Ok(Self(key)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut ids = Ids::open()?;
        let key = ids.hex() + &ids.hex();
        fs::create_dir_all(directory)?;
        let fresh = directory.join(FRESH);
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(key.as_bytes())?;
        fs::rename(&fresh, &path)?;
        Ok(Self(key))
    }

    /// The id of the run of this attempt.
    pub fn run_id(&self, attempt: &str) -> String {
        self.mixed("run", attempt)
    }

    /// What the command of this attempt shows to be let in.
    pub fn secret(&self, attempt: &str) -> Secret {
        Secret::new(format!("kz_step_{}", self.mixed("secret", attempt)))
    }

    fn mixed(&self, purpose: &str, attempt: &str) -> String {
        let mut mixed = Hasher::new().field(&self.0).field(purpose).field(attempt).finish().to_string();
        mixed.truncate(DIGITS);
        mixed
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::{FILE, Key};

    #[test]
    fn an_attempt_has_the_same_run_and_secret_in_every_process() {
        let directory = tempfile::tempdir().unwrap();
        let (one, other) = (Key::of(directory.path()).unwrap(), Key::of(directory.path()).unwrap());
        let id = one.run_id("features-1.1");
        assert_eq!(id, other.run_id("features-1.1"));
        assert!(id.len() == 32 && id.bytes().all(|letter| letter.is_ascii_hexdigit()), "{id}");
        assert_eq!(one.secret("features-1.1"), other.secret("features-1.1"));
        assert_ne!(id, one.run_id("features-1.2"));
    }

    #[test]
    fn what_nobody_else_may_know_differs_between_directories_and_is_for_its_owner_alone() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secrets = [&here, &there].map(|at| Key::of(at.path()).unwrap().secret("features-1.1"));
        assert_ne!(secrets[0], secrets[1]);
        assert!(!secrets[0].reveal().contains(&Key::of(here.path()).unwrap().run_id("features-1.1")));
        let mode = fs::metadata(here.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_was_cut_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        Key::of(directory.path()).unwrap();
        fs::write(directory.path().join(FILE), "ab").unwrap();
        let replaced = Key::of(directory.path()).unwrap();
        assert_eq!(replaced.run_id("a"), Key::of(directory.path()).unwrap().run_id("a"));
        assert_eq!(replaced.0.len(), 64);
    }
}
