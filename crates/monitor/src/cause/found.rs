//! What the ranking gives back: causes, whys, and what stays unexplained. Stored and shown by the engine.

use serde::{Deserialize, Serialize};

/// The causes of an incident, the likeliest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// The causes; one of kind [`Kind::Unknown`] when something happened and nothing that was looked at explains it;
    /// none when nothing happened.
    pub causes: Vec<Cause>,
    /// From the symptom to its earliest cause, in steps.
    pub whys: Vec<Why>,
    /// The share of the loss that no cause accounts for, in [0, 1]; 0 when no loss was added.
    pub unexplained: f64,
    /// The change of the mean loss.
    pub loss: LossChange,
}

/// One cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// What kind of cause it is.
    pub kind: Kind,
    /// What it is about: a column, several joined by `, `, a slice such as `carrier = UA`, or a lineage node.
    pub subject: String,
    /// A heading.
    pub title: String,
    /// One sentence for people, with the numbers.
    pub explanation: String,
    /// The numbers it rests on.
    pub evidence: Vec<Fact>,
    /// The share of the added loss it accounts for, in [0, 1]; nothing where it cannot be computed.
    pub share_of_loss: Option<f64>,
    /// How sure it is that this is a cause, in [0, 1]: the strength of the evidence, less when a rival is close.
    pub confidence: f64,
}

/// The kinds of causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A column comes in another unit.
    UnitChange,
    /// One or several columns lost their values.
    BrokenJoin,
    /// A column always says the same.
    StuckValue,
    /// Two columns took each other's place.
    SwappedColumns,
    /// A category came that the model has never seen.
    NewCategory,
    /// A known category is spelled in another way.
    RenamedCategory,
    /// Times are moved by whole hours.
    ClockShift,
    /// Values are cut off at a limit.
    Clipping,
    /// Columns moved step by step over the windows.
    SeasonalShift,
    /// The same kinds of rows, in another mixture.
    MixShift,
    /// Some rows lose much more than the others.
    Segment,
    /// A column moved, in no way that is known by a name.
    Drift,
    /// Columns came, went, or changed type.
    SchemaChange,
    /// A snapshot has other content.
    DataChange,
    /// Code was committed upstream.
    CodeCommit,
    /// Another version began to serve.
    Release,
    /// An upstream expectation began to warn.
    Expectation,
    /// The target is defined or collected in another way.
    LabelChange,
    /// Nothing that was looked at explains it.
    Unknown,
}

/// A number that a cause rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// What was measured.
    pub what: String,
    /// The number, with its unit where it has one.
    pub value: String,
    /// The rows it rests on, when it rests on rows.
    pub rows: Option<u64>,
}

impl Fact {
    pub(super) fn of(what: impl Into<String>, value: impl Into<String>, rows: usize) -> Self {
        Self { what: what.into(), value: value.into(), rows: Some(rows as u64) }
    }

    pub(super) fn recorded(what: impl Into<String>, value: impl Into<String>) -> Self {
        Self { what: what.into(), value: value.into(), rows: None }
    }
}

/// One step from the symptom to its earliest cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// The question.
    pub question: String,
    /// The answer, in one sentence.
    pub answer: String,
    /// The numbers it rests on.
    pub evidence: Vec<Fact>,
}

/// The change of the mean loss from the reference to now, in the measure's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LossChange {
    /// Mean loss of the reference.
    pub before: f64,
    /// Mean loss now.
    pub after: f64,
    /// Half the width of the change's interval at 95 % confidence (normal, rows independent).
    pub margin: f64,
    /// Whether the labels are known on both sides, so that the loss is measured rather than expected.
    pub measured: bool,
}

impl LossChange {
    /// The change: positive is worse.
    pub fn change(&self) -> f64 {
        self.after - self.before
    }

    /// The change below which there is none to speak of: its margin, and 1 % of what it was.
    pub fn floor(&self) -> f64 {
        self.margin.max(0.01 * self.before.abs())
    }

    /// Whether the loss rose by more than chance.
    pub fn rose(&self) -> bool {
        self.change() > self.floor()
    }
}
