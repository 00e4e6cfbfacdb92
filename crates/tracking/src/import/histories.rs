//! The histories of metrics, which may be long: they are read, held against what is here, and written in pieces. What a
//! killed import wrote of one is found again point by point.

use std::{cmp::Ordering, collections::VecDeque};

use super::{
    Error, Import,
    item::{Brought, Decision},
    runs::Run,
    target::Target,
};
use crate::metrics::{Point, elsewhere};

/// How many points are in memory at once, and share a transaction.
const PIECE: usize = if cfg!(test) { 1_000 } else { 1 << 18 };
/// How many points that are here are read at once.
const PAGE: usize = if cfg!(test) { 300 } else { 1 << 16 };

/// Points on their way.
struct Flow<'a> {
    target: &'a Target,
    waiting: Vec<Series>,
    count: usize,
}

/// Points of one key of a run, in order.
struct Series {
    run: i64,
    key: String,
    points: Vec<Point>,
}

/// The points of a key that are here, in order.
struct Here<'a> {
    target: &'a Target,
    run: i64,
    key: String,
    page: VecDeque<Point>,
    last: Option<Point>,
    is_over: bool,
}

impl Import<'_> {
    /// Brings over the histories and the artifacts of runs, unless they contradict what is here.
    pub(super) fn histories(&mut self, runs: Vec<Brought<Run>>) -> Result<(), Error> {
        let mut flow = Flow { target: self.target, waiting: Vec::new(), count: 0 };
        for Brought { item: run, mut decision, row } in runs {
            if !matches!(decision, Decision::Contradicts(_)) {
                let is_new = decision == Decision::New;
                let (found, new) = self.history(&mut flow, &run, row, is_new)?;
                self.report.points.found += found;
                self.report.points.new += new;
                self.report.points.same += found - new;
                self.copy_run(&run)?;
                if let (Some(row), false, true) = (row, is_new, new > 0) {
                    decision = Decision::More(row);
                    flow.flush()?;
                    self.target.write(move |writing| run.refresh(writing.transaction, row))?;
                }
            }
            decision.count(&mut self.report.runs);
        }
        flow.flush()
    }

    /// How many points a run has, and how many of them are not here.
    fn history(
        &self,
        flow: &mut Flow<'_>,
        run: &Run,
        row: Option<i64>,
        is_new: bool,
    ) -> Result<(u64, u64), Error> {
        let (mut found, mut new) = (0, 0);
        let mut here: Option<Here<'_>> = None;
        self.source.points(&run.theirs.run_id, |key, point| {
            found += 1;
            if let (Some(run), false) = (row, is_new) {
                let is_other = here.as_ref().is_none_or(|here| here.key != key);
                if is_other {
                    here = Some(Here::of(self.target, run, key.clone()));
                }
                if here.as_mut().map(|here| here.has(&point)).transpose()? == Some(true) {
                    return Ok(());
                }
            }
            new += 1;
            // Without a row nothing is written.
            row.map_or(Ok(()), |run| flow.push(run, key, point))
        })?;
        Ok((found, new))
    }
}

impl Flow<'_> {
    fn push(&mut self, run: i64, key: String, point: Point) -> Result<(), Error> {
        match self.waiting.last_mut() {
            Some(last) if last.run == run && last.key == key => last.points.push(point),
            _ => self.waiting.push(Series { run, key, points: vec![point] }),
        }
        self.count += 1;
        if self.count >= PIECE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.count = 0;
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        self.target.write(move |writing| {
            for Series { run, key, points } in waiting {
                elsewhere::add(writing.transaction, run, &key, points)?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

impl<'a> Here<'a> {
    fn of(target: &'a Target, run: i64, key: String) -> Self {
        Self { target, run, key, page: VecDeque::new(), last: None, is_over: false }
    }

    /// Whether a point is here. They are asked for in order.
    fn has(&mut self, point: &Point) -> Result<bool, Error> {
        loop {
            match self.page.front().map(|here| here.order(point)) {
                Some(Ordering::Less) => drop(self.page.pop_front()),
                Some(found) => return Ok(found == Ordering::Equal),
                None if self.is_over => return Ok(false),
                None => self.turn()?,
            }
        }
    }

    fn turn(&mut self) -> Result<(), Error> {
        let (run, key, last) = (self.run, &self.key, self.last);
        let page =
            self.target.read(|transaction| elsewhere::here_after(transaction, run, key, last, PAGE))?;
        self.page = page.into();
        self.is_over = self.page.len() < PAGE;
        self.last = self.page.back().copied().or(self.last);
        Ok(())
    }
}
