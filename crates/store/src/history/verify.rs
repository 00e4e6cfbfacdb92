//! Does the history hold together, and does it account for what serves now?

use base::{Hash, Timestamp};
use rusqlite::{Row, Transaction};
use serde::{Deserialize, Serialize};

use super::{beginning, movement::Replay, read};
use crate::{Error, Store, column, database::Fault, registry};

/// A history that holds together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// How many entries it has.
    pub entries: u64,
    /// The hash of the last one. Noted elsewhere, it shows later whether the tail was cut.
    pub head: Hash,
}

/// The first place where a history does not hold together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("trust the history: entry {sequence}: {why}; restore the database from a backup made before that")]
pub struct Broken {
    /// The entry.
    pub sequence: u64,
    /// What is wrong there.
    pub why: String,
}

impl Store {
    /// Checks every entry, the chain between them, and that aliases and services are where the
    /// history left them.
    ///
    /// `noted` is a head from an earlier check: the entry it belongs to must still be there.
    ///
    /// # Errors
    /// [`Error::Broken`] names the first entry that does not hold.
    pub fn verify_history(&self, noted: Option<Hash>) -> Result<Verified, Error> {
        self.database().read("verify the history", |transaction| {
            let (verified, replay) = verify_chain(transaction, noted)?;
            compare_with_tables(transaction, verified.entries, &replay)?;
            Ok(verified)
        })
    }
}

fn verify_chain(transaction: &Transaction<'_>, noted: Option<Hash>) -> Result<(Verified, Replay), Fault> {
    let mut statement = transaction.prepare("SELECT * FROM history ORDER BY sequence")?;
    let mut rows = statement.query([])?;
    let mut chain = Chain { verified: Verified { entries: 0, head: beginning() }, last: None };
    let mut replay = Replay::default();
    let mut noted_is_there = noted.is_none_or(|noted| noted == beginning());
    while let Some(row) = rows.next()? {
        let event = chain.follow(row).map_err(Error::from)?;
        noted_is_there |= noted == Some(event.hash);
        replay.apply(&event).map_err(Error::from)?;
    }
    if !noted_is_there {
        let why = "the head noted earlier is not in the history, so its tail was cut or replaced".to_owned();
        return Err(Error::from(Broken { sequence: chain.verified.entries + 1, why }).into());
    }
    Ok((chain.verified, replay))
}

/// The chain up to the last entry that was followed.
struct Chain {
    verified: Verified,
    last: Option<Timestamp>,
}

impl Chain {
    /// Checks that a row is the next link.
    fn follow(&mut self, row: &Row<'_>) -> Result<super::Event, Broken> {
        let expected = self.verified.entries + 1;
        let broken = |why: String| Broken { sequence: expected, why };
        let sequence = column::count(row, "sequence").map_err(|error| broken(error.to_string()))?;
        if sequence != expected {
            return Err(broken(format!("it is missing: the next entry is {sequence}")));
        }
        let event = read(row).map_err(|error| broken(format!("it cannot be read ({error})")))?;
        if event.sealed() != event.hash {
            return Err(broken("its content was changed: it does not match its hash".to_owned()));
        }
        if event.previous != self.verified.head {
            return Err(broken("it does not follow the entry before it, which was replaced".to_owned()));
        }
        if self.last.is_some_and(|last| event.at < last) {
            return Err(broken("it is dated before the entry before it".to_owned()));
        }
        self.verified = Verified { entries: sequence, head: event.hash };
        self.last = Some(event.at);
        Ok(event)
    }
}

/// What the tables say must be what the history says, or somebody changed them past it.
fn compare_with_tables(transaction: &Transaction<'_>, last: u64, replay: &Replay) -> Result<(), Fault> {
    let broken = |why: String| Fault::from(Error::from(Broken { sequence: last, why }));
    let aliases = registry::all_aliases(transaction)?;
    for owner in aliases.keys().chain(replay.aliases.keys()) {
        let (now, by_history) = (aliases.get(owner), replay.aliases.get(owner));
        if now != by_history {
            let (alias, model) = (&owner.1, &owner.0);
            let (now, by_history) = (shown(now), shown(by_history));
            let why = format!(
                "after it alias `{alias}` of model `{model}` names {by_history}, but it is {now} now"
            );
            return Err(broken(why));
        }
    }
    let services = registry::all_services(transaction)?;
    for service in services.keys().chain(replay.services.keys()) {
        let now = services.get(service).map(|now| (&now.model, now.version));
        let by_history = replay.services.get(service).map(|then| (&then.model, then.version));
        if now != by_history {
            let describe = |place: Option<(&base::Name, u64)>| {
                place.map_or_else(
                    || "nothing".to_owned(),
                    |(model, version)| format!("version {version} of `{model}`"),
                )
            };
            let (now, by_history) = (describe(now), describe(by_history));
            let why = format!("after it service `{service}` answers from {by_history}, but it is {now} now");
            return Err(broken(why));
        }
    }
    for ((model, version), artifact) in &replay.artifacts {
        let now = match registry::artifact(transaction, model, *version) {
            Ok(now) => Some(now),
            Err(Fault::Refused(_)) => None,
            Err(fault) => return Err(fault),
        };
        if now != Some(*artifact) {
            return Err(broken(format!(
                "version {version} of model `{model}` is not what the history says it was"
            )));
        }
    }
    Ok(())
}

fn shown(version: Option<&u64>) -> String {
    version.map_or_else(|| "nothing".to_owned(), |version| format!("version {version}"))
}
