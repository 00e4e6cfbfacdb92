//! How a pass ends before all of it is done: asked to, after a failure, or since nothing can be recorded any more.

use std::time::Duration;

use super::Passing;
use crate::{
    Error,
    apply::{Conclusion, concluded, recording::Ended},
};

impl Passing<'_> {
    pub(super) fn look_for_cancel(&mut self) -> Result<(), Error> {
        if self.engine.store.is_cancel_requested(self.run)? {
            self.cancelled = true;
            self.end();
        }
        Ok(())
    }

    /// Begins nothing more, and ends what runs.
    pub(super) fn end(&mut self) {
        self.cancel.cancel();
        self.stop();
    }

    /// Begins nothing more.
    pub(super) fn stop(&mut self) {
        self.ending = true;
        self.schedule.drop_rest();
        self.intents.clear();
        let waiting: Vec<_> = self.entries.drain().collect();
        for (place, entry) in waiting {
            // What was found running is ended before that is recorded.
            if self.found.get(&place).is_none_or(|found| found.entry.id != entry) {
                self.not_begun(place, entry);
            }
        }
    }

    /// Closes an intent that nothing came of.
    pub(super) fn not_begun(&mut self, place: usize, entry: store::ActionId) {
        self.entries.remove(&place);
        let mut concluded = concluded::interrupted("the run ended before it began", 0);
        concluded.conclusion = Conclusion::NotBegun;
        self.ended.push(Ended { place, entry, elapsed: Duration::ZERO, concluded, event: None });
    }

    /// Deals with what a predecessor began and this pass did not go on with.
    pub(super) async fn discard_found(&mut self) -> Result<(), Error> {
        if self.fatal.is_some() {
            return Ok(());
        }
        let is_asked = self.cancelled || self.engine.settings.cancel.is_cancelled();
        for (_, found) in std::mem::take(&mut self.found) {
            if is_asked {
                self.engine.discard(&found.entry).await?;
            } else {
                // Another failed before its turn: it is as good as before.
                self.engine.leave(found.entry);
            }
        }
        Ok(())
    }

    /// Nothing can be recorded any more.
    pub(super) fn fail(&mut self, error: Error) {
        self.fatal.get_or_insert(error);
        self.end();
    }
}
