//! Small files of every format, and snapshots made of them.

use std::{fs, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    ipc::writer::{FileWriter, StreamWriter},
};
use base::Hash;
use data::{Error, Manifest, Part, View, Window};
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;

/// A folder of data files.
pub(crate) struct Files(pub(crate) TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file and gives it as a part. Its bytes lie under a name without an extension, as in the store.
    pub(crate) fn part(&self, relative: &str, bytes: impl AsRef<[u8]>) -> Part {
        let bytes = bytes.as_ref();
        let hash = Hash::of(bytes);
        let path = self.path().join(hash.to_string());
        fs::write(&path, bytes).unwrap();
        Part { path, relative: relative.to_owned(), bytes: bytes.len() as u64, hash }
    }

    /// A view called `flights` of one file.
    pub(crate) async fn view(&self, relative: &str, bytes: impl AsRef<[u8]>) -> View {
        self.view_in(relative, bytes, Window::default()).await
    }

    pub(crate) async fn view_in(&self, relative: &str, bytes: impl AsRef<[u8]>, window: Window) -> View {
        let parts = vec![self.part(relative, bytes)];
        let manifest = data::inspect(&parts, None, window).await.unwrap();
        View { name: "flights".to_owned(), parts, manifest }
    }

    pub(crate) async fn inspect(&self, relative: &str, bytes: impl AsRef<[u8]>) -> Result<Manifest, Error> {
        data::inspect(&[self.part(relative, bytes)], None, Window::default()).await
    }
}

/// The window [from, until) of a column.
pub(crate) fn window(time: &str, from: Option<&str>, until: Option<&str>) -> Window {
    let instant = |text: Option<&str>| text.map(|text| text.parse().unwrap());
    Window { time: Some(time.to_owned()), from: instant(from), until: instant(until) }
}

/// Name, type and kind of each column.
pub(crate) fn types(manifest: &Manifest) -> Vec<(&str, &str, Option<table::Kind>)> {
    manifest.fields.iter().map(|field| (field.name.as_str(), field.data_type.as_str(), field.kind)).collect()
}

pub(crate) const FLIGHTS_CSV: &str = "\
carrier,distance,departure,cancelled,delay
UA,1400,2013-01-01T10:15:00Z,false,11
AA,1089,2013-01-01T10:40:00Z,true,NA
,1576,2013-01-02 09:00,false,-18.5
";

pub(crate) const FLIGHTS_JSONL: &str = r#"
{"carrier": "UA", "distance": 1400, "departure": "2013-01-01T10:15:00Z", "cancelled": false, "delay": 11}
{"carrier": "AA", "distance": 1089, "departure": "2013-01-01T10:40:00Z", "cancelled": true, "delay": null}

{"distance": 1576, "departure": "2013-01-02T09:00:00Z", "cancelled": false, "delay": -18.5}
"#;

/// The same three flights as Arrow.
pub(crate) fn flights_batch() -> RecordBatch {
    let departure: TimestampMicrosecondArray =
        [1_357_035_300_000_000, 1_357_036_800_000_000, 1_357_117_200_000_000].map(Some).into_iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("carrier", Arc::new(StringArray::from(vec![Some("UA"), Some("AA"), None]))),
        ("distance", Arc::new(arrow::array::Int64Array::from(vec![1400, 1089, 1576]))),
        ("departure", Arc::new(departure.with_timezone("America/New_York"))),
        ("cancelled", Arc::new(arrow::array::BooleanArray::from(vec![false, true, false]))),
        ("delay", Arc::new(Float64Array::from(vec![Some(11.0), None, Some(-18.5)]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

pub(crate) fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

pub(crate) fn arrow_file(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = FileWriter::try_new(&mut bytes, &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes
}

pub(crate) fn arrow_stream(batches: &[RecordBatch]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    drop(writer);
    bytes
}
