//! Labels that come as files: read when they change, and kept as if they had been sent.

use base::{Hash, Name, Timestamp};
use data::{Part, View, Window};
use store::{LabelReceipt, NewLabel, Store};
use table::{Table, Values};

use crate::{Error, Project, observe::fingerprint};

/// Labels in one transaction.
const BATCH: usize = 5_000;

/// The files of a monitor's labels, as they were when they were last read.
#[derive(Debug, Default)]
pub(super) struct LabelFiles {
    read: Option<Hash>,
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
    pub(super) fn follow(&mut self, place: &Place<'_>) -> Result<Option<LabelReceipt>, Error> {
        let labels = &place.monitor.labels;
        let (Some(pattern), Some(key)) = (&labels.source, &labels.key) else { return Ok(None) };
        let source =
            data::Source { root: place.project.root.clone(), pattern: pattern.clone(), format: None };
        // Files that are not there yet are no error: labels come later, that is their nature.
        let Ok(files) = data::files(&source) else { return Ok(None) };
        let paths: Vec<&std::path::Path> = files.iter().map(|file| file.path.as_path()).collect();
        let hashes = place.store.hash_files(&paths)?;
        let parts: Vec<Part> = files
            .iter()
            .zip(hashes)
            .map(|(file, hash)| Part {
                path: file.path.clone(),
                relative: file.relative.clone(),
                bytes: file.bytes,
                hash,
            })
            .collect();
        let now = fingerprint(parts.iter().map(|part| (part.relative.as_str(), part.hash)));
        if self.read == Some(now) {
            return Ok(None);
        }
        let read = match place.labels(parts, key) {
            Ok(read) => read,
            Err(why) => {
                // They are tried again when they are others.
                self.read = Some(now);
                return Err(Error::Unknown(format!("read the labels in {pattern}: {why}")));
            }
        };
        let receipt = put(place.store, &place.monitor.service, &read)?;
        self.read = Some(now);
        Ok(Some(receipt))
    }
}

impl Place<'_> {
    /// The labels in these files.
    fn labels(&self, parts: Vec<Part>, key: &str) -> Result<Vec<NewLabel>, String> {
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
fn read(table: &Table, key: &str, value: &str, time: Option<&str>) -> Result<Vec<NewLabel>, String> {
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
    let mut labels = Vec::with_capacity(table.rows());
    for row in 0..table.rows() {
        let (Some(id), Some(value)) = (keys.label(row), values.label(row)) else { continue };
        let known = times.and_then(|times| times[row]).map(Timestamp::from_micros);
        labels.push(NewLabel { id, value, known });
    }
    Ok(labels)
}

fn put(store: &Store, service: &Name, labels: &[NewLabel]) -> Result<LabelReceipt, Error> {
    let mut all = LabelReceipt::default();
    for batch in labels.chunks(BATCH) {
        let receipt = store.put_labels(service, batch)?;
        all.accepted += receipt.accepted;
        all.unchanged += receipt.unchanged;
        all.replaced += receipt.replaced;
    }
    Ok(all)
}
