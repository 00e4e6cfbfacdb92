//! `kaizen init DATA_FILE`

use std::{
    fs::OpenOptions,
    io::Write as _,
    path::{Path, PathBuf},
};

use base::{Hash, causes};
use data::{Part, Profile, Source, View, Window};
use spec::Inspection;

use super::{io, wait_for};
use crate::{Failure, arguments::Init, exit, output::Output};

pub(crate) fn run(arguments: &Init, at: Option<PathBuf>, output: &mut Output) -> Result<u8, Failure> {
    let folder = at.unwrap_or_else(|| PathBuf::from("."));
    let file = folder.join("kaizen.toml");
    let inspection = wait_for(inspect(&folder, &arguments.data))?;
    let text = spec::starter(&inspection);
    // Never over a file that someone has written.
    let mut created =
        OpenOptions::new().write(true).create_new(true).open(&file).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => Failure::new(
                exit::USAGE,
                format!(
                    "{} is there already; move it away, or work in another directory with -C",
                    file.display()
                ),
            ),
            _ => io("write", &file)(error),
        })?;
    created.write_all(text.as_bytes()).map_err(io("write", &file))?;
    let value = serde_json::json!({ "file": file, "columns": inspection.columns.len() });
    output.result(&value, |_| format!("wrote {}; read its comments, then run `kaizen up`", file.display()));
    Ok(exit::DONE)
}

async fn inspect(folder: &Path, file: &Path) -> Result<Inspection, Failure> {
    let failed = |error: data::Error| Failure::new(exit::DATA, causes(&error));
    if !file.is_file() {
        let message =
            format!("{} is not a file; name a Parquet, CSV, JSON lines or Arrow file", file.display());
        return Err(Failure::new(exit::DATA, message));
    }
    let source = source(folder, file)?;
    let files = data::files(&Source { root: folder.to_owned(), pattern: source.clone(), format: None })
        .map_err(failed)?;
    let parts: Vec<Part> = files
        .into_iter()
        .map(|file| {
            // The file is read where it lies and not kept, so it needs no identity.
            let hash = Hash::of(&file.relative);
            Part { path: file.path, relative: file.relative, bytes: file.bytes, hash }
        })
        .collect();
    let manifest = data::inspect(&parts, None, Window::default()).await.map_err(failed)?;
    let view = View { name: "data".to_owned(), parts, manifest };
    let profile = data::profile(&view).await.map_err(failed)?;
    Ok(Inspection { name: name(file), source, columns: columns(profile) })
}

/// The file as the project file names it: relative to its directory where that is possible.
fn source(folder: &Path, file: &Path) -> Result<String, Failure> {
    let folder = folder.canonicalize().map_err(io("find", folder))?;
    let whole = file.canonicalize().map_err(io("find", file))?;
    let relative = whole.strip_prefix(&folder).unwrap_or(&whole);
    let text = relative.to_str().map(str::to_owned);
    text.ok_or_else(|| {
        Failure::new(exit::DATA, format!("the path {} is not UTF-8; rename it", file.display()))
    })
}

/// A name for the data set, from the file's.
fn name(file: &Path) -> base::Name {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let letters: String =
        stem.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    let named = letters.trim_matches('_').chars().take(64).collect::<String>().parse();
    named.unwrap_or_else(|_| "data".parse().expect("a plain word is a name"))
}

fn columns(profile: Profile) -> Vec<spec::ColumnProfile> {
    let mut columns = Vec::new();
    for column in profile.columns {
        // What tables leave out cannot be learned from.
        let Some(kind) = column.info.kind else { continue };
        columns.push(spec::ColumnProfile {
            name: column.info.name,
            kind,
            rows: profile.rows,
            nulls: column.nulls,
            distinct: column.distinct,
            integer: column.integer,
            min: column.min,
            max: column.max,
            top: column.top,
        });
    }
    columns
}
