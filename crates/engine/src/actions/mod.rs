//! How each action is done, one file a verb.
//!
//! An action gets its turn from `apply`, reads its inputs from the store by hash, and returns
//! what it made together with the changes of the registry that belong to it. It records
//! nothing itself. Doing it twice does no harm.

mod collect;
mod evaluate;
mod gate;
mod promote;
mod register;
mod roll_out;
mod run;
mod snapshot;
mod stop;
mod test;
mod train;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use base::Hash;
use plan::{Action, ActionId, Decision, Node, Verb};
use store::{Change, Store};

use crate::{
    Cancel, Engine, Error, Event, Project,
    output::Output,
    recorded::{Left, Written},
};

pub(crate) use evaluate::{held_out, measured, predictions};
pub(crate) use gate::{TERMS_FILE, VERDICT_FILE};
pub(crate) use run::{Adopted, Attempt, clean_up, clear, folder_name, settle};
pub(crate) use train::{Contents, assemble};

/// What an action is given.
pub(crate) struct Turn {
    pub(crate) project: Arc<Project>,
    pub(crate) action: Arc<Action>,
    pub(crate) inputs: BTreeMap<String, Hash>,
    pub(crate) plan: Hash,
    /// The run it belongs to.
    pub(crate) run: store::RunId,
    /// Its number in the journal.
    pub(crate) entry: store::ActionId,
    /// The graphics processors that are its own while it runs, by index.
    pub(crate) gpus: Vec<u32>,
    /// What the step left in the project when it last ran.
    pub(crate) earlier: Vec<Written>,
    /// The command that a killed predecessor started for it.
    pub(crate) adopted: Mutex<Option<Adopted>>,
    /// Ends the pass.
    pub(crate) cancel: Cancel,
    /// Whether the file accesses of a command are traced.
    pub(crate) audit: bool,
}

/// What an action made.
pub(crate) struct Done {
    pub(crate) output: Hash,
    pub(crate) decision: Option<Decision>,
    /// In one line, for people.
    pub(crate) summary: String,
    /// For `kaizen why` and `kaizen status`.
    pub(crate) detail: serde_json::Value,
    /// Changes of the registry and of what serves.
    pub(crate) changes: Vec<Change>,
    /// What it left, for a step.
    pub(crate) left: Option<Left>,
}

/// Why an action made nothing.
pub(crate) enum Failure {
    /// It may succeed another time.
    Failed { message: String, detail: serde_json::Value },
    /// It never will with these inputs.
    Refused { message: String, detail: serde_json::Value },
    /// Someone asked to end.
    Interrupted,
    /// The engine cannot go on: the store is full, or another engine took over.
    Fatal(Error),
}

impl Failure {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), detail: serde_json::Value::Null }
    }

    /// A failure that says what the error and its causes say.
    pub(crate) fn of(error: &dyn std::error::Error) -> Self {
        Self::failed(base::causes(error))
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::from(Error::from(error))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            // Without room, the database or the right to act, nothing can be recorded any more.
            Error::Store(
                store::Error::NoSpace { .. }
                | store::Error::Database { .. }
                | store::Error::Busy { .. }
                | store::Error::Damaged { .. }
                | store::Error::Fenced { .. }
                | store::Error::Concluded(_)
                | store::Error::UnknownAction(_),
            ) => Self::Fatal(error),
            Error::Interrupted => Self::Interrupted,
            // Anything else concerns this action alone: a file of the user's, a lost object.
            error => Self::of(&error),
        }
    }
}

impl From<data::Error> for Failure {
    fn from(error: data::Error) -> Self {
        match error {
            data::Error::Write { path, source } => Error::io("write", path)(source).into(),
            error => Self::of(&error),
        }
    }
}

impl Turn {
    /// The input of this name.
    pub(crate) fn input(&self, name: &str) -> Result<Hash, Failure> {
        let missing = || Failure::failed(format!("its input {name} was not made"));
        self.inputs.get(name).copied().ok_or_else(missing)
    }

    /// Whether it is a command that does it, so that an end is for the action itself to bring about.
    pub(crate) fn runs_command(&self) -> bool {
        let trains = || self.model().is_ok_and(|model| model.train.command.is_some());
        self.action.id.verb == Verb::Run || (self.action.id.verb == Verb::Train && trains())
    }

    /// The specification of the model this turn is about.
    pub(crate) fn model(&self) -> Result<&spec::Model, Failure> {
        let name = self.action.id.node.name();
        let gone = || Failure::failed(format!("model.{name} is not in the project"));
        self.project.spec.models.get(name).ok_or_else(gone)
    }
}

impl Done {
    pub(crate) fn new(output: Hash, summary: impl Into<String>, detail: serde_json::Value) -> Self {
        Self { output, decision: None, summary: summary.into(), detail, changes: Vec::new(), left: None }
    }
}

pub(crate) async fn perform(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
    match turn.action.id.verb {
        Verb::Snapshot => snapshot::perform(engine, turn).await,
        Verb::Test => test::perform(engine, turn).await,
        Verb::Run => run::perform(engine, turn).await,
        Verb::Collect => collect::perform(engine, turn).await,
        Verb::Train => train::perform(engine, turn).await,
        Verb::Evaluate => evaluate::perform(engine, turn).await,
        // Computing for long must not keep requests waiting.
        Verb::Gate => tokio::task::block_in_place(|| gate::perform(engine, turn)),
        Verb::Register => register::perform(engine, turn),
        Verb::Promote => promote::perform(engine, turn),
        Verb::RollOut => roll_out::perform(engine, turn),
        Verb::Stop => Ok(stop::perform(turn)),
    }
}

/// Says how far an action is.
pub(crate) fn report(engine: &Engine, action: &ActionId, message: impl Into<String>) {
    engine.tell(&Event::Progress { action: action.clone(), message: message.into() });
}

/// The rows that a node gave, under its name.
pub(crate) fn view(engine: &Engine, node: &Node, output: &Hash) -> Result<data::View, Failure> {
    stored_view(&engine.store, node, output)
}

/// The same, from the store alone.
pub(crate) fn stored_view(store: &Store, node: &Node, output: &Hash) -> Result<data::View, Failure> {
    let output = Output::load(store, output)?;
    let view = output.view(node.name().as_str(), store)?;
    view.ok_or_else(|| {
        let fix = "let it write one Parquet, CSV, JSON lines or Arrow file";
        Failure::failed(format!("{node} gives no rows to read; {fix}"))
    })
}
