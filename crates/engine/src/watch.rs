use std::{path::Path, time::Duration};

use crate::{Engine, Error, Event, Pass, Planned, Project};

/// How often the world is looked at. Files that have not changed are not read again.
const INTERVAL: Duration = Duration::from_secs(1);

impl Engine {
    /// Watches the project file, its sources and the store, and acts when they change, until asked to end.
    ///
    /// `applied` is the plan that the caller has just applied. What failed is tried again when
    /// something it rests on has changed, not before.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn keep(
        &self,
        path: &Path,
        environment: &(dyn Fn(&str) -> Option<String> + Sync),
        mut project: Project,
        mut applied: Planned,
        passed: &(dyn Fn(&Project, &Pass) + Sync),
    ) -> Result<(), Error> {
        let mut complained = Vec::new();
        // What the last pass itself recorded is no change of the world.
        applied.plan.basis = self.plan(&project)?.plan.basis;
        loop {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = self.settings.cancel.cancelled() => return Ok(()),
            }
            match Project::load(path, environment) {
                Ok(read) => {
                    complained.clear();
                    project = read;
                }
                Err(error) => {
                    self.complain(&error, &mut complained);
                    continue;
                }
            }
            let planned = self.plan(&project)?;
            let what: Vec<_> = applied.plan.stale(&planned.plan).iter().map(ToString::to_string).collect();
            if what.is_empty() {
                continue;
            }
            if !planned.plan.is_empty() {
                self.tell(&Event::Changed { what });
                match self.apply(&project, &planned).await {
                    Ok(pass) => passed(&project, &pass),
                    Err(Error::Interrupted) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
            applied = self.plan(&project)?;
        }
    }

    /// Says once what is wrong with a project file that was just edited; the last good one stays in force.
    fn complain(&self, error: &Error, complained: &mut Vec<String>) {
        let lines = match error {
            Error::Spec { diagnostics, .. } => diagnostics.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        };
        if *complained != lines {
            self.tell(&Event::Invalid { diagnostics: lines.clone() });
            *complained = lines;
        }
    }
}
