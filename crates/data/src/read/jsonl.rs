use std::{
    collections::HashMap,
    fmt,
    fs::File,
    io::{BufRead, BufReader},
};

use ::arrow::datatypes::SchemaRef;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::{BATCH, Batches, Found, cell::Builder, cell::Cell, conform, guess::Guess, scan};
use crate::{Error, Part};

pub(super) fn columns(part: &Part) -> Result<Vec<Found>, Error> {
    let mut objects = Objects::open(part)?;
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut guesses: Vec<(String, Guess)> = Vec::new();
    while let Some(line) = objects.next()? {
        for (key, value) in &objects.object.0 {
            let position = known.get(key).copied().unwrap_or_else(|| {
                known.insert(key.clone(), guesses.len());
                guesses.push((key.clone(), Guess::default()));
                guesses.len() - 1
            });
            with_cell(value, |cell| guesses[position].1.observe(line, cell));
        }
    }
    Ok(guesses.into_iter().map(|(name, guess)| guess.conclude(name, &part.relative)).collect())
}

pub(super) fn open(part: &Part, wanted: &SchemaRef) -> Result<Batches, Error> {
    let mut builders = Vec::new();
    for field in wanted.fields() {
        let builder = Builder::new(field.data_type())
            .ok_or_else(|| Error::Manifest(format!("{} has no such `{}`", part.relative, field.name())))?;
        builders.push(builder);
    }
    let objects = Objects::open(part)?;
    let mut reading = Reading { objects, builders, wanted: wanted.clone() };
    Ok(Box::new(std::iter::from_fn(move || reading.batch().transpose())))
}

/// The fields of one line, in the order they are written.
#[derive(Default)]
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object, as in {\"carrier\": \"UA\", \"distance\": 1400}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields: Vec<(String, Value)> = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// The lines of a file.
struct Objects {
    reader: BufReader<File>,
    part: Part,
    line: u64,
    text: Vec<u8>,
    object: Object,
}

impl Objects {
    fn open(part: &Part) -> Result<Self, Error> {
        let file = File::open(&part.path).map_err(Error::read(&part.path))?;
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let start = reader.fill_buf().map_err(Error::read(&part.path))?;
        if start.trim_ascii_start().starts_with(b"[") {
            let problem =
                "this is a JSON array; write one object a line, without brackets and commas around them";
            return Err(Error::bad_file(&part.relative, problem));
        }
        Ok(Self { reader, part: part.clone(), line: 0, text: Vec::new(), object: Object::default() })
    }

    /// Reads the next object and gives its line; blank lines are nothing.
    fn next(&mut self) -> Result<Option<u64>, Error> {
        loop {
            self.text.clear();
            let read = self.reader.read_until(b'\n', &mut self.text).map_err(Error::read(&self.part.path))?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            if self.text.trim_ascii().is_empty() {
                continue;
            }
            self.object = serde_json::from_slice(&self.text).map_err(|error| Error::BadFile {
                file: self.part.relative.clone(),
                line: Some(self.line),
                column: None,
                problem: format!("the line is not a JSON object ({error}); mend or remove it"),
            })?;
            return Ok(Some(self.line));
        }
    }
}

/// A file on its way into batches.
struct Reading {
    objects: Objects,
    builders: Vec<Builder>,
    wanted: SchemaRef,
}

impl Reading {
    fn batch(&mut self) -> Result<Option<::arrow::array::RecordBatch>, Error> {
        let mut rows = 0;
        while rows < BATCH {
            let Some(line) = self.objects.next()? else { break };
            rows += 1;
            for (builder, field) in self.builders.iter_mut().zip(self.wanted.fields()) {
                let named = self.objects.object.0.iter().rev().find(|(key, _)| key == field.name());
                let value = named.map_or(&Value::Null, |(_, value)| value);
                with_cell(value, |cell| builder.push(cell)).map_err(|expected| {
                    let file = &self.objects.part.relative;
                    conform::misfit(file, line, field.name(), (&value.to_string(), expected))
                })?;
            }
        }
        let arrays = self.builders.iter_mut().map(Builder::finish).collect();
        if rows == 0 { Ok(None) } else { scan::batch(&self.wanted, arrays, rows).map(Some) }
    }
}

fn with_cell<T>(value: &Value, mut take: impl FnMut(Cell<'_>) -> T) -> T {
    match value {
        Value::Null => take(Cell::Missing),
        Value::Bool(value) => take(Cell::Boolean(*value)),
        Value::String(text) => take(Cell::Text(text)),
        Value::Array(_) | Value::Object(_) => take(Cell::Nested(&value.to_string())),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => take(Cell::Integer(value)),
            (None, Some(value)) => take(Cell::Number(value)),
            (None, None) => take(Cell::Missing),
        },
    }
}
