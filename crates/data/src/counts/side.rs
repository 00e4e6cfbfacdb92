//! One of the two data sets: its files, and what each says of its columns.

use std::{
    ops::ControlFlow,
    sync::{Arc, OnceLock},
};

use arrow::datatypes::DataType;
use base::Hash;
use parquet::file::metadata::ParquetMetaData;
use table::Kind;

use super::{LeftOut, Why, pages};
use crate::{
    ColumnInfo, Error, Format, Manifest, Part, SourceFile, Window, manifest,
    read::{self, Found, Scan},
    schema,
};

/// A data set that is read where it lies.
pub(super) struct Side {
    pub(super) format: Format,
    pub(super) files: Vec<File>,
    /// The rows, once a column has been counted.
    pub(super) rows: OnceLock<u64>,
}

/// One file of it.
pub(super) struct File {
    pub(super) part: Part,
    pub(super) columns: Vec<Found>,
    /// How a Parquet file is laid out.
    pub(super) layout: Option<Arc<ParquetMetaData>>,
}

/// What the values of a column are, as far as its files say.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    /// There are none.
    Empty,
    Of(Kind),
    Unusable(String),
}

/// A column that both sides have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) kind: Kind,
}

impl Side {
    pub(super) fn open(sources: &[SourceFile]) -> Result<Self, Error> {
        let format = Format::of_all(None, sources.iter().map(|file| file.relative.as_str()))?;
        let mut files: Vec<File> = Vec::new();
        for source in sources {
            let file = File::open(source, format)?;
            if let Some(first) = files.first() {
                first.must_agree(&file)?;
            }
            files.push(file);
        }
        Ok(Self { format, files, rows: OnceLock::new() })
    }

    /// The names of the first files, for messages.
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.files.iter().take(3).map(|file| file.part.relative.as_str()).collect();
        names.join(", ")
    }

    /// The number of rows.
    pub(super) fn rows(&self) -> Result<u64, Error> {
        if let Some(rows) = self.rows.get() {
            return Ok(*rows);
        }
        let mut rows = 0;
        for file in &self.files {
            file.scan(self.format, &[])?.run(&mut |batch| {
                rows += batch.num_rows() as u64;
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(rows)
    }

    fn columns(&self) -> impl Iterator<Item = &str> {
        self.files.iter().take(1).flat_map(|file| file.columns.iter().map(|column| column.name.as_str()))
    }

    /// Nothing when there is no such column.
    fn shape(&self, name: &str) -> Option<Shape> {
        let mut shapes = self.files.iter().filter_map(|file| file.column(name)).map(Shape::of);
        let first = shapes.next()?;
        Some(if first == Shape::Empty {
            shapes.find(|shape| *shape != Shape::Empty).unwrap_or(first)
        } else {
            first
        })
    }
}

impl File {
    fn open(source: &SourceFile, format: Format) -> Result<Self, Error> {
        // The file is read where it lies and not kept, so it needs no identity.
        let hash = Hash::of(&source.relative);
        let (path, relative) = (source.path.clone(), source.relative.clone());
        let part = Part { path, relative, bytes: source.bytes, hash };
        let columns = read::columns(&part, format)?;
        let layout = if format == Format::Parquet { pages::layout(&part) } else { None };
        Ok(Self { part, columns, layout })
    }

    pub(super) fn column(&self, name: &str) -> Option<&Found> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// A reading of those of the named columns that have values here, in their order.
    pub(super) fn scan(&self, format: Format, names: &[&str]) -> Result<Scan, Error> {
        let found = names.iter().filter_map(|name| self.column(name));
        let typed = found.filter(|column| column.data_type != DataType::Null);
        let info = |column: &Found| ColumnInfo {
            name: column.name.clone(),
            data_type: column.data_type.to_string(),
            kind: schema::kind(&column.data_type),
            note: None,
        };
        let fields = typed.map(info).collect();
        let (version, window) = (manifest::VERSION, Window::default());
        let manifest = Manifest { version, format, parts: Vec::new(), window, fields, rows: 0 };
        Scan::new(std::slice::from_ref(&self.part), &manifest, None)
    }

    /// Every file of a side has the columns of the first, each of the same kind.
    fn must_agree(&self, other: &Self) -> Result<(), Error> {
        for (one, another) in [(self, other), (other, self)] {
            if let Some(column) = one.columns.iter().find(|column| another.column(&column.name).is_none()) {
                let (present, absent) = (one.part.relative.clone(), another.part.relative.clone());
                return Err(Error::ColumnMissing { column: column.name.clone(), present, absent });
            }
        }
        for column in &self.columns {
            let found = other.column(&column.name).map(Shape::of).unwrap_or(Shape::Empty);
            let own = Shape::of(column);
            if own != found && own != Shape::Empty && found != Shape::Empty {
                return Err(Error::ColumnChanged {
                    column: column.name.clone(),
                    one: self.part.relative.clone(),
                    one_type: own.to_string(),
                    other: other.part.relative.clone(),
                    other_type: found.to_string(),
                });
            }
        }
        Ok(())
    }
}

impl Shape {
    fn of(column: &Found) -> Self {
        match schema::kind(&column.data_type).filter(|_| column.usable) {
            Some(kind) => Self::Of(kind),
            None if column.data_type == DataType::Null => Self::Empty,
            // JSON lines show as text what only some of them hold as lists and objects.
            None if column.data_type == DataType::Utf8 => Self::Unusable("lists or objects".to_owned()),
            None => Self::Unusable(column.data_type.to_string()),
        }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => out.write_str("empty"),
            Self::Of(kind) => kind.fmt(out),
            Self::Unusable(data_type) => out.write_str(data_type),
        }
    }
}

/// The columns to compare, and those that cannot be, in the order of the reference or as they were asked for.
pub(super) fn choose(
    reference: &Side,
    current: &Side,
    wanted: Option<&[String]>,
) -> Result<(Vec<Chosen>, Vec<LeftOut>), Error> {
    let appeared = current.columns().filter(|name| reference.shape(name).is_none());
    let all: Vec<&str> = reference.columns().chain(appeared).collect();
    let names = match wanted {
        Some(wanted) => wanted.iter().map(String::as_str).collect(),
        None => all.clone(),
    };
    let (mut chosen, mut left_out) = (Vec::new(), Vec::new());
    for name in names {
        if !all.contains(&name) {
            return Err(Error::unknown_column(name, all));
        }
        let name = name.to_owned();
        match common(reference.shape(&name), current.shape(&name)) {
            Ok(kind) => chosen.push(Chosen { name, kind }),
            Err(why) => left_out.push(LeftOut { name, why }),
        }
    }
    Ok((chosen, left_out))
}

/// The kind that a column has on both sides; a side without values takes the other's.
fn common(reference: Option<Shape>, current: Option<Shape>) -> Result<Kind, Why> {
    let (Some(reference), current) = (reference, current) else { return Err(Why::Appeared) };
    let Some(current) = current else { return Err(Why::Vanished) };
    match (reference, current) {
        (Shape::Of(kind), Shape::Empty) | (Shape::Empty, Shape::Of(kind)) => Ok(kind),
        (Shape::Of(kind), Shape::Of(other)) if kind == other => Ok(kind),
        (Shape::Empty, Shape::Empty) => Err(Why::Empty),
        (Shape::Unusable(data_type), Shape::Unusable(_) | Shape::Empty) => Err(Why::Unusable(data_type)),
        (Shape::Empty, Shape::Unusable(data_type)) => Err(Why::Unusable(data_type)),
        (reference, current) => {
            Err(Why::Changed { reference: reference.to_string(), current: current.to_string() })
        }
    }
}
