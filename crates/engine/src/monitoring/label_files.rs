//! Labels that come as files: read when they change, and kept as if they had been sent.

use base::{Hash, Name, Timestamp};
use data::{Part, View, Window};
use store::{NewLabel, Store};
use table::{Table, Values};

use crate::{Error, Project, observe::fingerprint};

/// Labels in one transaction.
const BATCH: usize = 5_000;

/// The most bytes that an id and a value may have: as [`NewLabel`] says.
const ID_LIMIT: usize = 256;
const VALUE_LIMIT: usize = 1_024;

/// The files of a monitor's labels, as they were when they were last read.
#[derive(Debug, Default)]
pub(super) struct LabelFiles {
    read: Option<Hash>,
    /// What was said last: the same is said once.
    said: Option<String>,
}

/// What files hold.
#[derive(Debug, Default, PartialEq)]
struct Labels {
    usable: Vec<NewLabel>,
    /// How many rows cannot be labels, and why the first of them cannot.
    left_out: u64,
    first: Option<String>,
}

/// Where labels lie and where they go.
pub(super) struct Place<'a> {
    pub(super) store: &'a Store,
    pub(super) project: &'a Project,
    pub(super) monitor: &'a spec::Monitor,
    pub(super) runtime: &'a tokio::runtime::Handle,
}

impl LabelFiles {
    /// Reads the files if they are others than the last time. The same label twice is one label.
    ///
    /// # Errors
    /// What keeps files or rows from being read; the rest of the labels is kept. The same is said once.
    pub(super) fn follow(&mut self, place: &Place<'_>) -> Result<(), Error> {
        let labels = &place.monitor.labels;
        let (Some(pattern), Some(key)) = (&labels.source, &labels.key) else { return Ok(()) };
        let Err(why) = self.take(place, pattern, key) else { return Ok(()) };
        let why = format!("read the labels in {pattern}: {why}");
        if self.said.as_ref() == Some(&why) {
            return Ok(());
        }
        self.said = Some(why.clone());
        Err(Error::Unknown(why))
    }

    fn take(&mut self, place: &Place<'_>, pattern: &str, key: &str) -> Result<(), String> {
        let parts = place.parts(pattern)?;
        let now = fingerprint(parts.iter().map(|part| (part.relative.as_str(), part.hash)));
        if parts.is_empty() || self.read == Some(now) {
            return Ok(());
        }
        // Whatever cannot be read now cannot be read until the files are others.
        self.read = Some(now);
        let labels = place.labels(parts, key)?;
        if let Err(error) = put(place.store, &place.monitor.service, &labels.usable) {
            // A full disk passes, and then the labels are still wanted; what is refused stays refused.
            if !matches!(error, store::Error::LabelSize { .. }) {
                self.read = None;
            }
            return Err(base::causes(&error));
        }
        self.said = None;
        labels.complaint().map_or(Ok(()), Err)
    }
}

impl Labels {
    /// Takes a row as a label, or counts it.
    fn add(&mut self, label: NewLabel) {
        match unusable(&label) {
            None => self.usable.push(label),
            Some(why) => {
                self.left_out += 1;
                self.first.get_or_insert(why);
            }
        }
    }

    fn complaint(&self) -> Option<String> {
        let first = self.first.as_ref()?;
        let rows = if self.left_out == 1 { "1 row is" } else { &format!("{} rows are", self.left_out) };
        Some(format!("{rows} left out, since {first}"))
    }
}

/// Why the store would not take a label.
fn unusable(label: &NewLabel) -> Option<String> {
    let NewLabel { id, value, .. } = label;
    let shown: String = id.chars().take(40).collect();
    if id.is_empty() {
        Some("one has an empty id".to_owned())
    } else if id.len() > ID_LIMIT {
        Some(format!("the id `{shown}…` has more than {ID_LIMIT} bytes"))
    } else if value.len() > VALUE_LIMIT {
        Some(format!("the value of `{shown}` has more than {VALUE_LIMIT} bytes"))
    } else {
        None
    }
}

