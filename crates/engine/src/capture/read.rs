//! Follows a service's traffic in the order in which it was written, from segments and journals alike.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
    path::Path,
};

use base::Name;
use serde::{Deserialize, Serialize};
use serving::capture::{Captured, Decoded, Decoder, MAGIC, Totals, totals_from_table};
use store::{Segment, Store};

use super::{error::Error, journal, seal::holds_totals};

/// How far a reader has come. The default is before everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Position {
    /// The journal that comes next, or one that is no more.
    journal: u64,
    /// The place in it.
    sequence: u64,
    /// Where in its file that place is.
    offset: u64,
    /// A segment before which there is nothing new.
    segment: u64,
}

/// What was captured after a position: one journal's worth at most.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The requests, for each model version and hour of receipt.
    pub captured: Vec<Captured>,
    /// What was counted, interval by interval.
    pub totals: Vec<Totals>,
    /// Where to go on from.
    pub position: Position,
    /// Whether there is more already.
    pub more: bool,
}

/// Where a journal's content is.
enum Source {
    Journal,
    Segments(Vec<Segment>),
}

/// What a service has captured, by the numbers of its journals.
struct Sources {
    by_number: BTreeMap<u64, Source>,
    segments: Vec<(u64, u64)>,
}

/// What was captured after `after`, up to the last batch that is whole on disk.
///
/// Nothing is given twice and nothing is left out, whether the writer seals meanwhile, or was killed and
/// started again.
///
/// # Errors
/// When a segment or journal cannot be read.
pub fn read(store: &Store, service: &Name, after: &Position) -> Result<Piece, Error> {
    let end = Position { journal: u64::MAX, ..Position::default() };
    between(store, service, after, &end)
}

/// What was captured after `after` and before `until`, a position that a reader of the same service had come to. What
/// was counted is left out of the last piece.
///
/// # Errors
/// When a segment or journal cannot be read.
pub fn between(store: &Store, service: &Name, after: &Position, until: &Position) -> Result<Piece, Error> {
    let directory = journal::directory(store, service);
    loop {
        let mut sources = Sources::find(store, service, &directory, after)?;
        let Some((number, source)) = sources.by_number.pop_first() else {
            return Ok(Piece { captured: Vec::new(), totals: Vec::new(), position: *after, more: false });
        };
        if number > until.journal {
            return Ok(Piece { captured: Vec::new(), totals: Vec::new(), position: *until, more: false });
        }
        let start = if number == after.journal {
            *after
        } else {
            Position { journal: number, ..Position::default() }
        };
        let more = !sources.by_number.is_empty();
        let piece = match source {
            Source::Segments(segments) => Piece { more, ..sealed(store, &segments, sources.beyond(&start))? },
            Source::Journal => {
                let path = directory.join(journal::name(number));
                let Some(piece) = open(&path, Position { segment: after.segment, ..start }, more)? else {
                    // It was sealed between the look and the opening.
                    continue;
                };
                piece
            }
        };
        return Ok(if number == until.journal { piece.before(until) } else { piece });
    }
}

impl Piece {
    /// What of the journal of this position lies before it.
    fn before(self, until: &Position) -> Self {
        let captured = self.captured.into_iter().map(|captured| captured.within(&(0..until.sequence)));
        let captured = captured.filter(|captured| !captured.is_empty()).collect();
        Self { captured, totals: Vec::new(), position: *until, more: false }
    }
}

impl Sources {
    fn find(store: &Store, service: &Name, directory: &Path, after: &Position) -> Result<Self, Error> {
        // The files first: one that is sealed in between is then found in both places, not in neither.
        let journals = journal::list(directory)?;
        let mut by_number = BTreeMap::new();
        for number in journals.into_iter().filter(|number| *number >= after.journal) {
            by_number.insert(number, Source::Journal);
        }
        let mut known = Vec::new();
        for segment in store.segments_after(service, after.segment)? {
            let Some(number) = journal::number_of_source(&segment.source) else { continue };
            known.push((segment.id, number));
            if number < after.journal {
                continue;
            }
            match by_number.entry(number).or_insert(Source::Journal) {
                Source::Segments(segments) => segments.push(segment),
                journal => *journal = Source::Segments(vec![segment]),
            }
        }
        Ok(Self { by_number, segments: known })
    }

    /// The position after a sealed journal.
    fn beyond(&self, start: &Position) -> Position {
        let journal = start.journal + 1;
        let later = self.segments.iter().filter(|(_, number)| *number >= journal).map(|(id, _)| *id).min();
        let newest = self.segments.iter().map(|(id, _)| *id).max().unwrap_or(start.segment);
        let segment = later.map_or(newest, |id| id - 1);
        Position { journal, sequence: start.sequence, offset: 0, segment }
    }
}

/// What a sealed journal holds from `position.sequence` on; the position given is the one after it.
fn sealed(store: &Store, segments: &[Segment], position: Position) -> Result<Piece, Error> {
    let places = position.sequence..u64::MAX;
    let mut piece = Piece {
        captured: Vec::new(),
        totals: Vec::new(),
        position: Position { sequence: 0, ..position },
        more: false,
    };
    for segment in segments {
        let table = data::read_table(&store.path(&segment.object)?)?;
        if holds_totals(&segment.source) {
            let totals = totals_from_table(&table)?.into_iter();
            piece.totals.extend(totals.filter(|(place, _)| places.contains(place)).map(|(_, totals)| totals));
        } else {
            let captured = captured(segment, &table)?.within(&places);
            piece.captured.extend(Some(captured).filter(|captured| !captured.is_empty()));
        }
    }
    Ok(piece)
}

/// The requests of a segment.
pub(super) fn captured(segment: &Segment, table: &table::Table) -> Result<Captured, Error> {
    Ok(Captured::from_table(segment.service.as_str(), segment.model.as_str(), table)?)
}

/// What a journal file holds from a position on; nothing when it is no more. Of the last one only whole
/// batches count, since the rest may still be written.
fn open(path: &Path, start: Position, is_closed: bool) -> Result<Option<Piece>, Error> {
    let offset = start.offset.max(MAGIC.len() as u64);
    let Some(bytes) = tail(path, offset).map_err(Error::io("read", path))? else { return Ok(None) };
    let mut decoder = Decoder::new(start.sequence);
    let read = decoder.read(&bytes);
    let decoded = decoder.finish();
    if is_closed {
        let position =
            Position { journal: start.journal + 1, sequence: 0, offset: 0, segment: start.segment };
        return Ok(Some(piece(decoded, &(start.sequence..u64::MAX), position, true)));
    }
    let position = Position { sequence: read.sequence, offset: offset + read.batches as u64, ..start };
    Ok(Some(piece(decoded, &(start.sequence..read.sequence), position, false)))
}

fn piece(decoded: Decoded, places: &Range<u64>, position: Position, more: bool) -> Piece {
    let captured = decoded.captured.into_iter().map(|captured| captured.within(places));
    let totals = decoded.totals.into_iter().filter(|(place, _)| places.contains(place));
    Piece {
        captured: captured.filter(|captured| !captured.is_empty()).collect(),
        totals: totals.map(|(_, totals)| totals).collect(),
        position,
        more,
    }
}

fn tail(path: &Path, offset: u64) -> io::Result<Option<Vec<u8>>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
