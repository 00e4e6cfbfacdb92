//! The rows that a model would be asked about in a window of event time, for `kaizen replay`.

use base::{Hash, Name, Timestamp};
use data::{Part, View, Window};
use plan::Node;
use spec::{Input, StepAction};
use table::Table;

use crate::{Error, Project, desired::source, observe::data_source};

/// Which rows of the sources are replayed, whatever the project's own window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first instant.
    pub from: Option<Timestamp>,
    /// The first instant after the last.
    pub until: Option<Timestamp>,
}

/// The rows of a model's data in a period: the sources as they are now, through the steps above the model.
///
/// Steps that are queries are run on these rows. A step that is a command makes rows of its own inputs
/// and no others, so behind one there is nothing to replay.
///
/// # Errors
/// When there is no such model, a source cannot be read, or a step on the way is a command.
pub async fn replayed_rows(project: &Project, model: &Name, period: Period) -> Result<Table, Error> {
    let Some(wanted) = project.spec.models.get(model) else {
        return Err(Error::Unknown(format!("replay: the project has no model.{model}")));
    };
    let scratch =
        tempfile::tempdir().map_err(Error::io("create a temporary folder in", std::env::temp_dir()))?;
    let replayed = Replayed { project, period, scratch: scratch.path() };
    let mut view = replayed.view(&source(&wanted.data)).await?;
    if let Some(time) = &wanted.time {
        view.manifest.window.time = Some(time.clone());
    }
    data::table(&view, None, &data::Limits::default()).await.map_err(failed)
}

struct Replayed<'a> {
    project: &'a Project,
    period: Period,
    scratch: &'a std::path::Path,
}

impl Replayed<'_> {
    async fn view(&self, node: &Node) -> Result<View, Error> {
        match node {
            Node::Data(name) => self.data(name).await,
            // Steps read steps, so this calls itself, which a future must do through a box.
            Node::Step(name) => Box::pin(self.step(name)).await,
            other => Err(Error::Unknown(format!("replay: {other} gives no rows"))),
        }
    }

    async fn data(&self, name: &Name) -> Result<View, Error> {
        let Some(data) = self.project.spec.data.get(name) else {
            return Err(Error::Unknown(format!("replay: the project has no data.{name}")));
        };
        let window = match &data.time {
            Some(time) => {
                Window { time: Some(time.clone()), from: self.period.from, until: self.period.until }
            }
            None => Window::default(),
        };
        let source = data_source(self.project, data);
        let files = data::files(&source).map_err(failed)?;
        // The files are read where they lie and not kept, so they need no identity.
        let part = |file: data::SourceFile| {
            let hash = Hash::of(&file.relative);
            Part { path: file.path, relative: file.relative, bytes: file.bytes, hash }
        };
        let parts: Vec<Part> = files.into_iter().map(part).collect();
        let manifest = data::inspect(&parts, source.format, window).await.map_err(failed)?;
        Ok(View { name: name.to_string(), parts, manifest })
    }

    async fn step(&self, name: &Name) -> Result<View, Error> {
        let Some(step) = self.project.spec.steps.get(name) else {
            return Err(Error::Unknown(format!("replay: the project has no step.{name}")));
        };
        let StepAction::Sql { query } = &step.action else {
            return Err(Error::Unknown(format!(
                "replay: step.{name} runs a command, which makes rows of its own inputs alone; \
                 give the rows as a file: kaizen replay FILE --model NAME"
            )));
        };
        let mut views = Vec::new();
        for input in step.inputs() {
            match input {
                Input::Data(name) => views.push(self.view(&Node::Data(name.clone())).await?),
                Input::Step(name) => views.push(self.view(&Node::Step(name.clone())).await?),
                Input::File(_) | Input::Trigger(_) => {}
            }
        }
        let path = self.scratch.join(format!("{name}.parquet"));
        data::query(query, &views, &path, &data::Limits::default()).await.map_err(failed)?;
        let bytes = std::fs::metadata(&path).map_err(Error::io("read", &path))?.len();
        let relative = format!("{name}.parquet");
        let parts = vec![Part { path, hash: Hash::of(&relative), relative, bytes }];
        let format = Some(data::Format::Parquet);
        let manifest = data::inspect(&parts, format, Window::default()).await.map_err(failed)?;
        Ok(View { name: name.to_string(), parts, manifest })
    }
}

fn failed(error: data::Error) -> Error {
    Error::Unknown(format!("replay: {}", base::causes(&error)))
}
