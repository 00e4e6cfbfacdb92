//! The starter's text.

use std::fmt::Display;

use base::Name;
use stats::Task;
use table::Kind;

use super::{
    ColumnProfile, Inspection,
    guess::{Guess, Target},
    toml::{key, list, value},
};
use crate::reader::shown;

/// Columns of text with more values than this are not held to the values seen.
const MOST_VALUES: usize = 20;

pub(super) fn file(inspection: &Inspection, guess: &Guess<'_>) -> String {
    let mut lines = Lines::default();
    head(&mut lines, inspection, guess);
    data(&mut lines, inspection, guess);
    expectations(&mut lines, inspection, guess);
    match &guess.target {
        Some(target) => {
            let name = model_name(&target.column.name);
            model(&mut lines, inspection, guess, target);
            gate(&mut lines, &name, target.task, guess);
            service(&mut lines, &name);
        }
        None => no_model(&mut lines, inspection),
    }
    lines.text
}

fn head(lines: &mut Lines, inspection: &Inspection, guess: &Guess<'_>) {
    let (rows, columns) = (guess.rows, guess.columns.len());
    lines.comment(format_args!(
        "Begun by `kaizen init` from {}: {rows} rows, {columns} columns.",
        shown(&inspection.source)
    ));
    lines.comment("Every guess says why it was made; change what is wrong. Then: kaizen up");
    lines.header("[project]");
    lines.field("name", format_args!("\"{}\"", inspection.name));
    lines.comment("What the model is for, in a sentence:");
    lines.comment("objective = \"…\"");
}

fn data(lines: &mut Lines, inspection: &Inspection, guess: &Guess<'_>) {
    lines.header(format_args!("[data.{}]", inspection.name));
    lines.comment("Path, glob or directory, relative to this file.");
    lines.field("source", value(&inspection.source));
    match guess.time {
        Some(time) => {
            lines.comment(
                "The event time: the time column that is most complete and has the most different values.",
            );
            lines.field("time", value(&time.name));
        }
        None => {
            lines.comment("No column of times was found. If there is an event time, name it: time = \"…\"")
        }
    }
    if let Some(column) = guess.key {
        lines.comment("It has a different value in every row, and its name is an identifier's.");
        lines.field("key", list([column.name.as_str()]));
    }
}

fn expectations(lines: &mut Lines, inspection: &Inspection, guess: &Guess<'_>) {
    lines.blank();
    lines.comment("What must hold of the data before anything uses it, from what was seen.");
    lines
        .comment("severity = \"warn\" in any of these only reports a violation, where error stops the line.");
    lines.line(format_args!("[data.{}.expect]", inspection.name));
    lines.comment(format_args!("{} rows were seen; many fewer would mean that some are lost.", guess.rows));
    lines.field("rows", format_args!("{{ min = {} }}", (guess.rows - guess.rows / 10).max(1)));
    for column in &guess.columns {
        column_expectation(lines, column, guess);
    }
}

fn column_expectation(lines: &mut Lines, column: &ColumnProfile, guess: &Guess<'_>) {
    // Nothing can be said of a column without values.
    if column.nulls >= column.rows {
        return;
    }
    let mut tests = vec![format!("type = \"{}\"", type_of(column.kind))];
    if column.nulls == 0 {
        tests.push("nulls = { max = 0.0 }".to_owned());
    }
    if guess.key.is_some_and(|key| key.name == column.name) {
        tests.push("unique = true".to_owned());
    }
    let all_seen =
        column.top.len() as u64 == column.distinct && (1..=MOST_VALUES).contains(&column.top.len());
    if column.kind == Kind::Text && all_seen && !guess.exclude.iter().any(|other| other.name == column.name) {
        let mut values: Vec<&str> = column.top.iter().map(|(value, _)| value.as_str()).collect();
        values.sort_unstable();
        values.dedup();
        tests.push(format!("one_of = {{ values = {}, severity = \"warn\" }}", list(values)));
    }
    let seen = match (&column.min, &column.max) {
        (Some(min), Some(max)) if column.kind == Kind::Number => {
            format!("  # {} to {} seen; to hold it there: range = [{0}, {1}]", shown(min), shown(max))
        }
        _ => String::new(),
    };
    lines.line(format_args!("columns.{} = {{ {} }}{seen}", key(&column.name), tests.join(", ")));
}

