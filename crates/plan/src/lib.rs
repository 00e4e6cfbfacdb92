//! The planner: a pure function from what is wanted, what was recorded and what is
//! observed to a list of actions, each with its reasons.
//!
//! The engine fills the three inputs and performs the result; the command line shows it.
//! Nothing here reads a file or a clock, so the same inputs always give the same plan.
//!
//! - [`Desired`]: the project file, reduced to nodes, their fields' hashes and their inputs.
//! - [`Recorded`]: for each node, what each action was last made from and what came out.
//! - [`Observed`]: the contents now of sources, files and [facts](Fact): environment values, tools and triggers;
//!   which outputs are gone, which settled steps are due all the same, and what each monitor sees.
//! - [`decide`] compares them; [`plan()`] also notes what the result rests on, its [`basis()`], and
//!   [`Plan::stale`] tells whether a saved plan still fits. [`basis_hash`] is for those who look again and again.
//! - [`Desired::only`] restricts a plan to some targets and what they read.
//! - [`resolve()`] says, when an action's turn comes, whether it is performed.
//! - [`schedule`] says when its turn comes: by the graph, by priority and by what the machine offers.
//! - [`graph`] is the project as Mermaid and DOT.
//! - A demand for retraining passes the [brakes](Brake) or is [held](Held), and the plan says why.
//! - [`is_settled`] is the one rule of caching: an action whose fields and
//!   inputs equal those of its last success has nothing to do.

mod action;
mod basis;
mod brake;
mod collect;
mod desired;
mod differences;
pub mod graph;
mod moment;
mod node;
mod observed;
mod order;
mod planner;
mod reason;
mod recorded;
mod render;
mod resolve;
pub mod schedule;
mod settled;

pub use action::{Action, ActionId, Blocked, Condition, Held, Input, Plan, Verb};
pub use basis::{Basis, Change, basis, basis_hash};
pub use brake::Brake;
pub use desired::{Brakes, Desired, Fields, Wanted};
pub use node::{Node, NodeError};
pub use observed::{Demand, DemandCause, Fact, Observed, Source, Watch};
pub use order::Error;
pub use planner::{decide, plan};
pub use reason::Reason;
pub use recorded::{Assignment, Collection, Decision, Record, Recorded, Status};
pub use resolve::{Progress, Resolution, reasons, resolve};
pub use settled::is_settled;
