//! Takes away objects that nothing names any more.
//!
//! Retention forgets segments first and then asks here. An object goes only when nothing names it:
//! no row of the database, and no object that is itself named, such as a tree or a manifest. What
//! cannot be told counts as named.

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fs::File, io::Read as _};

use base::Hash;
use rusqlite::Transaction;

use crate::{Error, Lock, Store, error::Context as _, pending};

/// Every column that may name an object, be it inside JSON. The files a project reads (`files`) are
/// not in the store, and a hash of the history or of a plan is not that of an object.
///
/// `signals` and `windows` grow with every window, and this is read while nobody else may write: they
/// are left out because their details are numbers that the monitor measured, of a crate that knows no
/// objects. Nor does the cache keep what it names: whoever finds an entry looks whether its output is there,
/// and an entry without is none. An incident's causes and a ticket's evidence and links are few and can say anything, such as
/// which artifact is to blame, so they count.
const NAMING: &str = "SELECT artifact AS text FROM versions
    UNION ALL SELECT verdict FROM versions
    UNION ALL SELECT lineage FROM versions
    UNION ALL SELECT output FROM nodes
    UNION ALL SELECT detail FROM nodes
    UNION ALL SELECT reason FROM actions
    UNION ALL SELECT detail FROM actions
    UNION ALL SELECT detail FROM history
    UNION ALL SELECT object FROM segments WHERE forgotten IS NULL
    UNION ALL SELECT state FROM monitor_states
    UNION ALL SELECT detail FROM incidents
    UNION ALL SELECT evidence FROM tickets
    UNION ALL SELECT links FROM tickets";

/// How many digits a hash is written with.
const DIGITS: usize = 64;

impl Store {
    /// Takes away those of the objects that nothing names, and returns them.
    ///
    /// Whoever runs the line calls this, hence the lock, and not while it makes something that will
    /// name one of them: an object that is stored and not named yet would go.
    ///
    /// # Errors
    /// When something cannot be read or removed. Objects removed before that are gone.
    pub fn remove_objects(&self, objects: &[Hash], _held: &Lock) -> Result<Vec<Hash>, Error> {
        let mut wanted = BTreeSet::new();
        for hash in objects {
            if self.exists(hash)? {
                wanted.insert(*hash);
            }
        }
        // A write transaction, so that no command beside the engine names one of them meanwhile.
        self.database().write("look for objects that nothing names", |transaction| {
            let mut named = roots(transaction)?;
            let mut visited = BTreeSet::new();
            while let Some(hash) = named.pop_first() {
                wanted.remove(&hash);
                if wanted.is_empty() {
                    return Ok(Vec::new());
                }
                if visited.insert(hash) {
                    named.extend(self.named_by(&hash)?);
                }
            }
            for hash in &wanted {
                self.objects().remove(hash)?;
                pending::forget(transaction, hash)?;
                self.database().waiting().forget(hash);
            }
            Ok(wanted.into_iter().collect())
        })
    }

    /// The hashes in an object that is JSON, which is what trees, manifests and verdicts are. Nothing
    /// else names an object.
    fn named_by(&self, hash: &Hash) -> Result<BTreeSet<Hash>, Error> {
        let mut finder = Finder::default();
        if !self.exists(hash)? {
            return Ok(finder.found);
        }
        let path = self.path(hash)?;
        let mut file = File::open(&path).during("open", &path)?;
        let mut buffer = vec![0; 64 * 1024];
        let mut is_json = None;
        loop {
            let count = file.read(&mut buffer).during("read", &path)?;
            let piece = &buffer[..count];
            if count == 0 || !*is_json.get_or_insert(matches!(piece[0], b'{' | b'[')) {
                finder.end_run();
                return Ok(finder.found);
            }
            finder.look(piece);
        }
    }
}

/// What the database names.
fn roots(transaction: &Transaction<'_>) -> rusqlite::Result<BTreeSet<Hash>> {
    let mut statement = transaction.prepare(NAMING)?;
    let mut rows = statement.query([])?;
    let mut finder = Finder::default();
    while let Some(row) = rows.next()? {
        let text: Option<String> = row.get("text")?;
        finder.look(text.unwrap_or_default().as_bytes());
        finder.end_run();
    }
    Ok(finder.found)
}

/// Finds hashes in text that comes in pieces: runs of as many digits as a hash has.
#[derive(Default)]
struct Finder {
    run: String,
    found: BTreeSet<Hash>,
}

impl Finder {
    fn look(&mut self, text: &[u8]) {
        for byte in text {
            if !byte.is_ascii_hexdigit() {
                self.end_run();
            } else if self.run.len() <= DIGITS {
                self.run.push(char::from(*byte));
            }
        }
    }

    fn end_run(&mut self) {
        if self.run.len() == DIGITS {
            self.found.extend(self.run.parse::<Hash>());
        }
        self.run.clear();
    }
}
