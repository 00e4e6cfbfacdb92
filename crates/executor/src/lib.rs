//! Runs the command of a step, and stays true to it: whoever starts a process here can follow its output, end it, come
//! back to it after a crash, and learn how it ended and what it used. The engine calls it; it knows nothing of plans,
//! stores or project files.
//!
//! [`Executor`] and [`Running`] are the seam. [`Local`] runs processes of this machine, [`Containers`] runs them in
//! podman or docker on top of any executor, [`Faulty`] fails on purpose; all pass the suite in `tests/conformance`.
//!
//! An engine has one supervisor, a process of its own that runs [`supervise`] and outlives it: it starts the processes,
//! pumps their output into logs, measures, keeps time, and writes down how each one ended. So a killed engine loses
//! nothing, and its successor [adopts](Executor::adopt) what still runs. When the supervisor is killed too, what it
//! started is found by the mark in its environment (`KAIZEN_RUN`) and [discarded](Executor::discard).

mod attempt;
pub mod audit;
mod containers;
pub mod devices;
mod ended;
mod error;
mod faulty;
mod local;
mod log;
mod process;
mod record;
mod redact;
mod seam;
mod supervisor;
mod tail;
mod wire;

pub use attempt::{Attempt, Container, Mount, Secret};
pub use containers::Containers;
pub use ended::{Ended, Exit, Usage};
pub use error::Error;
pub use faulty::{Fault, Faulty};
pub use local::{Local, Settings};
pub use log::{Caps, Chunk, log_text, read_log};
pub use seam::{Executor, Running};
pub use supervisor::{supervise, supervise_with};

/// The variable that every process has in its environment: `<marker>/<id>`.
pub const MARK: &str = "KAIZEN_RUN";