fn model(lines: &mut Lines, inspection: &Inspection, guess: &Guess<'_>, target: &Target<'_>) {
    lines.header(format_args!("[model.{}]", model_name(&target.column.name)));
    lines.field("data", format_args!("\"data.{}\"", inspection.name));
    lines.comment(format_args!(
        "Guessed, because {}. Name the column that is to be predicted.",
        target.reason
    ));
    lines.field("target", value(&target.column.name));
    lines.comment(format_args!("{}; the other tasks are {}.", why_task(target), other_tasks(target.task)));
    lines.field("task", format_args!("\"{}\"", target.task));
    if let Some(positive) = &target.positive {
        lines.comment(format_args!(
            "Guessed: the model gives the probability of this class, {}.",
            positive.reason
        ));
        lines.field("positive", value(&positive.class));
    }
    if guess.exclude.is_empty() {
        lines.comment("Name here what is not known yet when the prediction is made: exclude = [\"…\"]");
    } else {
        lines.comment(
            "These tell rows apart and nothing else. Add what is not known yet when the prediction is made.",
        );
        lines.field("exclude", list(guess.exclude.iter().map(|column| column.name.as_str())));
    }
    if guess.time.is_some() {
        lines.comment("Judged on the latest rows, as it will be used: on what comes after its training.");
        lines.field("split", "{ by = \"time\", test = \"20%\" }");
    } else {
        lines.comment("Judged on rows chosen by chance, because there is no event time.");
        lines.field("split", "{ by = \"random\", test = \"20%\" }");
    }
    lines.comment("auto tries a linear model and gradient-boosted trees; gbm, linear and baseline name one.");
    lines.field("train", "{ builtin = \"auto\", budget = \"60s\" }");
    lines.field("metrics", metrics(target.task));
    if target.task == Task::Binary {
        lines.comment("What a decision is worth to you; the model then decides where it is worth most:");
        lines.comment("value = { true_positive = 10.0, false_positive = -2.0, currency = \"EUR\" }");
    }
}

fn gate(lines: &mut Lines, model: &Name, task: Task, guess: &Guess<'_>) {
    lines.blank();
    lines.comment("When a new model may serve. Without this table the same rules hold.");
    lines.line(format_args!("[model.{model}.gate]"));
    let (beat, no_worse) = match task {
        Task::Binary => ("roc_auc\", by = 0.02", "log_loss\", margin = 0.005"),
        Task::Multiclass => ("log_loss\", by = 0.01", "log_loss\", margin = 0.005"),
        Task::Regression => ("r2\", by = 0.02", "r2\", margin = 0.01"),
    };
    lines.field("beat_baseline", format_args!("{{ metric = \"{beat} }}"));
    lines.field("no_worse_than_champion", format_args!("{{ metric = \"{no_worse}, confidence = 0.95 }}"));
    let slices: Vec<&str> = guess
        .columns
        .iter()
        .filter(|column| is_slice(column, guess))
        .take(3)
        .map(|column| column.name.as_str())
        .collect();
    if !slices.is_empty() {
        lines.comment("Columns in each of whose values it must not be worse either:");
        lines.comment(format_args!("slices = {}", list(slices)));
    }
    lines.comment("max_latency_p99 = \"5ms\"");
}

fn service(lines: &mut Lines, model: &Name) {
    lines.header(format_args!("[service.{model}]"));
    lines.field("model", format_args!("\"{model}\""));
    lines.comment("Every request goes to a new version as soon as the gate promotes it.");
    lines.field("rollout", "{ strategy = \"all_at_once\" }");
}

fn no_model(lines: &mut Lines, inspection: &Inspection) {
    lines.blank();
    lines.comment("No column looks like one to predict from the others. If there is one, name it here:");
    lines.comment("[model.main]");
    lines.comment(format_args!("data = \"data.{}\"", inspection.name));
    lines.comment("target = \"…\"");
    lines.comment("task = \"binary\"   # binary, multiclass or regression");
    lines.comment("[service.main]");
    lines.comment("model = \"main\"");
}

/// The target's name as far as it can be a name.
fn model_name(target: &str) -> Name {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let plain: String = target.chars().map(|letter| if allowed(letter) { letter } else { '_' }).collect();
    let plain = plain.trim_matches('_').to_lowercase();
    plain.parse().unwrap_or_else(|_| "main".parse().expect("a plain word is a name"))
}

fn is_slice(column: &ColumnProfile, guess: &Guess<'_>) -> bool {
    let is_target = guess.target.as_ref().is_some_and(|target| target.column.name == column.name);
    let few_values = (2..=MOST_VALUES as u64).contains(&column.distinct);
    let has_name = !column.name.trim().is_empty();
    column.kind == Kind::Text && few_values && has_name && !is_target
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "number",
        Kind::Text => "text",
        Kind::Boolean => "boolean",
        Kind::Time => "time",
    }
}

fn why_task(target: &Target<'_>) -> String {
    match target.task {
        Task::Binary => "It has two values".to_owned(),
        Task::Multiclass => format!("It has {} values", target.column.distinct),
        Task::Regression => "It is a quantity".to_owned(),
    }
}

fn other_tasks(task: Task) -> String {
    let others = Task::ALL.into_iter().filter(|other| *other != task).map(Task::name);
    others.collect::<Vec<_>>().join(" and ")
}

fn metrics(task: Task) -> String {
    let metrics: Vec<&str> = crate::metric::standard(task).into_iter().map(stats::Metric::name).collect();
    list(metrics)
}

/// The text so far, line by line.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn line(&mut self, line: impl Display) {
        self.text.push_str(&line.to_string());
        self.text.push('\n');
    }

    fn blank(&mut self) {
        self.line("");
    }

    fn header(&mut self, header: impl Display) {
        self.blank();
        self.line(header);
    }

    fn comment(&mut self, comment: impl Display) {
        self.line(format_args!("# {comment}"));
    }

    fn field(&mut self, name: &str, value: impl Display) {
        self.line(format_args!("{name} = {value}"));
    }
}
