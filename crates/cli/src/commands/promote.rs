//! `kaizen promote MODEL --because "…"`

use std::path::PathBuf;

use engine::{Overrule, overrule};

use super::{existing_store, project, store};
use crate::{Environment, Failure, arguments::Promote, exit, output::Output};

pub(crate) fn run(
    arguments: &Promote,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let project = project(at, environment)?;
    existing_store(&project, environment)?;
    let store = store(&project, environment)?;
    let name = arguments.model.strip_prefix("model.").unwrap_or(&arguments.model);
    let known = project.spec.models.keys();
    let Some(model) = known.clone().find(|model| model.as_str() == name) else {
        let known: Vec<_> = known.map(ToString::to_string).collect();
        let message = format!("the project has no model `{name}`; it has {}", known.join(", "));
        return Err(Failure::new(exit::USAGE, message));
    };
    let decision = Overrule {
        model: model.clone(),
        version: arguments.version,
        actor: environment.user.clone(),
        because: arguments.because.clone(),
    };
    let overruled = overrule(&store, &decision)?;
    output.result(&overruled, |overruled| {
        let before =
            overruled.from.map_or("there was none".to_owned(), |from| format!("it was version {from}"));
        let next = "a running `kaizen up` rolls it out at once; otherwise the next one does";
        format!("version {} is champion of model.{} ({before}); {next}", overruled.to, overruled.model)
    });
    Ok(exit::DONE)
}
