use std::fs::File;

use ::arrow::datatypes::SchemaRef;
use ::csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Trim};

use super::{BATCH, Batches, Found, cell::Cell, conform, guess::Guess, scan};
use crate::{Error, Part, read::cell::Builder};

pub(super) fn columns(part: &Part) -> Result<Vec<Found>, Error> {
    let mut records = Records::open(part)?;
    let mut guesses = vec![Guess::default(); records.header.len()];
    while let Some(line) = records.next()? {
        for (guess, word) in guesses.iter_mut().zip(&records.record) {
            guess.observe(line, Cell::Word(word));
        }
    }
    let named = records.header.into_iter().zip(guesses);
    Ok(named.map(|(name, guess)| guess.conclude(name, &part.relative)).collect())
}

pub(super) fn open(part: &Part, wanted: &SchemaRef) -> Result<Batches, Error> {
    let records = Records::open(part)?;
    let mut columns = Vec::new();
    for field in wanted.fields() {
        let position = records.header.iter().position(|name| name == field.name());
        let builder = Builder::new(field.data_type());
        let (Some(position), Some(builder)) = (position, builder) else {
            return Err(Error::Manifest(format!("{} has no such `{}`", part.relative, field.name())));
        };
        columns.push((position, builder));
    }
    let mut reading = Reading { records, columns, wanted: wanted.clone() };
    Ok(Box::new(std::iter::from_fn(move || reading.batch().transpose())))
}

/// The records of a file after its header.
struct Records {
    reader: Reader<File>,
    header: Vec<String>,
    record: StringRecord,
    file: String,
}

impl Records {
    fn open(part: &Part) -> Result<Self, Error> {
        let file = File::open(&part.path).map_err(Error::read(&part.path))?;
        let mut reader = ReaderBuilder::new().trim(Trim::Headers).buffer_capacity(1 << 18).from_reader(file);
        let header = reader.headers().map_err(|error| refuse(&part.relative, error))?;
        // A table written with its row numbers has a first column without a name.
        let named = |(position, name): (usize, &str)| match name {
            "" => format!("column_{}", position + 1),
            name => name.to_owned(),
        };
        let header = header.iter().enumerate().map(named).collect();
        Ok(Self { reader, header, record: StringRecord::new(), file: part.relative.clone() })
    }

    /// Reads the next record and gives its line.
    fn next(&mut self) -> Result<Option<u64>, Error> {
        let more = self.reader.read_record(&mut self.record).map_err(|error| refuse(&self.file, error))?;
        let line = self.record.position().map_or(0, ::csv::Position::line);
        Ok(more.then_some(line))
    }
}

fn refuse(file: &str, error: ::csv::Error) -> Error {
    let line = error.position().map(::csv::Position::line);
    let problem = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => format!(
            "the line has {len} fields where the header has {expected_len}; mend the line, or quote a field that holds a comma"
        ),
        ErrorKind::Utf8 { .. } => "the line is not UTF-8; save the file as UTF-8".to_owned(),
        _ => error.to_string(),
    };
    Error::BadFile { file: file.to_owned(), line, column: None, problem }
}

/// A file on its way into batches.
struct Reading {
    records: Records,
    columns: Vec<(usize, Builder)>,
    wanted: SchemaRef,
}

impl Reading {
    fn batch(&mut self) -> Result<Option<::arrow::array::RecordBatch>, Error> {
        let mut rows = 0;
        while rows < BATCH {
            let Some(line) = self.records.next()? else { break };
            rows += 1;
            for (field, (position, builder)) in self.columns.iter_mut().enumerate() {
                let word = &self.records.record[*position];
                let pushed = builder.push(Cell::Word(word));
                pushed.map_err(|expected| {
                    let column = self.wanted.field(field).name();
                    conform::misfit(&self.records.file, line, column, (word, expected))
                })?;
            }
        }
        let arrays = self.columns.iter_mut().map(|(_, builder)| builder.finish()).collect();
        if rows == 0 { Ok(None) } else { scan::batch(&self.wanted, arrays, rows).map(Some) }
    }
}
