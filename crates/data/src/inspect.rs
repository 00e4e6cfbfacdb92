use std::ops::ControlFlow;

use arrow::datatypes::DataType;
use table::Kind;

use crate::{
    ColumnInfo, Error, Format, Manifest, Part, PartInfo, Window, blocking, manifest,
    read::{self, Found, Scan},
    schema,
};

/// Reads the parts once, from the first row to the last, and says what is in them.
///
/// Parquet and Arrow files say their types themselves; CSV and JSON lines are read a first time to
/// infer them from every value. Then every row is decoded, so what passes here can be read later.
///
/// # Errors
/// When a file is empty, cut, ragged or otherwise unreadable, when two files disagree about the
/// columns, when the event time is no time, and when no row is in the window.
pub async fn inspect(parts: &[Part], format: Option<Format>, window: Window) -> Result<Manifest, Error> {
    let parts = parts.to_vec();
    blocking(move || inspected(&parts, format, window)).await
}

fn inspected(parts: &[Part], format: Option<Format>, window: Window) -> Result<Manifest, Error> {
    let format = Format::of_all(format, parts.iter().map(|part| part.relative.as_str()))?;
    let mut merged = Merged::default();
    for part in parts {
        merged.add(part, read::columns(part, format)?)?;
    }
    // With no row at all, that is what to say, and not that the event time is missing.
    if let Some(time) = window.time.as_ref().filter(|_| merged.has_values()) {
        merged.declare_time(time)?;
    }
    let info = |part: &Part| PartInfo { relative: part.relative.clone(), bytes: part.bytes, hash: part.hash };
    let fields = merged.columns.into_iter().map(|column| described(column.found)).collect();
    let parts_info = parts.iter().map(info).collect();
    let version = manifest::VERSION;
    let mut manifest = Manifest { version, format, parts: parts_info, window, fields, rows: 0 };
    manifest.rows = count(parts, &manifest)?;
    if manifest.rows == 0 {
        return Err(Error::NoRows(no_rows(parts, &manifest)?));
    }
    Ok(manifest)
}

fn count(parts: &[Part], manifest: &Manifest) -> Result<u64, Error> {
    let mut rows = 0;
    Scan::new(parts, manifest, None)?.run(&mut |batch| {
        rows += batch.num_rows() as u64;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// Why there are none: the files are empty, or the window is beside them.
fn no_rows(parts: &[Part], manifest: &Manifest) -> Result<String, Error> {
    let mut whole = manifest.clone();
    (whole.window.from, whole.window.until) = (None, None);
    let all = count(parts, &whole)?;
    let files: Vec<_> = parts.iter().take(3).map(|part| part.relative.as_str()).collect();
    let files = files.join(", ");
    if all == 0 {
        return Ok(format!("there are no rows in {files}; check what writes the data"));
    }
    let bound = |time: Option<base::Timestamp>| time.map_or_else(|| "…".to_owned(), |time| time.to_string());
    let Window { time, from, until } = &manifest.window;
    let (from, until) = (bound(*from), bound(*until));
    let time = time.clone().unwrap_or_default();
    Ok(format!(
        "none of the {all} rows in {files} has `{time}` in [{from}, {until}); mend `from` and `until`"
    ))
}

fn described(found: Found) -> ColumnInfo {
    let kind = if found.usable { schema::kind(&found.data_type) } else { None };
    let storable = schema::can_be_stored(&found.data_type);
    let data_type = found.data_type.to_string();
    // What cannot be read back from the manifest must not look as if it could.
    let data_type = if storable { data_type } else { format!("other: {data_type}") };
    ColumnInfo { name: found.name, data_type, kind, note: found.note }
}

/// The columns of all files so far.
#[derive(Default)]
struct Merged {
    columns: Vec<Column>,
    first: Option<String>,
}

struct Column {
    found: Found,
    /// The file that gave the column its type.
    file: String,
}

impl Merged {
    fn add(&mut self, part: &Part, found: Vec<Found>) -> Result<(), Error> {
        let file = &part.relative;
        let Some(first) = self.first.clone() else {
            self.first = Some(file.clone());
            let column = |found| Column { found, file: file.clone() };
            self.columns = found.into_iter().map(column).collect();
            return Ok(());
        };
        for column in &self.columns {
            if !found.iter().any(|other| other.name == column.found.name) {
                let (column, absent) = (column.found.name.clone(), file.clone());
                return Err(Error::ColumnMissing { column, present: first, absent });
            }
        }
        for other in found {
            let Some(column) = self.columns.iter_mut().find(|column| column.found.name == other.name) else {
                return Err(Error::ColumnMissing {
                    column: other.name,
                    present: file.clone(),
                    absent: first,
                });
            };
            column.merge(other, file)?;
        }
        Ok(())
    }

    fn has_values(&self) -> bool {
        self.columns.iter().any(|column| column.found.data_type != DataType::Null)
    }

    fn declare_time(&mut self, name: &str) -> Result<(), Error> {
        let names: Vec<_> = self.columns.iter().map(|column| column.found.name.clone()).collect();
        let column = self.columns.iter_mut().find(|column| column.found.name == name);
        let Some(Column { found, .. }) = column else {
            return Err(Error::unknown_column(name, names.iter().map(String::as_str)));
        };
        if !matches!(schema::kind(&found.data_type), Some(Kind::Time | Kind::Text)) || !found.usable {
            let found = match (&found.data_type, &found.note) {
                (DataType::Null, Some(note)) => format!("empty: {note}"),
                (data_type, _) => schema::described(data_type),
            };
            return Err(Error::TimeColumn { column: name.to_owned(), found });
        }
        // Text is parsed as it is read, and the pass over all rows says where that fails.
        (found.data_type, found.note) = (schema::instant(), None);
        Ok(())
    }
}

impl Column {
    fn merge(&mut self, other: Found, file: &str) -> Result<(), Error> {
        let merged = schema::merge(&self.found.data_type, &other.data_type);
        let Some(merged) = merged.filter(|_| self.found.usable == other.usable || self.is_empty(&other))
        else {
            let type_of = |found: &Found| match &found.note {
                Some(note) => format!("{} ({note})", schema::described(&found.data_type)),
                None => schema::described(&found.data_type),
            };
            return Err(Error::ColumnChanged {
                column: other.name.clone(),
                one: self.file.clone(),
                one_type: type_of(&self.found),
                other: file.to_owned(),
                other_type: type_of(&other),
            });
        };
        if self.found.data_type == DataType::Null {
            (self.found, self.file) = (other, file.to_owned());
        } else if other.data_type != DataType::Null {
            self.found.note = self.found.note.take().or(other.note);
            self.found.data_type = merged;
        }
        Ok(())
    }

    fn is_empty(&self, other: &Found) -> bool {
        self.found.data_type == DataType::Null || other.data_type == DataType::Null
    }
}
