//! The planner: a pure function from what is wanted, what was recorded and what is
//! observed to a list of actions, each with its reasons.
//!
//! The engine fills the three inputs and performs the result; the command line shows it.
//! Nothing here reads a file or a clock, so the same inputs always give the same plan.
//!
//! - [`Desired`]: the project file, reduced to nodes, their fields' hashes and their inputs.
//! - [`Recorded`]: for each node, what each action was last made from and what came out.
//! - [`Observed`]: the contents of sources and files now, which outputs are gone, and what each
//!   monitor sees.
//! - [`plan`] compares them; [`Plan::stale`] tells whether a saved plan still fits.
//! - [`resolve()`] says, when an action's turn comes, whether it is performed.
//! - A demand for retraining passes the [brakes](Brake) or is [held](Held), and the plan says why.
//! - [`is_settled`] is the one rule of caching: an action whose fields and
//!   inputs equal those of its last success has nothing to do.

mod action;
mod basis;
mod brake;
mod collect;
mod desired;
mod differences;
mod moment;
mod node;
mod observed;
mod order;
mod planner;
mod reason;
mod recorded;
mod render;
mod resolve;
mod settled;

pub use action::{Action, ActionId, Blocked, Condition, Held, Input, Plan, Verb};
pub use basis::{Basis, Change};
pub use brake::Brake;
pub use desired::{Brakes, Desired, Fields, Wanted};
pub use node::{Node, NodeError};
pub use observed::{Demand, DemandCause, Observed, Source, Watch};
pub use order::Error;
pub use planner::plan;
pub use reason::Reason;
pub use recorded::{Assignment, Collection, Decision, Record, Recorded, Status};
pub use resolve::{Progress, Resolution, resolve};
pub use settled::is_settled;
