//! The ONNX file of what a training command left. A model of scikit-learn, XGBoost or LightGBM is converted by a script
//! that runs where the command ran, with its Python.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serving::LoadError;
use spec::{Command, Step, StepAction};

use super::{
    super::{
        Failure, Turn, report,
        run::{self, EndedWell},
    },
    made::Made,
    rows::Rows,
};
use crate::{Engine, Error};

const SCRIPT: &str = include_str!("convert.py");

/// Rows whose predictions are compared, at most.
const COMPARED: usize = 10_000;

/// A model as ONNX, and what it was converted from.
pub(super) struct Read {
    pub(super) onnx: Vec<u8>,
    pub(super) original: Option<Original>,
}

/// A model that was converted.
#[derive(Debug, Deserialize)]
pub(super) struct Original {
    /// MLflow's name for how it was saved.
    pub(super) flavor: String,
    /// What kind of model it is, in the words of its library.
    pub(super) estimator: String,
    /// The columns it reads, in its order.
    pub(super) columns: Vec<String>,
    /// Its classes, in the order of its probabilities, if it names them.
    pub(super) classes: Option<Vec<String>>,
    /// What it predicts for every so manieth training row.
    pub(super) predictions: Vec<Vec<f64>>,
    /// The packages that it was made and converted with.
    pub(super) versions: BTreeMap<String, String>,
}

/// What the script says.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Refused { refused: String },
    Converted(Box<Original>),
}

/// Of how many training rows one is compared.
pub(super) fn every(rows: &Rows) -> usize {
    rows.division.train.len().div_ceil(COMPARED).max(1)
}

pub(super) async fn read(
    engine: &Engine,
    turn: &Turn,
    (command, step): (&Command, &Step),
    (rows, ended): (&Rows, &EndedWell),
    made: &Made,
) -> Result<Read, Failure> {
    match serving::read_model(&made.path) {
        Ok(onnx) => Ok(Read { onnx, original: None }),
        Err(LoadError::NoOnnxFlavor(_)) => {
            report(engine, &turn.action.id, "converting its model to ONNX");
            let folder = run::folder_of(engine, turn);
            let files = Files::of(&folder.join("convert"))?;
            files.ask(rows, made)?;
            let line = files.line(&python(command));
            ended.then(engine, turn, (step, &line), "convert").await?;
            let original = files.answer()?;
            let onnx = fs::read(&files.onnx).map_err(Error::io("read", &files.onnx))?;
            run::clear(&files.folder)?;
            Ok(Read { onnx, original: Some(original) })
        }
        Err(error) => Err(Failure::failed(format!("{} is no model: {}", made.called, base::causes(&error)))),
    }
}

/// What passes between the engine and the script.
struct Files {
    folder: PathBuf,
    script: PathBuf,
    request: PathBuf,
    onnx: PathBuf,
    answer: PathBuf,
}

impl Files {
    fn of(folder: &Path) -> Result<Self, Failure> {
        run::clear(folder)?;
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        Ok(Self {
            folder: folder.to_owned(),
            script: folder.join("convert.py"),
            request: folder.join("request.json"),
            onnx: folder.join("model.onnx"),
            answer: folder.join("answer.json"),
        })
    }

    fn ask(&self, rows: &Rows, made: &Made) -> Result<(), Failure> {
        let column = |field: table::Field| serde_json::json!({ "name": field.name, "kind": field.kind });
        let request = serde_json::json!({
            "model": made.path, "rows": rows.file, "every": every(rows), "task": rows.settings.task.name(),
            "columns": rows.columns().into_iter().map(column).collect::<Vec<_>>(),
            "onnx": self.onnx, "answer": self.answer,
        });
        fs::write(&self.script, SCRIPT).map_err(Error::io("write", &self.script))?;
        fs::write(&self.request, request.to_string()).map_err(Error::io("write", &self.request))?;
        Ok(())
    }

    /// The script as a command line.
    fn line(&self, python: &str) -> String {
        format!("{python} {} {}", quoted(&self.script), quoted(&self.request))
    }

    fn answer(&self) -> Result<Original, Failure> {
        let text = fs::read(&self.answer).map_err(Error::io("read", &self.answer))?;
        let what = "answer of the conversion".to_owned();
        let answer = serde_json::from_slice(&text).map_err(|source| Error::Recorded { what, source })?;
        match answer {
            Answer::Converted(original) => Ok(*original),
            Answer::Refused { refused } => Err(Failure::failed(refused)),
        }
    }
}

/// A path as a word of a shell's line.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// What starts the command's own Python: as the project file says, or as the command itself does it.
fn python(command: &Command) -> String {
    if let Some(python) = &command.python {
        return python.clone();
    }
    let StepAction::Run { command: line } = &command.step.action else { return "python3".to_owned() };
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [program, ..] if is_python(program) => (*program).to_owned(),
        [tool @ ("uv" | "poetry" | "pixi" | "pipenv" | "pdm" | "rye"), "run", ..] => {
            format!("{tool} run python")
        }
        _ => "python3".to_owned(),
    }
}

fn is_python(program: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-+./".contains(letter);
    let name = program.rsplit('/').next().unwrap_or(program);
    program.chars().all(is_plain)
        && name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.') == "python"
}

#[cfg(test)]
mod tests {
    use spec::{Command, Step};

    use super::{python, quoted};

    #[test]
    fn a_model_is_converted_with_the_python_of_its_command() {
        for (line, expected) in [
            ("python train.py", "python"),
            ("python3.12 -m train", "python3.12"),
            (".venv/bin/python train.py --fast", ".venv/bin/python"),
            ("uv run train.py", "uv run python"),
            ("poetry run python train.py", "poetry run python"),
            ("./train.sh", "python3"),
            ("$PYTHON train.py", "python3"),
            ("pythonic train.py", "python3"),
        ] {
            let command = Command { step: Step::command(line), python: None };
            assert_eq!(python(&command), expected, "{line}");
            let named = Command { python: Some("conda run python".to_owned()), ..command };
            assert_eq!(python(&named), "conda run python");
        }
    }

    #[test]
    fn a_path_with_quotes_stays_one_word() {
        assert_eq!(quoted("/a b/it's".as_ref()), r"'/a b/it'\''s'");
    }
}
