//! Goes through the runs of an experiment, the latest start first where the order is so.

use super::{
    super::{
        place::{Place, Position},
        statement::Statement,
    },
    Search,
    details::{Details, attributes},
    sets::Chosen,
};
use crate::{
    Error,
    filter::{
        Order,
        runs::{Attribute, Sorted},
    },
};

/// Which runs a scan goes through, and how.
#[derive(Clone, Copy)]
enum Stretch {
    /// All, in no order.
    All,
    /// Those that began, from the latest on or from this time back.
    Latest(i64),
    /// Those that began, from the earliest on or from this time on.
    Earliest(i64),
    /// Those of which no start is known.
    NotStarted,
}

impl Search<'_> {
    /// Goes through the chosen runs of an experiment, until the page is full if they come in order.
    pub(super) fn scan(
        &mut self,
        experiment: i64,
        chosen: &Chosen,
        details: &Details<'_>,
    ) -> Result<(), Error> {
        let stretches = self.stretches(details);
        for is_deleted in self.view.states() {
            for stretch in &stretches {
                let mut sql = details.select(self.keys);
                sql.add("r.experiment = ").bind(experiment).add(" AND r.deleted = ").bind(*is_deleted);
                stretch.add_to(&mut sql, |sql| attributes(sql, self.filter));
                let sorted = if matches!(stretch, Stretch::All) { 0 } else { details.sorted() };
                if self.stretch(&sql, (chosen, details), sorted)? {
                    break;
                }
            }
        }
        Ok(())
    }

    fn stretches(&self, details: &Details<'_>) -> Vec<Stretch> {
        if !details.are_by_start() || self.names_runs() {
            return vec![Stretch::All];
        }
        let is_latest = details.orders[0].descending;
        let started = |from| if is_latest { Stretch::Latest(from) } else { Stretch::Earliest(from) };
        match self.after_start(details) {
            None => vec![started(if is_latest { i64::MAX } else { i64::MIN }), Stretch::NotStarted],
            Some(Place::Integer(start)) => vec![started(*start), Stretch::NotStarted],
            Some(_) => vec![Stretch::NotStarted],
        }
    }

    /// The start behind which the page begins, if it begins among those that are gone through.
    fn after_start(&self, details: &Details<'_>) -> Option<&Place> {
        let after = self.page.after()?;
        match &details.known {
            None => after.first(),
            Some(known) if after.first() == Some(known) => after.get(1),
            Some(_) => None,
        }
    }

    /// Goes through what a statement gives, which is in order by the first `sorted` parts. Says whether that was enough;
    /// of runs at one place in these parts all are taken.
    fn stretch(
        &mut self,
        sql: &Statement,
        (chosen, details): (&Chosen, &Details<'_>),
        sorted: usize,
    ) -> Result<bool, Error> {
        let enough = self.page.enough();
        let leading = usize::from(details.known.is_some()) + sorted;
        let (transaction, page) = (self.transaction, &mut self.page);
        sql.with(transaction, |statement| {
            let mut rows = statement.raw_query();
            let mut last = Position::new();
            let mut accepted = 0;
            while let Some(row) = rows.next()? {
                if !chosen.has(row.get(0)?) {
                    continue;
                }
                let (position, hit) = details.read(row)?;
                if sorted > 0 && accepted >= enough && last[..] != position[..leading] {
                    return Ok(true);
                }
                let fills = sorted > 0 && accepted + 1 == enough;
                let here = fills.then(|| position[..leading].to_vec());
                if page.offer(position, hit) {
                    accepted += 1;
                    last = here.unwrap_or(last);
                }
            }
            Ok(sorted > 0 && accepted >= enough)
        })
    }
}

impl Details<'_> {
    /// Whether the order begins with the start.
    pub(super) fn are_by_start(&self) -> bool {
        self.sorted() > 0
    }

    /// By how many parts of the order the index of starts has runs in order, one way or the other.
    fn sorted(&self) -> usize {
        let is = |order: &Order<Sorted>, attribute| order.field == Sorted::Attribute(attribute);
        match self.orders {
            [first, second, ..] if is(first, Attribute::StartTime) => {
                1 + usize::from(is(second, Attribute::RunId) && first.descending && !second.descending)
            }
            [first] => usize::from(is(first, Attribute::StartTime)),
            _ => 0,
        }
    }
}

impl Stretch {
    fn add_to(self, sql: &mut Statement, filter: impl FnOnce(&mut Statement)) {
        match self {
            Self::All => filter(sql),
            Self::Latest(from) => {
                sql.add(" AND r.started <= ").bind(from);
                filter(sql);
                sql.add(" ORDER BY r.started DESC, r.run_id");
            }
            Self::Earliest(from) => {
                sql.add(" AND r.started >= ").bind(from);
                filter(sql);
                sql.add(" ORDER BY r.started");
            }
            Self::NotStarted => {
                sql.add(" AND r.started IS NULL");
                filter(sql);
                sql.add(" ORDER BY r.run_id");
            }
        }
    }
}
