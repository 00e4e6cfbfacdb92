//! The loop: observe, plan, act, record.
//!
//! The command line starts an [`Engine`] on a [`Project`] and asks it to [`Engine::plan`], to
//! [`Engine::apply`] a plan, or to [`Engine::keep`] doing both for as long as `kaizen up` runs. What it does is
//! decided by `plan`; how each action is done lives in `actions`, one file a verb; what came
//! of it goes to `store` before anything relies on it.
//!
//! An action is journalled as an intent, performed, and concluded together with the state it
//! leaves behind. Actions are idempotent, so after a `kill -9` the next start plans again and
//! finishes the job.

mod actions;
mod apply;
mod background;
mod cancel;
pub mod capture;
mod champion;
mod collections;
mod desired;
mod engine;
mod error;
mod event;
mod executors;
mod facts;
mod lineage;
mod logs;
mod machine;
mod monitoring;
mod observe;
mod openlineage;
mod output;
mod overrule;
mod planned;
mod project;
mod prune;
mod recompute;
mod recorded;
mod replay;
mod request;
mod sample;
mod shared;
mod status;
mod tracked;
mod traffic;
mod trigger_calls;
mod triggers;
mod watch;
mod webhook;
mod why;

pub use apply::{Conclusion, Pass, Policy};
pub use background::Background;
pub use cancel::Cancel;
pub use capture::Keeper;
pub use desired::desired;
pub use engine::{Boundary, Engine, Observer, Point, STORE_DIRECTORY, Settings};
pub use error::Error;
pub use event::Event;
pub use executors::Supervisor;
pub use logs::Log;
pub use machine::Machine;
pub use monitoring::{Count, Counts, Detail, Judged, Oddities, State, Tie, Times};
pub use overrule::{Overrule, overrule};
pub use planned::Planned;
pub use project::{Project, Variables};
pub use recompute::{Recomputed, recompute};
pub use replay::{Period, replayed_rows};
pub use request::Request;
pub use status::{ModelStatus, MonitorStatus, ServiceStatus, Status, VersionStatus, status};
pub use tracked::Tracker;
pub use trigger_calls::Callers;
pub use watch::Watching;
pub use why::{Explanation, why};
