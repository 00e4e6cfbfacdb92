//! What every kind of thing that is imported has in common: it is held against what is here, then written or left.

use rusqlite::Transaction;

use super::{Import, report::Count};
use crate::{import, writer::Writing};

/// Something of MLflow's that has an id or a name by which it is found here.
pub(super) trait Item: Send + Sized + 'static {
    /// What kind of thing, for people.
    const KIND: &'static str;

    /// What it is called, for people.
    fn name(&self) -> String;

    /// Holds it against what is here.
    fn compare(&self, transaction: &Transaction<'_>) -> Result<Decision, crate::Error>;

    /// Writes what is new of it, and gives its row. Whatever is here stays as it is.
    fn write(&self, writing: &mut Writing<'_>) -> Result<i64, crate::Error>;
}

/// What is to become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is not here.
    New,
    /// It is here, in this row, with less.
    More(i64),
    /// It is here, in this row.
    Same(i64),
    /// It contradicts what is here, in these ways.
    Contradicts(Vec<String>),
}

/// Something that was held against what is here, and written when there was something to write.
pub(super) struct Brought<T> {
    pub(super) item: T,
    pub(super) decision: Decision,
    /// Its row here; none when it contradicts what is here, or nothing is written.
    pub(super) row: Option<i64>,
}

impl Decision {
    /// More or nothing more.
    pub(super) fn here(row: i64, has_more: bool) -> Self {
        if has_more { Self::More(row) } else { Self::Same(row) }
    }

    pub(super) fn count(&self, count: &mut Count) {
        count.found += 1;
        match self {
            Self::New => count.new += 1,
            Self::More(_) => count.changed += 1,
            Self::Same(_) => count.same += 1,
            Self::Contradicts(_) => count.conflicting += 1,
        }
    }
}

impl Import<'_> {
    /// Brings over these in one read and one write. What contradicts what is here is told.
    pub(super) fn bring<T: Item>(&mut self, items: Vec<T>) -> Result<Vec<Brought<T>>, import::Error> {
        let decisions = self.target.read(|transaction| {
            items.iter().map(|item| item.compare(transaction)).collect::<Result<Vec<_>, _>>()
        })?;
        let mut brought = Vec::with_capacity(items.len());
        for (item, decision) in items.into_iter().zip(decisions) {
            if let Decision::Contradicts(problems) = &decision {
                self.report.conflict(T::KIND, &item.name(), problems.join("; "));
            }
            let row = match decision {
                Decision::More(row) | Decision::Same(row) => Some(row),
                Decision::New | Decision::Contradicts(_) => None,
            };
            brought.push(Brought { item, decision, row });
        }
        if !self.target.is_written() {
            return Ok(brought);
        }
        let written = self.target.write(move |writing| {
            for one in &mut brought {
                if matches!(one.decision, Decision::New | Decision::More(_)) {
                    one.row = Some(one.item.write(writing)?);
                }
            }
            Ok(brought)
        })?;
        Ok(written.unwrap_or_default())
    }
}
