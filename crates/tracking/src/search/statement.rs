//! A statement as it grows.

use rusqlite::{Transaction, types::Value};

use crate::Error;

/// Longer ones, such as those with long lists, are not kept for the next time.
const LONGEST_KEPT: usize = 4_000;

/// Text that stands in this source, and values that are bound in its order.
#[derive(Debug, Clone, Default)]
pub(super) struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statement {
    pub(super) fn of(text: &'static str) -> Self {
        Self { text: text.to_owned(), values: Vec::new() }
    }

    pub(super) fn add(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Puts a value here.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.text.push('?');
        self.values.push(value.into());
        self
    }

    /// The number of the value that was bound last.
    pub(super) fn last(&self) -> usize {
        self.values.len()
    }

    /// Prepares it with its values.
    pub(super) fn with<T>(
        &self,
        transaction: &Transaction<'_>,
        body: impl FnOnce(&mut rusqlite::Statement<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        #[cfg(test)]
        seen::note(&self.text);
        if self.text.len() > LONGEST_KEPT {
            let mut statement = transaction.prepare(&self.text)?;
            return self.bound(&mut statement, body);
        }
        let mut statement = transaction.prepare_cached(&self.text)?;
        self.bound(&mut statement, body)
    }

    fn bound<T>(
        &self,
        statement: &mut rusqlite::Statement<'_>,
        body: impl FnOnce(&mut rusqlite::Statement<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        for (at, value) in self.values.iter().enumerate() {
            statement.raw_bind_parameter(at + 1, value)?;
        }
        body(statement)
    }

    /// Calls for each row.
    pub(super) fn each(
        &self,
        transaction: &Transaction<'_>,
        mut row: impl FnMut(&rusqlite::Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.with(transaction, |statement| {
            let mut rows = statement.raw_query();
            while let Some(found) = rows.next()? {
                row(found)?;
            }
            Ok(())
        })
    }
}

/// Which statements a test's searches ran.
#[cfg(test)]
pub(super) mod seen {
    use std::cell::RefCell;

    thread_local! {
        static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn note(text: &str) {
        SEEN.with_borrow_mut(|seen| seen.push(text.to_owned()));
    }

    /// Those since the last call, on this thread.
    pub(in crate::search) fn take() -> Vec<String> {
        SEEN.take()
    }
}
