use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
};

use ::arrow::{
    array::RecordBatch,
    datatypes::SchemaRef,
    error::ArrowError,
    ipc::reader::{FileReader, StreamReader},
};

use super::{Batches, Found, conform, damaged};
use crate::{Error, Part};

/// How the file variant of the format begins; the stream variant begins with a length.
const MAGIC: &[u8] = b"ARROW1";
/// How a message of a stream begins.
const CONTINUES: [u8; 4] = [0xff; 4];

/// A reader of either variant.
struct Opened {
    schema: SchemaRef,
    batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>,
}

pub(super) fn columns(part: &Part) -> Result<Vec<Found>, Error> {
    Ok(conform::found(&opened(part, None)?.schema))
}

pub(super) fn open(part: &Part, wanted: &SchemaRef) -> Result<Batches, Error> {
    let schema = opened(part, None)?.schema;
    let positions: Vec<_> =
        wanted.fields().iter().filter_map(|field| schema.index_of(field.name()).ok()).collect();
    let batches = opened(part, Some(positions))?.batches;
    let mut conform = conform::Conform::new(part, wanted);
    let part = part.clone();
    Ok(Box::new(batches.map(move |batch| conform.batch(&batch.map_err(|error| damaged(&part, &error))?))))
}

fn opened(part: &Part, projection: Option<Vec<usize>>) -> Result<Opened, Error> {
    let mut file = File::open(&part.path).map_err(Error::read(&part.path))?;
    let mut start = [0; 6];
    let is_file = file.read_exact(&mut start).is_ok() && start == MAGIC;
    if !is_file {
        check_end(part, &mut file, &start)?;
    }
    file.seek(SeekFrom::Start(0)).map_err(Error::read(&part.path))?;
    let read = BufReader::new(file);
    if is_file {
        let reader = FileReader::try_new(read, projection).map_err(|error| damaged(part, &error))?;
        Ok(Opened { schema: reader.schema(), batches: Box::new(reader) })
    } else {
        let reader = StreamReader::try_new(read, projection).map_err(|error| damaged(part, &error))?;
        Ok(Opened { schema: reader.schema(), batches: Box::new(reader) })
    }
}

/// A stream that was cut between two batches still reads well, so its end must be marked: by a length
/// of nothing, after the sign that opens every message since Arrow 0.15.
fn check_end(part: &Part, file: &mut File, start: &[u8]) -> Result<(), Error> {
    let marked: &[u8] =
        if start.starts_with(&CONTINUES) { &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0] } else { &[0; 4] };
    let mut end = vec![1; marked.len()];
    let read = file.seek(SeekFrom::End(-(marked.len() as i64))).and_then(|_| file.read_exact(&mut end));
    if read.is_err() || end != marked {
        return Err(damaged(part, &"it does not end with Arrow's end of stream"));
    }
    Ok(())
}