impl Place<'_> {
    /// The files there are. None is no error: labels come later, that is their nature.
    fn parts(&self, pattern: &str) -> Result<Vec<Part>, String> {
        let source =
            data::Source { root: self.project.root.clone(), pattern: pattern.to_owned(), format: None };
        let files = match data::files(&source) {
            Err(data::Error::NoFiles { .. }) => return Ok(Vec::new()),
            files => files.map_err(|error| base::causes(&error))?,
        };
        let paths: Vec<&std::path::Path> = files.iter().map(|file| file.path.as_path()).collect();
        let hashes = self.store.hash_files(&paths).map_err(|error| base::causes(&error))?;
        let part = |(file, hash): (data::SourceFile, Hash)| Part {
            path: file.path,
            relative: file.relative,
            bytes: file.bytes,
            hash,
        };
        Ok(files.into_iter().zip(hashes).map(part).collect())
    }

    /// The labels in these files.
    fn labels(&self, parts: Vec<Part>, key: &str) -> Result<Labels, String> {
        let value = value_column(self);
        let time = self.monitor.labels.time.as_deref();
        let columns: Vec<String> =
            [Some(key), Some(&value), time].into_iter().flatten().map(str::to_owned).collect();
        let table = self.runtime.block_on(async {
            let manifest = data::inspect(&parts, None, Window::default()).await?;
            let view = View { name: "labels".to_owned(), parts, manifest };
            data::table(&view, Some(&columns), &data::Limits::default()).await
        });
        read(&table.map_err(|error| base::causes(&error))?, key, &value, time)
    }
}

/// The column of the truth: the one that is named, or the model's target.
fn value_column(place: &Place<'_>) -> String {
    let named = place.monitor.labels.value.clone();
    named.unwrap_or_else(|| {
        let service = place.project.spec.services.get(&place.monitor.service);
        let model = service.and_then(|service| place.project.spec.models.get(&service.model));
        model.map(|model| model.target.clone()).unwrap_or_default()
    })
}

/// The rows that have an id and a value.
fn read(table: &Table, key: &str, value: &str, time: Option<&str>) -> Result<Labels, String> {
    let column = |name: &str| {
        table.column(name).map(|column| &column.values).ok_or_else(|| format!("they have no column `{name}`"))
    };
    let (keys, values) = (column(key)?, column(value)?);
    let times = match time.map(column).transpose()? {
        None => None,
        Some(Values::Time(times)) => Some(times),
        Some(other) => {
            let kind = other.kind();
            return Err(format!("column `{}` holds {kind}s, not times", time.unwrap_or_default()));
        }
    };
    let mut labels = Labels::default();
    for row in 0..table.rows() {
        let (Some(id), Some(value)) = (keys.label(row), values.label(row)) else { continue };
        let known = times.and_then(|times| times[row]).map(Timestamp::from_micros);
        labels.add(NewLabel { id, value, known });
    }
    Ok(labels)
}

fn put(store: &Store, service: &Name, labels: &[NewLabel]) -> Result<(), store::Error> {
    labels.chunks(BATCH).try_for_each(|batch| store.put_labels(service, batch).map(|_| ()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base::{FixedClock, Timestamp};
    use store::Store;
    use table::{Column, Table, Text, Values};

    use super::{ID_LIMIT, VALUE_LIMIT, put, read};

    fn text(values: &[&str]) -> Values {
        Values::Text(values.iter().map(|value| Some(*value)).collect::<Text>())
    }

    #[test]
    fn rows_that_cannot_be_labels_are_left_out_and_the_store_takes_the_others() {
        let (longest, longer) = ("i".repeat(ID_LIMIT), "i".repeat(ID_LIMIT + 1));
        let (wide, wider) = ("v".repeat(VALUE_LIMIT), "v".repeat(VALUE_LIMIT + 1));
        let table = Table::new(vec![
            Column::new("id", text(&[&longest, "two", &longer, "", "three"])),
            Column::new("late", text(&[&wide, &wider, "yes", "no", "yes"])),
        ])
        .unwrap();
        let labels = read(&table, "id", "late", None).unwrap();
        let ids: Vec<_> = labels.usable.iter().map(|label| label.id.as_str()).collect();
        assert_eq!((ids, labels.left_out), (vec![longest.as_str(), "three"], 3));
        let said = labels.complaint().unwrap();
        assert_eq!(said, "3 rows are left out, since the value of `two` has more than 1024 bytes");
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(0)));
        let store = Store::open(folder.path(), clock).unwrap();
        put(&store, &"rides".parse().unwrap(), &labels.usable).unwrap();
    }
}
