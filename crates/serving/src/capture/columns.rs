//! Columns that grow record by record.

use table::{Column, Field, Kind, TextBuilder, Values};

use super::{
    bytes::Reader,
    draft::{NO_BOOLEAN, NO_TIME},
};

/// One column's values so far.
pub(super) enum Growing {
    Number(Vec<f64>),
    Text(TextBuilder),
    Boolean(Vec<Option<bool>>),
    Time(Vec<Option<i64>>),
}

impl Growing {
    pub(super) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Number => Self::Number(Vec::new()),
            Kind::Text => Self::Text(TextBuilder::default()),
            Kind::Boolean => Self::Boolean(Vec::new()),
            Kind::Time => Self::Time(Vec::new()),
        }
    }

    /// Takes a value that [`pass`] has found good.
    fn push(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        match self {
            Self::Number(values) => values.push(reader.f64()?),
            Self::Boolean(values) => {
                let value = reader.u8()?;
                values.push((value != NO_BOOLEAN).then_some(value == 1));
            }
            Self::Time(values) => {
                let value = reader.i64()?;
                values.push((value != NO_TIME).then_some(value));
            }
            Self::Text(values) => {
                let length = reader.u32()? as usize;
                values.push(Some(reader.text(length)?).filter(|text| !text.is_empty()));
            }
        }
        Some(())
    }

    pub(super) fn extend(&mut self, rows: usize, reader: &mut Reader<'_>) -> Option<()> {
        (0..rows).try_for_each(|_| self.push(reader))
    }

    pub(super) fn finish(self, field: &Field) -> Column {
        let values = match self {
            Self::Number(values) => Values::Number(values),
            Self::Text(values) => Values::Text(values.finish()),
            Self::Boolean(values) => Values::Boolean(values),
            Self::Time(values) => Values::Time(values),
        };
        Column::new(field.name.clone(), values)
    }
}

/// Passes over a column's values; nothing when they are not all there.
pub(super) fn pass(kind: Kind, rows: usize, reader: &mut Reader<'_>) -> Option<()> {
    match kind {
        Kind::Number | Kind::Time => reader.take(rows.checked_mul(8)?).map(|_| ()),
        Kind::Boolean => {
            reader.take(rows).filter(|values| values.iter().all(|value| *value <= NO_BOOLEAN)).map(|_| ())
        }
        Kind::Text => (0..rows).try_for_each(|_| {
            let length = reader.u32()? as usize;
            reader.text(length).map(|_| ())
        }),
    }
}
