//! One instance of a fan-out: its key, and the step with its values filled in.

use std::{collections::BTreeMap, path::Path};

use base::{Diagnostic, Name};

use crate::{EnvValue, Input, Parameter, Step, StepAction, env, path, step::is_image};

/// One instance of a fan-out.
#[derive(Debug)]
pub(super) struct Instance {
    /// What tells it from the others: `lr=0.1,depth=3`, or its file's path below the folder of all.
    pub(super) key: String,
    /// What `${each.NAME}` stands for.
    values: BTreeMap<String, String>,
    /// The file that it is for.
    file: Option<String>,
}

/// What is wrong with an instance.
#[derive(Debug)]
pub(super) struct Problem {
    /// The field of the step.
    pub(super) field: &'static str,
    pub(super) finding: Box<Diagnostic>,
}

impl Problem {
    fn new(field: &'static str, finding: Diagnostic) -> Self {
        Self { field, finding: Box::new(finding) }
    }
}

/// An instance for each combination of values, in the order of the file: the last parameter changes first.
pub(super) fn of_parameters(parameters: &[Parameter]) -> Vec<Instance> {
    let mut combinations: Vec<Vec<(&str, &str)>> = vec![Vec::new()];
    for parameter in parameters {
        let mut longer = Vec::with_capacity(combinations.len() * parameter.values.len());
        for combination in &combinations {
            for value in &parameter.values {
                let mut with = combination.clone();
                with.push((parameter.name.as_str(), value.as_str()));
                longer.push(with);
            }
        }
        combinations = longer;
    }
    combinations.iter().map(|combination| of_combination(combination)).collect()
}

fn of_combination(combination: &[(&str, &str)]) -> Instance {
    let parts: Vec<String> =
        combination.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    let values = combination.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Instance { key: parts.join(","), values, file: None }
}

/// The variable of the environment that a value stands in.
fn variable(name: &str) -> String {
    format!("KAIZEN_EACH_{}", name.to_uppercase())
}

fn filled(
    field: &'static str,
    template: &str,
    stands_for: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Problem> {
    env::fill(template, stands_for)
        .map_err(|_| Problem::new(field, Diagnostic::error("it holds a `${each.…}` that stands for nothing")))
}

/// A value without what separates values in a key, so that no two keys are the same.
fn escaped(value: &str) -> String {
    value.replace('%', "%25").replace(',', "%2C").replace('=', "%3D")
}

/// An instance for each file; `folder` is what all are in.
pub(super) fn of_files(files: &[String], folder: &str) -> Vec<Instance> {
    let instance = |file: &String| {
        let file = path::plain(file).unwrap_or_else(|_| file.clone());
        let below = file
            .strip_prefix(folder)
            .map(|rest| rest.trim_start_matches('/'))
            .filter(|rest| !rest.is_empty());
        let whole = Path::new(&file);
        let part = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
        let stem = part(whole.file_stem()).unwrap_or_default();
        let name = part(whole.file_name()).unwrap_or_default();
        let values = [("file".to_owned(), file.clone()), ("name".to_owned(), stem)].into();
        Instance { key: below.map_or(name, str::to_owned), values, file: Some(file) }
    };
    files.iter().map(instance).collect()
}

impl Instance {
    /// The step, which has no `each` any more, with this instance's values in place of `${each.NAME}`;
    /// `over` is the data set whose files the fan-out goes over, if it does.
    pub(super) fn fill(&self, step: &Step, over: Option<&Name>) -> Result<Step, Problem> {
        Ok(Step {
            action: self.action(&step.action)?,
            reads: self.reads(&step.reads, over)?,
            writes: step.writes.iter().map(|path| self.path("writes", path)).collect::<Result<_, _>>()?,
            env: self.env(&step.env)?,
            image: step.image.as_ref().map(|image| self.image(image)).transpose()?,
            metrics: step.metrics.as_ref().map(|path| self.path("metrics", path)).transpose()?,
            ..step.clone()
        })
    }

    fn text(&self, field: &'static str, template: &str) -> Result<String, Problem> {
        filled(field, template, &|name| self.values.get(name).cloned())
    }

    /// Names of files come from anywhere: what a shell could take for more than text stands in a command as a variable.
    fn command(&self, template: &str) -> Result<String, Problem> {
        let stands_for = |name: &str| {
            let value = self.values.get(name)?;
            Some(if self.is_text(value) { value.clone() } else { format!("${{{}}}", variable(name)) })
        };
        filled("run", template, &stands_for)
    }

    /// Whether a shell takes it as it is. The values of parameters are the author's own.
    fn is_text(&self, value: &str) -> bool {
        let is_plain = |letter: char| letter.is_alphanumeric() || "_-./=:,@%+".contains(letter);
        self.file.is_none() || value.chars().all(is_plain)
    }

    fn path(&self, field: &'static str, template: &str) -> Result<String, Problem> {
        let text = self.text(field, template)?;
        path::plain(&text).map_err(|problem| {
            let wrong = Diagnostic::error(format!("`{text}`, of the instance {}, {problem}", self.key));
            Problem::new(
                field,
                wrong.hint("not every value can stand in a path; give the instances values that can"),
            )
        })
    }

    fn action(&self, action: &StepAction) -> Result<StepAction, Problem> {
        Ok(match action {
            StepAction::Run { command } => StepAction::Run { command: self.command(command)? },
            StepAction::Sql { query } => StepAction::Sql { query: self.text("sql", query)? },
        })
    }

    /// What it reads: of the files that the fan-out goes over its own alone.
    fn reads(&self, declared: &[Input], over: Option<&Name>) -> Result<Vec<Input>, Problem> {
        let mut reads = Vec::with_capacity(declared.len() + 1);
        for input in declared {
            match input {
                Input::Data(data) if Some(data) == over => {}
                Input::File(file) => reads.push(Input::File(self.path("reads", file)?)),
                other => reads.push(other.clone()),
            }
        }
        if let Some(file) = &self.file {
            let own = Input::File(file.clone());
            if !reads.contains(&own) {
                reads.push(own);
            }
        }
        Ok(reads)
    }

    fn env(&self, env: &BTreeMap<String, EnvValue>) -> Result<BTreeMap<String, EnvValue>, Problem> {
        let filled = |(name, value): (&String, &EnvValue)| {
            let value = match value {
                EnvValue::Value(text) => EnvValue::Value(self.text("env", text)?),
                other => other.clone(),
            };
            Ok((name.clone(), value))
        };
        let mut filled = env.iter().map(filled).collect::<Result<BTreeMap<_, _>, _>>()?;
        for (name, value) in self.values.iter().filter(|(_, value)| !self.is_text(value)) {
            filled.insert(variable(name), EnvValue::Value(value.clone()));
        }
        Ok(filled)
    }

    fn image(&self, template: &str) -> Result<String, Problem> {
        let image = self.text("image", template)?;
        if is_image(&image) {
            return Ok(image);
        }
        let wrong = Diagnostic::error(format!("`{image}`, of the instance {}, cannot be an image", self.key));
        let wrong = wrong.expected("an image such as \"python:3.12\" or \"registry/name:tag\"");
        Err(Problem::new("image", wrong))
    }
}
