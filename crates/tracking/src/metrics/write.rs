//! Writes points of metrics, within the write of the run that they belong to.

use crate::{
    Error,
    metrics::{Draft, Found, block, compact, draft::OfModel, memory::Memory, point::Point},
    models,
    writer::Writing,
};

/// What memory takes over once nothing of the write can fail any more.
#[must_use = "the latest values are missing until memory has them"]
pub(crate) struct Logged {
    run: Found,
    block: i64,
    now: i64,
    count: usize,
    latest: Vec<(i64, Point)>,
    new_keys: Vec<(String, i64)>,
}

/// Writes points of a run. None are no row.
pub(crate) fn log(
    writing: &mut Writing<'_>,
    run_id: &str,
    run: Found,
    draft: Draft,
) -> Result<Option<Logged>, Error> {
    if draft.count == 0 {
        return Ok(None);
    }
    writing.memory.refresh(writing.transaction)?;
    if !writing.memory.loads.knows(run.row) {
        let blocks = compact::blocks_of(writing.transaction, run.row)?;
        writing.memory.loads.start(run.row, blocks);
    }
    let (keys, new_keys) = numbered(writing, draft.names)?;
    let bytes = block::whole(&keys, draft.count, &draft.columns);
    let block = writing.memory.last_block + 1;
    let sql = "INSERT INTO points (id, run, count, block) VALUES (?1, ?2, ?3, ?4)";
    writing.transaction.prepare_cached(sql)?.execute((block, run.row, draft.count as u32, bytes))?;
    log_of_models(writing, run_id, run, &draft.of_models)?;
    let latest = keys.into_iter().zip(draft.latest).collect();
    Ok(Some(Logged { run, block, now: writing.now, count: draft.count, latest, new_keys }))
}

impl Logged {
    pub(crate) fn keep(self, memory: &mut Memory) {
        for (key, point) in self.latest {
            memory.note(self.run.row, key, self.run.experiment, point);
        }
        for (name, id) in self.new_keys {
            memory.remember_key(name, id);
        }
        memory.wait_from(self.now);
        memory.last_block = self.block;
        memory.loads.add(self.run.row, self.count);
    }
}

type Named = Vec<(String, i64)>;

/// The numbers of these keys, and those that memory does not know.
fn numbered(writing: &Writing<'_>, names: Vec<String>) -> Result<(Vec<i64>, Named), Error> {
    let mut keys = Vec::with_capacity(names.len());
    let mut unknown = Vec::new();
    for name in names {
        let key = match writing.memory.key(&name) {
            Some(key) => key,
            None => {
                let sql = "INSERT INTO metric_keys (name) VALUES (?1)
                    ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id";
                let key = writing.transaction.prepare_cached(sql)?.query_row([&name], |row| row.get(0))?;
                unknown.push((name, key));
                key
            }
        };
        keys.push(key);
    }
    Ok((keys, unknown))
}

fn log_of_models(
    writing: &mut Writing<'_>,
    run_id: &str,
    run: Found,
    points: &[OfModel],
) -> Result<(), Error> {
    if points.is_empty() {
        return Ok(());
    }
    let points: Vec<models::Point<'_>> = points
        .iter()
        .map(|of| models::Point {
            model_id: &of.model_id,
            key: &of.key,
            value: of.point.value,
            timestamp: of.point.timestamp,
            step: of.point.step,
            dataset_name: of.dataset.as_ref().map(|(name, _)| name.as_str()),
            dataset_digest: of.dataset.as_ref().map(|(_, digest)| digest.as_str()),
        })
        .collect();
    models::log_metrics(writing, models::RunRef { run_id, experiment: run.experiment }, &points)
}
