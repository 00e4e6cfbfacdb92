//! Drift, windows, signals, incidents and their causes: pure functions over data that the engine calls.

mod assess;
pub mod cause;
mod departure;
pub mod drift;
mod incident;
mod quality;
mod reference;
mod settings;
mod severity;
mod signal;
mod silence;
mod traffic;
mod watermark;
mod window;

pub use assess::{Assessment, Note, assess};
pub use departure::{Departure, departures, patterns};
pub use incident::{Incident, Member, Resolution, Status, advance};
pub use quality::{Reading, Value};
pub use reference::{Basis, Reference, ReferenceColumn, ReferenceError, StoredTable};
pub use settings::{Objectives, Settings, margin};
pub use severity::Severity;
pub use signal::{Expected, History, Measure, NameError, Point, Series, SignalName};
pub use silence::Silence;
pub use traffic::{Service, Stretch, Traffic};
pub use watermark::{FUTURE, Watermark};
pub use window::{Window, Windows};
