//! One request on its way into the recorder's buffer: written as it is answered, without an
//! allocation of its own once a thread has answered a few.

use std::cell::RefCell;

use base::Timestamp;
use onnx::{Elements, Tensor};
use table::Kind;

use super::{
    bytes::put_short_text,
    frame,
    id::{Ids, is_sampled},
    outcome::Outcome,
};
use crate::{loaded::Loaded, sent::Sent};

/// Buffers larger than this are not kept for the thread's next request.
const KEPT: usize = 1 << 20;

/// Where in the payload stands what is known last.
const LATENCY: usize = 12;
const OUTCOME: usize = 16;
const ROWS: usize = 17;

/// A missing boolean; 0 and 1 are false and true.
pub(super) const NO_BOOLEAN: u8 = 2;
/// A missing time.
pub(super) const NO_TIME: i64 = i64::MIN;

#[derive(Default)]
struct Spare {
    frame: Vec<u8>,
    id: String,
}

thread_local! {
    static SPARE: RefCell<Spare> = RefCell::default();
}

/// A record that is being written.
pub(crate) struct Draft<'a> {
    ids: &'a Ids,
    rate: f64,
    received: Timestamp,
    serial: u32,
    /// Whether the model says what its columns are.
    records: bool,
    frame: Vec<u8>,
    id: String,
    sampled: bool,
    /// The length of the frame without values.
    bare: usize,
    rows: usize,
}

impl<'a> Draft<'a> {
    pub(super) fn new(ids: &'a Ids, rate: f64, received: Timestamp, loaded: &Loaded) -> Self {
        let Spare { mut frame, mut id } = SPARE.take();
        frame.clear();
        id.clear();
        Self {
            ids,
            rate,
            received,
            serial: loaded.serial(),
            records: loaded.signature().is_some(),
            frame,
            id,
            sampled: false,
            bare: 0,
            rows: 0,
        }
    }

    /// Takes the caller's id, or makes one.
    pub(crate) fn identify(&mut self, given: Option<&str>) {
        match given {
            Some(given) => self.id.push_str(given),
            None => self.ids.make(&mut self.id),
        }
        self.sampled = self.records && is_sampled(&self.id, self.rate);
        if self.sampled {
            self.head();
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// serial:u32 received:i64 latency:u32 outcome:u8 rows:u32 id
    fn head(&mut self) {
        frame::begin(&mut self.frame, frame::Kind::Record);
        self.frame.extend_from_slice(&self.serial.to_le_bytes());
        self.frame.extend_from_slice(&self.received.micros().to_le_bytes());
        self.frame.extend_from_slice(&[0; 9]);
        put_short_text(&mut self.frame, &self.id);
        self.bare = self.frame.len();
    }

    /// Writes the values that go into the model, column by column.
    pub(crate) fn inputs(&mut self, kinds: impl Iterator<Item = Option<Kind>>, sent: &[Sent]) {
        if !self.sampled {
            return;
        }
        self.rows = sent.first().map_or(0, |sent| sent.rows);
        for (kind, sent) in kinds.zip(sent) {
            match (&sent.tensor.values, &sent.exact) {
                (Elements::Text(texts), _) => self.texts(texts),
                (_, Some(exact)) => self.numbers(kind, exact.iter().copied()),
                (Elements::Double(values), _) => self.numbers(kind, values.iter().copied()),
                (Elements::Float(values), _) => {
                    self.numbers(kind, values.iter().map(|value| f64::from(*value)))
                }
                // A signature describes no other elements.
                _ => {}
            }
        }
    }

    fn texts(&mut self, texts: &[String]) {
        for text in texts {
            self.frame.extend_from_slice(&(text.len() as u32).to_le_bytes());
            self.frame.extend_from_slice(text.as_bytes());
        }
    }

    fn numbers(&mut self, kind: Option<Kind>, values: impl Iterator<Item = f64>) {
        match kind {
            Some(Kind::Boolean) => self.frame.extend(values.map(boolean)),
            Some(Kind::Time) => {
                values.for_each(|value| self.frame.extend_from_slice(&micros(value).to_le_bytes()))
            }
            _ => values.for_each(|value| self.frame.extend_from_slice(&value.to_le_bytes())),
        }
    }

    /// Writes the predictions, as `onnx::score` reads them: of two classes the second's.
    pub(crate) fn outputs(&mut self, loaded: &Loaded, outputs: &[(String, Tensor)]) {
        if !self.sampled {
            return;
        }
        let classes = loaded.classes();
        let expected = self.rows * classes;
        let scores = loaded.scores().and_then(|place| outputs.get(place)).map(|(_, tensor)| &tensor.values);
        let skip = |place: &usize| classes != 2 || place % 2 == 1;
        let places = (0..expected).filter(skip);
        match scores.filter(|values| values.len() == expected) {
            Some(Elements::Float(values)) => self.predictions(places.map(|place| f64::from(values[place]))),
            Some(Elements::Double(values)) => self.predictions(places.map(|place| values[place])),
            _ => self.predictions(places.map(|_| f64::NAN)),
        }
    }

    fn predictions(&mut self, values: impl Iterator<Item = f64>) {
        values.for_each(|value| self.frame.extend_from_slice(&value.to_le_bytes()));
    }

    /// Ends the record; nothing when the request is not in the sample.
    pub(super) fn finish(&mut self, outcome: Outcome, latency: u32) -> Option<&[u8]> {
        if self.id.is_empty() {
            // Its body could not be read far enough to have an id.
            self.identify(None);
        }
        if !self.sampled {
            return None;
        }
        if outcome != Outcome::Answered {
            self.frame.truncate(self.bare);
            self.rows = 0;
        }
        let payload = frame::payload(0);
        let mut put = |place: usize, bytes: &[u8]| {
            self.frame[payload + place..payload + place + bytes.len()].copy_from_slice(bytes);
        };
        put(LATENCY, &latency.to_le_bytes());
        put(OUTCOME, &[outcome.code()]);
        put(ROWS, &(self.rows as u32).to_le_bytes());
        frame::end(&mut self.frame, 0);
        Some(&self.frame)
    }
}

/// Gives the buffers back to the thread.
impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if self.frame.capacity() <= KEPT {
            let spare = Spare { frame: std::mem::take(&mut self.frame), id: std::mem::take(&mut self.id) };
            SPARE.set(spare);
        }
    }
}

fn boolean(value: f64) -> u8 {
    if value.is_nan() { NO_BOOLEAN } else { u8::from(value != 0.0) }
}

/// Seconds as microseconds.
fn micros(seconds: f64) -> i64 {
    if seconds.is_nan() { NO_TIME } else { (seconds * 1e6).round() as i64 }
}
