use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use table::Table;

use super::{
    bytes::Reader,
    captured::{Captured, Failure},
    columns::{Growing, pass},
    frame::{Frames, Kind},
    header::Header,
    id,
    outcome::Outcome,
    totals::Totals,
};

const HOUR: i64 = 3_600_000_000;

/// Reads a journal's frames piece by piece into columns, apart for each model and each hour of receipt.
pub struct Decoder {
    headers: HashMap<u32, Arc<Header>>,
    groups: BTreeMap<(u32, i64), Group>,
    totals: Vec<(u64, Totals)>,
    sequence: u64,
    malformed: u64,
}

/// What a piece of a journal held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// The bytes of its whole frames.
    pub whole: usize,
    /// The bytes up to the end of its last whole batch.
    pub batches: usize,
    /// The place in the journal after that batch.
    pub sequence: u64,
}

/// What a decoder has gathered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// Requests, for each model and hour of receipt.
    pub captured: Vec<Captured>,
    /// Totals with their places in the journal.
    pub totals: Vec<(u64, Totals)>,
    /// The place in the journal after all of this.
    pub sequence: u64,
    /// Whole frames whose content made no sense; a later release may have written them.
    pub malformed: u64,
}

struct Group {
    header: Arc<Header>,
    ids: Vec<String>,
    sequence: Vec<u64>,
    received: Vec<i64>,
    latency: Vec<u32>,
    columns: Vec<Growing>,
    predictions: Vec<f64>,
    failures: Vec<Failure>,
}

/// A record's head.
struct Record<'a> {
    serial: u32,
    received: i64,
    latency: u32,
    outcome: Outcome,
    rows: usize,
    id: &'a str,
}

impl Decoder {
    /// A decoder for a journal from this place on; the place is 0 at its beginning.
    pub fn new(sequence: u64) -> Self {
        Self { headers: HashMap::new(), groups: BTreeMap::new(), totals: Vec::new(), sequence, malformed: 0 }
    }

    /// Takes the whole frames at the start of these bytes, which follow on those before them.
    pub fn read(&mut self, bytes: &[u8]) -> Read {
        let mut frames = Frames::of(bytes);
        let mut read = Read { whole: 0, batches: 0, sequence: self.sequence };
        while let Some((kind, payload)) = frames.next() {
            let understood = self.frame(kind, payload);
            self.malformed += u64::from(understood.is_none());
            read.whole = frames.whole;
            if kind == Kind::Totals {
                read.batches = frames.whole;
                read.sequence = self.sequence;
            }
        }
        read
    }

    /// What was read.
    pub fn finish(self) -> Decoded {
        Decoded {
            captured: self.groups.into_values().filter_map(Group::finish).collect(),
            totals: self.totals,
            sequence: self.sequence,
            malformed: self.malformed,
        }
    }

    fn frame(&mut self, kind: Kind, payload: &[u8]) -> Option<()> {
        match kind {
            Kind::Header => {
                let (serial, header) = Header::decode(payload)?;
                if self.headers.get(&serial).is_none_or(|known| **known != header) {
                    self.headers.insert(serial, Arc::new(header));
                }
            }
            Kind::Record => {
                self.sequence += 1;
                self.record(payload)?;
            }
            Kind::Totals => {
                self.sequence += 1;
                self.totals.push((self.sequence - 1, Totals::decode(payload)?));
            }
        }
        Some(())
    }

    fn record(&mut self, payload: &[u8]) -> Option<()> {
        let mut reader = Reader(payload);
        let record = Record::read(&mut reader)?;
        let header = self.headers.get(&record.serial)?;
        record.check(header, reader)?;
        let key = (record.serial, record.received.div_euclid(HOUR));
        let group = self.groups.entry(key).or_insert_with(|| Group::new(header));
        group.add(&record, self.sequence - 1, reader)
    }
}

impl<'a> Record<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        Some(Self {
            serial: reader.u32()?,
            received: reader.i64()?,
            latency: reader.u32()?,
            outcome: Outcome::of_code(reader.u8()?)?,
            rows: reader.u32()? as usize,
            id: reader.short_text()?,
        })
    }

    /// Whether just the values of such a record are left, so that taking them cannot stop half-way.
    fn check(&self, header: &Header, mut values: Reader<'_>) -> Option<()> {
        if self.outcome == Outcome::Answered {
            header.columns.iter().try_for_each(|column| pass(column.kind, self.rows, &mut values))?;
            values.take(self.rows.checked_mul(header.width() * 8)?)?;
        }
        values.0.is_empty().then_some(())
    }
}

impl Group {
    fn new(header: &Arc<Header>) -> Self {
        Self {
            header: Arc::clone(header),
            ids: Vec::new(),
            sequence: Vec::new(),
            received: Vec::new(),
            latency: Vec::new(),
            columns: header.columns.iter().map(|column| Growing::new(column.kind)).collect(),
            predictions: Vec::new(),
            failures: Vec::new(),
        }
    }

    fn add(&mut self, record: &Record<'_>, sequence: u64, mut values: Reader<'_>) -> Option<()> {
        let (received, latency) = (record.received, record.latency);
        if record.outcome != Outcome::Answered {
            let (id, outcome) = (record.id.to_owned(), record.outcome);
            self.failures.push(Failure { id, sequence, received, latency, outcome });
            return Some(());
        }
        for row in 0..record.rows {
            self.ids.push(id::of_row(record.id, row, record.rows).into_owned());
            self.sequence.push(sequence);
            self.received.push(received);
            self.latency.push(latency);
        }
        for column in &mut self.columns {
            column.extend(record.rows, &mut values)?;
        }
        for _ in 0..record.rows * self.header.width() {
            self.predictions.push(values.f64()?);
        }
        Some(())
    }

    /// The columns have one length and distinct names, so they make a table.
    fn finish(self) -> Option<Captured> {
        let fields = &self.header.columns;
        let columns = self.columns.into_iter().zip(fields).map(|(column, field)| column.finish(field));
        let inputs = Table::new(columns.collect()).ok()?;
        Some(Captured {
            header: self.header,
            ids: self.ids,
            sequence: self.sequence,
            received: self.received,
            latency: self.latency,
            inputs,
            predictions: self.predictions,
            failures: self.failures,
        })
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Decoder").field("sequence", &self.sequence).finish_non_exhaustive()
    }
}
