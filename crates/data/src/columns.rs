//! Arrow batches into the columns of a [`Table`].

use arrow::{
    array::{Array, ArrayRef, RecordBatch, cast::AsArray},
    compute::cast,
    datatypes::{DataType, Date32Type, Float64Type, TimestampMicrosecondType},
};
use table::{Column, Kind, Table, TextBuilder, Values};

use crate::Error;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Columns that grow by a batch at a time.
pub(crate) struct Collector {
    columns: Vec<(String, Growing)>,
    bytes: u64,
}

enum Growing {
    Number(Vec<f64>),
    Text(TextBuilder),
    Boolean(Vec<Option<bool>>),
    Time(Vec<Option<i64>>),
}

impl Collector {
    pub(crate) fn new(fields: impl IntoIterator<Item = (String, Kind)>) -> Self {
        let growing = |kind| match kind {
            Kind::Number => Growing::Number(Vec::new()),
            Kind::Text => Growing::Text(TextBuilder::default()),
            Kind::Boolean => Growing::Boolean(Vec::new()),
            Kind::Time => Growing::Time(Vec::new()),
        };
        let columns = fields.into_iter().map(|(name, kind)| (name, growing(kind))).collect();
        Self { columns, bytes: 0 }
    }

    /// Adds the rows of a batch whose columns are the collector's, in order.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        for ((name, growing), array) in self.columns.iter_mut().zip(batch.columns()) {
            self.bytes += growing.add(array).map_err(|problem| {
                Error::Manifest(format!("column `{name}` is not what it was: {problem}"))
            })?;
        }
        Ok(())
    }

    /// About what the columns hold, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn finish(self) -> Result<Table, Error> {
        let column = |(name, growing)| {
            let values = match growing {
                Growing::Number(values) => Values::Number(values),
                Growing::Text(builder) => Values::Text(builder.finish()),
                Growing::Boolean(values) => Values::Boolean(values),
                Growing::Time(values) => Values::Time(values),
            };
            Column::new(name, values)
        };
        Table::new(self.columns.into_iter().map(column).collect())
            .map_err(|error| Error::Manifest(error.to_string()))
    }
}

impl Growing {
    /// Adds the values and says how many bytes they take.
    fn add(&mut self, array: &ArrayRef) -> Result<u64, String> {
        let rows = array.len() as u64;
        match self {
            Self::Number(values) => {
                let array = cast(array, &DataType::Float64).map_err(|error| error.to_string())?;
                let numbers = array.as_primitive::<Float64Type>();
                values.extend(numbers.iter().map(|value| value.unwrap_or(f64::NAN)));
                Ok(rows * 8)
            }
            Self::Text(builder) => {
                let text = array.as_string_opt::<i32>().ok_or("it is not text")?;
                text.iter().for_each(|value| builder.push(value));
                // Each text counts in full, though what repeats is kept once: more than it takes, never less.
                let offsets = text.value_offsets();
                let bytes = offsets[offsets.len() - 1] - offsets[0];
                Ok(rows * 4 + u64::try_from(bytes).unwrap_or_default())
            }
            Self::Boolean(values) => {
                values.extend(array.as_boolean_opt().ok_or("it is not boolean")?.iter());
                Ok(rows * 2)
            }
            Self::Time(values) => {
                if let Some(days) = array.as_primitive_opt::<Date32Type>() {
                    values.extend(days.iter().map(|day| day.map(|day| i64::from(day) * MICROS_PER_DAY)));
                } else {
                    let instants = array.as_primitive_opt::<TimestampMicrosecondType>();
                    values.extend(instants.ok_or("it is not a time")?.iter());
                }
                Ok(rows * 16)
            }
        }
    }
}
