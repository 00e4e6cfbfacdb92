use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};

use crate::Error;

/// How the files of a data set are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values, UTF-8, with a header line.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Arrow IPC, as a file or as a stream.
    Arrow,
}

impl Format {
    /// The format that a file's extension names.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let extension = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "parquet" | "pq" => Self::Parquet,
            "csv" => Self::Csv,
            "jsonl" | "ndjson" | "json" => Self::Jsonl,
            "arrow" | "arrows" | "ipc" | "feather" => Self::Arrow,
            _ => return None,
        })
    }

    /// The one format of these files: the declared one, else the one that all their names say.
    pub(crate) fn of_all<'a>(
        declared: Option<Self>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Error> {
        let mut found: Option<(Self, &str)> = None;
        for name in names {
            refuse_compressed(name)?;
            let format = match declared {
                Some(format) => format,
                None => Self::of_name(name).ok_or_else(|| Error::UnknownFormat { file: name.to_owned() })?,
            };
            match found {
                Some((one_format, one)) if one_format != format => {
                    let (one, other) = (one.to_owned(), name.to_owned());
                    return Err(Error::MixedFormats { one, one_format, other, other_format: format });
                }
                Some(_) => {}
                None => found = Some((format, name)),
            }
        }
        found.map(|(format, _)| format).ok_or(Error::NoParts)
    }
}

/// Packed text would otherwise be read as one very ragged line.
pub(crate) fn refuse_compressed(name: &str) -> Result<(), Error> {
    let lower = name.to_ascii_lowercase();
    if [".gz", ".zst", ".bz2", ".xz", ".zip"].iter().any(|extension| lower.ends_with(extension)) {
        let problem = "compressed files are not read; unpack it, or store the data as Parquet, which is compressed itself";
        return Err(Error::bad_file(name, problem));
    }
    Ok(())
}

impl From<spec::Format> for Format {
    fn from(declared: spec::Format) -> Self {
        match declared {
            spec::Format::Parquet => Self::Parquet,
            spec::Format::Csv => Self::Csv,
            spec::Format::Jsonl => Self::Jsonl,
            spec::Format::Arrow => Self::Arrow,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Parquet => "Parquet",
            Self::Csv => "CSV",
            Self::Jsonl => "JSON lines",
            Self::Arrow => "Arrow IPC",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Format;
    use crate::Error;

    #[test]
    fn files_of_two_formats_are_refused_and_both_are_named() {
        let error = Format::of_all(None, ["a.csv", "b.csv", "c.parquet"]).unwrap_err();
        assert!(matches!(error, Error::MixedFormats { .. }));
        assert!(error.to_string().contains("a.csv is CSV and c.parquet is Parquet"), "{error}");
    }

    #[test]
    fn a_declared_format_overrides_the_name() {
        assert_eq!(Format::of_all(Some(Format::Csv), ["a.txt", "b"]).unwrap(), Format::Csv);
        assert!(matches!(Format::of_all(None, ["a.txt"]), Err(Error::UnknownFormat { .. })));
    }
}
