use table::{Field, Kind};

use super::bytes::{Reader, put_short_text};
use crate::loaded::Loaded;

/// What the records of one loaded model hold, so that a journal can be read without the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The service that answered.
    pub service: String,
    /// The model behind it.
    pub model: String,
    /// The model's version.
    pub version: String,
    /// The columns of a row, in the model's order; at least one.
    pub columns: Vec<Field>,
    /// The classes in the order of their probabilities; none for a regression.
    pub classes: Vec<String>,
}

impl Header {
    /// What is recorded of a model; nothing for one that does not say what its columns are.
    pub(super) fn of(loaded: &Loaded, model: &str) -> Option<Self> {
        let signature = loaded.signature().filter(|signature| !signature.inputs.is_empty())?;
        let schema = loaded.schema();
        let field =
            |input: &crate::schema::Input| Some(Field { name: input.name.clone(), kind: input.kind? });
        Some(Self {
            service: loaded.name().to_owned(),
            model: model.to_owned(),
            version: loaded.version().to_owned(),
            columns: schema.inputs.iter().map(field).collect::<Option<_>>()?,
            classes: signature.classes.clone(),
        })
    }

    /// Predictions a row: the probability of the positive class for two classes, of each for more,
    /// the value for a regression.
    pub fn width(&self) -> usize {
        if self.classes.len() == 2 { 1 } else { self.classes.len().max(1) }
    }

    /// The payload of its frame; `serial` is what records name it by.
    pub(super) fn encode(&self, serial: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&serial.to_le_bytes());
        for text in [&self.service, &self.model, &self.version] {
            put_short_text(out, text);
        }
        out.extend_from_slice(&(self.columns.len() as u32).to_le_bytes());
        for column in &self.columns {
            out.push(code(column.kind));
            put_short_text(out, &column.name);
        }
        out.extend_from_slice(&(self.classes.len() as u32).to_le_bytes());
        for class in &self.classes {
            put_short_text(out, class);
        }
    }

    pub(super) fn decode(payload: &[u8]) -> Option<(u32, Self)> {
        let mut reader = Reader(payload);
        let serial = reader.u32()?;
        let service = reader.short_text()?.to_owned();
        let model = reader.short_text()?.to_owned();
        let version = reader.short_text()?.to_owned();
        let mut columns = Vec::new();
        for _ in 0..reader.u32()? {
            let kind = kind(reader.u8()?)?;
            columns.push(Field { name: reader.short_text()?.to_owned(), kind });
        }
        let mut classes = Vec::new();
        for _ in 0..reader.u32()? {
            classes.push(reader.short_text()?.to_owned());
        }
        let distinct = columns.iter().map(|column| &column.name).collect::<std::collections::BTreeSet<_>>();
        let sound = !columns.is_empty() && distinct.len() == columns.len() && reader.0.is_empty();
        sound.then_some((serial, Self { service, model, version, columns, classes }))
    }
}

const KINDS: [Kind; 4] = [Kind::Number, Kind::Text, Kind::Boolean, Kind::Time];

fn code(kind: Kind) -> u8 {
    KINDS.iter().position(|known| *known == kind).unwrap_or_default() as u8
}

fn kind(code: u8) -> Option<Kind> {
    KINDS.get(usize::from(code)).copied()
}
