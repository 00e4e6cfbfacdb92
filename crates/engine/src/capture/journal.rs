//! Journal files: named by number, appended to in whole batches, each on disk before the next.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base::Name;
use serving::capture::MAGIC;

use super::error::Error;

const EXTENSION: &str = "journal";

/// The directory of a service's journals.
pub(super) fn directory(store: &store::Store, service: &Name) -> PathBuf {
    store.dir().join("captures").join(service.as_str())
}

/// A journal's name, which is also what its segments have as their source.
pub(super) fn name(number: u64) -> String {
    format!("{number:016}.{EXTENSION}")
}

/// The number of the journal that a segment was sealed from.
pub(super) fn number_of_source(source: &str) -> Option<u64> {
    source.split_once('.').and_then(|(number, _)| number.parse().ok())
}

/// The numbers of the journals in a directory, ascending; none when it is not there.
pub(super) fn list(directory: &Path) -> Result<Vec<u64>, Error> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", directory)(error)),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io("list", directory))?.path();
        let is_journal = path.extension().is_some_and(|extension| extension == EXTENSION);
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        numbers.extend(number.filter(|_| is_journal));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// A journal that is written to.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// The length up to the end of the last whole batch.
    pub(super) bytes: u64,
}

impl Journal {
    pub(super) fn create(directory: &Path, number: u64) -> Result<Self, Error> {
        fs::create_dir_all(directory).map_err(Error::io("make", directory))?;
        let path = directory.join(name(number));
        let file = OpenOptions::new().create_new(true).append(true).open(&path);
        let mut file = file.map_err(Error::io("make", &path))?;
        let begun = file.write_all(MAGIC).and_then(|()| sync_directory(directory));
        if let Err(source) = begun {
            // Best effort: an empty journal is harmless, and sealed away.
            let _ = fs::remove_file(&path);
            return Err(Error::io("write", &path)(source));
        }
        Ok(Self { path, file, bytes: MAGIC.len() as u64 })
    }

    /// Appends a batch, on disk when this returns; what could not be written whole is taken back.
    pub(super) fn append(&mut self, batch: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(batch).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // Should this fail too, the end is torn, which readers recognise.
            let _ = self.file.set_len(self.bytes);
            return Err(Error::io("write", &self.path)(source));
        }
        self.bytes += batch.len() as u64;
        Ok(())
    }
}

pub(super) fn remove(directory: &Path, number: u64) -> Result<(), Error> {
    let path = directory.join(name(number));
    match fs::remove_file(&path).and_then(|()| sync_directory(directory)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
