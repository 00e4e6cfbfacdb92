use std::{ops::ControlFlow, sync::Arc};

use ::arrow::{
    array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, cast::AsArray},
    compute::filter_record_batch,
    datatypes::{Schema, SchemaRef, TimestampMicrosecondType},
};

use super::{guarded, open};
use crate::{Error, Format, Manifest, Part, Window, schema};

/// One reading of a snapshot: some of its columns, the rows in its window, in the order of its files.
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    parts: Vec<Part>,
    format: Format,
    window: Window,
    /// What is read: the columns asked for, and the event time when the window needs it.
    wanted: SchemaRef,
    /// What is given: the columns asked for.
    given: SchemaRef,
    /// Where the event time is among what is read, when the window has a bound.
    time: Option<usize>,
}

impl Scan {
    /// A reading of these columns, by position in [`schema::of_view`]; of all when nothing is said.
    pub(crate) fn new(parts: &[Part], manifest: &Manifest, columns: Option<&[usize]>) -> Result<Self, Error> {
        let all = schema::of_view(manifest)?;
        let positions: Vec<usize> = columns.map_or_else(|| (0..all.fields().len()).collect(), <[_]>::to_vec);
        let mut fields: Vec<_> = positions.iter().map(|position| all.fields()[*position].clone()).collect();
        let given = Arc::new(Schema::new(fields.clone()));
        let mut time = None;
        let window = manifest.window.clone();
        if let (Some(name), true) = (&window.time, window.from.is_some() || window.until.is_some()) {
            time = fields.iter().position(|field| field.name() == name);
            if time.is_none() {
                let field = all.field_with_name(name).map_err(|error| Error::Manifest(error.to_string()))?;
                fields.push(Arc::new(field.clone()));
                time = Some(fields.len() - 1);
            }
        }
        let wanted = Arc::new(Schema::new(fields));
        Ok(Self { parts: parts.to_vec(), format: manifest.format, window, wanted, given, time })
    }

    /// The columns of the batches.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.given
    }

    /// Hands over each batch in turn, until there are none or no more are wanted. Blocks.
    pub(crate) fn run(
        &self,
        each: &mut dyn FnMut(RecordBatch) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        for part in &self.parts {
            let mut batches = guarded(part, || open(part, self.format, &self.wanted))?;
            while let Some(read) = guarded(part, || Ok(batches.next()))? {
                let chosen = self.choose(&read?)?;
                if chosen.num_rows() > 0 && each(chosen)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn choose(&self, read: &RecordBatch) -> Result<RecordBatch, Error> {
        let inside = match self.time {
            Some(time) => {
                let mask = self.inside(read.column(time))?;
                filter_record_batch(read, &mask).map_err(|error| Error::Manifest(error.to_string()))?
            }
            None => read.clone(),
        };
        let arrays = inside.columns()[..self.given.fields().len()].to_vec();
        batch(&self.given, arrays, inside.num_rows())
    }

    /// Rows with an event time in the window; a row without one is in none.
    fn inside(&self, times: &ArrayRef) -> Result<BooleanArray, Error> {
        let times = times
            .as_primitive_opt::<TimestampMicrosecondType>()
            .ok_or_else(|| Error::Manifest("its event time is not an instant".to_owned()))?;
        let from = self.window.from.map_or(i64::MIN, base::Timestamp::micros);
        let until = self.window.until.map(base::Timestamp::micros);
        let mask = times.iter().map(|time| {
            Some(time.is_some_and(|time| time >= from && until.is_none_or(|until| time < until)))
        });
        Ok(mask.collect())
    }
}

/// A batch that knows its rows even when it has no columns, as in `count(*)`.
pub(crate) fn batch(schema: &SchemaRef, arrays: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, Error> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), arrays, &options)
        .map_err(|error| Error::Manifest(error.to_string()))
}
