//! Writes that are done once, however often they are sent.
//!
//! A spool sends a write again when it did not hear the answer. Each of its writes has a number, which is noted in the
//! transaction that does the write: what is noted already was done, and is not done again.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::Connection;

use crate::{Code, Error, Tracking, writer::Writing};

/// After how long without its spool a note is taken away, in milliseconds: no write is sent again so late.
const FORGOTTEN: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How long the name of a spool may be.
const LONGEST: usize = 64;

/// The number of a write. As text it is `SPOOL:SEQUENCE:SETTLED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Who sends it; nobody else has this name.
    pub spool: String,
    /// Which of its writes.
    pub sequence: u64,
    /// Below this, none of its writes is sent again.
    pub settled: u64,
}

/// The number of the write that a handle is for.
pub(crate) struct Claim {
    once: Once,
    /// A request may write more than once; its first write stands for all.
    is_noted: AtomicBool,
}

impl fmt::Display for Once {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.spool, self.sequence, self.settled)
    }
}

impl FromStr for Once {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parsed = || {
            let mut parts = text.split(':');
            let (spool, sequence, settled) = (parts.next()?, parts.next()?, parts.next()?);
            let is_name = (1..=LONGEST).contains(&spool.len())
                && spool.bytes().all(|letter| letter.is_ascii_alphanumeric());
            let number = |text: &str| text.parse().ok().filter(|number| i64::try_from(*number).is_ok());
            let once =
                Self { spool: spool.to_owned(), sequence: number(sequence)?, settled: number(settled)? };
            (is_name && parts.next().is_none()).then_some(once)
        };
        parsed().ok_or_else(|| Error::invalid("X-Kaizen-Once is not SPOOL:SEQUENCE:SETTLED"))
    }
}

impl Tracking {
    /// The same directory, for one write of a spool. When that was done before it is refused as
    /// [`Code::AlreadyDone`].
    #[must_use]
    pub fn once(&self, once: Once) -> Self {
        self.claiming(Arc::new(Claim { once, is_noted: AtomicBool::new(false) }))
    }
}

impl Claim {
    /// Does the write, unless it was done before.
    pub(crate) fn perform<T>(
        &self,
        writing: &mut Writing<'_>,
        body: impl FnOnce(&mut Writing<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.is_noted.swap(true, Ordering::SeqCst) {
            return body(writing);
        }
        let done = note(writing, &self.once).and_then(|()| body(writing));
        // The note of a write that is refused is undone with it.
        self.is_noted.store(done.is_ok(), Ordering::SeqCst);
        done
    }
}

fn note(writing: &Writing<'_>, once: &Once) -> Result<(), Error> {
    // They were checked to be numbers that fit.
    let [sequence, settled] =
        [once.sequence, once.settled].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let sql = "INSERT OR IGNORE INTO once (spool, sequence, at) VALUES (?1, ?2, ?3)";
    let mut insert = writing.transaction.prepare_cached(sql)?;
    if insert.execute((&once.spool, sequence, writing.now))? == 0 {
        return Err(Error::new(Code::AlreadyDone, "this was done before"));
    }
    if settled > 0 {
        let sql = "DELETE FROM once WHERE spool = ?1 AND sequence < ?2";
        writing.transaction.prepare_cached(sql)?.execute((&once.spool, settled))?;
    }
    Ok(())
}

/// Takes away the notes of spools that are long gone.
pub(crate) fn forget(connection: &Connection, now: i64) -> Result<(), Error> {
    connection.execute("DELETE FROM once WHERE at < ?1", [now.saturating_sub(FORGOTTEN)])?;
    Ok(())
}

#[cfg(test)]
mod tests;
