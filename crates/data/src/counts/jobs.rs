//! Which columns are read together, and by which thread.

use std::{
    num::NonZeroUsize,
    ops::ControlFlow,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, ScopedJoinHandle},
};

use table::Kind;

use super::{
    ColumnCounts, batches,
    counter::Counter,
    numbers::LISTED,
    pages,
    side::{Chosen, File, Side},
};
use crate::{Error, Format};

/// Columns of a text or Arrow file that are read together, since each reading goes through all of it.
const TOGETHER: usize = 8;
/// Threads at most: each holds a column of its own, so this bounds memory.
const THREADS: usize = 4;

/// Counts the chosen columns and hands each over.
pub(super) fn run(
    reference: &Side,
    current: &Side,
    chosen: &[Chosen],
    each: &(impl Fn(ColumnCounts) + Sync),
) -> Result<(), Error> {
    let parquet = [reference, current].iter().all(|side| side.format == Format::Parquet);
    let size = if parquet { 1 } else { TOGETHER };
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    let work = || {
        loop {
            let place = next.fetch_add(size, Ordering::Relaxed);
            let Some(rest) = chosen.get(place..).filter(|rest| !rest.is_empty()) else { return };
            let job = Job { reference, current, place, columns: &rest[..size.min(rest.len())] };
            if let Err(error) = job.run(each) {
                // The others end with the column they are at.
                next.store(chosen.len(), Ordering::Relaxed);
                failed.lock().unwrap_or_else(|poison| poison.into_inner()).get_or_insert(error);
                return;
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(THREADS);
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        work();
        others.into_iter().for_each(joined);
    });
    failed.into_inner().unwrap_or_else(|poison| poison.into_inner()).map_or(Ok(()), Err)
}

/// What a thread made; its panic is ours.
pub(super) fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Columns that are read together.
struct Job<'a> {
    reference: &'a Side,
    current: &'a Side,
    /// The place of the first of them.
    place: usize,
    columns: &'a [Chosen],
}

impl Job<'_> {
    fn run(&self, each: &impl Fn(ColumnCounts)) -> Result<(), Error> {
        let reference = self.count(self.reference)?;
        let current = self.count(self.current)?;
        for (index, (reference, current)) in reference.into_iter().zip(current).enumerate() {
            let Chosen { name, kind } = self.columns[index].clone();
            let (reference, current, rank_error) = Counter::finish(reference, current);
            let (place, time) = (self.place + index, kind == Kind::Time);
            each(ColumnCounts { name, place, reference, current, time, rank_error });
        }
        Ok(())
    }

    fn count(&self, side: &Side) -> Result<Vec<Counter>, Error> {
        if let Some(counter) = self.by_pages(side) {
            return Ok(vec![counter]);
        }
        let mut counters = self.counters();
        let mut rows = 0;
        for file in &side.files {
            rows += self.by_batches(side, file, &mut counters)?;
        }
        side.rows.get_or_init(|| rows);
        Ok(counters)
    }

    fn counters(&self) -> Vec<Counter> {
        let limit = LISTED / self.columns.len();
        self.columns.iter().map(|column| Counter::new(column.kind, limit)).collect()
    }

    /// Nothing when a file is not Parquet or has pages of another kind than `pages` knows.
    fn by_pages(&self, side: &Side) -> Option<Counter> {
        let [column] = self.columns else { return None };
        let mut counter = self.counters().pop()?;
        let mut plan = Vec::new();
        for file in &side.files {
            let layout = file.layout.as_deref()?;
            let shown = &file.column(&column.name)?.data_type;
            plan.push((file, layout, pages::Column::of(layout, &column.name, shown)?));
        }
        let mut rows = 0;
        for (file, layout, known) in plan {
            rows += known.count(&file.part, layout, &mut counter)?;
        }
        side.rows.get_or_init(|| rows);
        Some(counter)
    }

    fn by_batches(&self, side: &Side, file: &File, counters: &mut [Counter]) -> Result<u64, Error> {
        let names: Vec<_> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let mut rows = 0;
        file.scan(side.format, &names)?.run(&mut |batch| {
            rows += batch.num_rows() as u64;
            for (name, counter) in names.iter().zip(counters.iter_mut()) {
                match batch.column_by_name(name) {
                    Some(array) => batches::count(array, counter)
                        .map_err(|problem| Error::Manifest(format!("column `{name}`: {problem}")))?,
                    None => counter.add_missing(batch.num_rows() as u64),
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }
}
