//! Tracked runs: what code logged through MLflow.

use base::Timestamp;
use serde::Serialize;
use tracking::{LoggedModel, experiments::Pair, metrics::Latest, runs::Run};

use super::{plain::clipped, runs::time, table::aligned};

/// Metrics that are shown of a run in a list.
const SHOWN: usize = 3;
/// How much of an id tells runs apart.
const SHORT: usize = 8;
/// As much of a text as is shown in a list, and of one run; `--json` has all of it.
const WIDEST: (usize, usize) = (40, 80);
/// What only clients read.
const INTERNAL: &str = "mlflow.";

/// A run in a list.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    #[serde(flatten)]
    pub(crate) run: Run,
    pub(crate) experiment: String,
}

/// A run with all that is known of it.
#[derive(Debug, Serialize)]
pub(crate) struct Whole {
    #[serde(flatten)]
    pub(crate) run: Run,
    pub(crate) experiment: String,
    pub(crate) models: Vec<LoggedModel>,
}

#[expect(clippy::ptr_arg, reason = "it renders what commands return, which is the whole list")]
pub(crate) fn list(runs: &Vec<Listed>) -> String {
    if runs.is_empty() {
        return "nothing was logged yet; code that uses MLflow logs here when a step runs it".to_owned();
    }
    let heads = ["run", "name", "experiment", "started", "took", "state", "metrics"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(runs.iter().map(row));
    aligned(&rows, 0)
}

fn row(listed: &Listed) -> Vec<String> {
    let Listed { run, experiment } = listed;
    let metrics: Vec<_> = run.data.metrics.iter().take(SHOWN).map(metric).collect();
    let more = run.data.metrics.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(", {more} more") } else { String::new() };
    vec![
        short(&run.info.run_id).to_owned(),
        clipped(&run.info.run_name, WIDEST.0),
        clipped(experiment, WIDEST.0),
        moment(run.info.start_time),
        took(run),
        run.info.status.name().to_lowercase(),
        metrics.join(", ") + &more,
    ]
}

fn metric(metric: &Latest) -> String {
    format!("{} {}", metric.key, number(metric.value))
}

pub(crate) fn whole(whole: &Whole) -> String {
    let Whole { run, experiment, models } = whole;
    let info = &run.info;
    let mut text = format!("run {}  {}\n", info.run_id, info.run_name);
    let mut facts = vec![("experiment", experiment.clone()), ("state", info.status.name().to_lowercase())];
    facts.push(("started", moment(info.start_time)));
    facts.push(("took", took(run)));
    facts.push(("user", info.user_id.clone()));
    facts.extend(tag(run, "mlflow.source.name").map(|source| ("source", source.to_owned())));
    facts.push(("artifacts", info.artifact_uri.clone()));
    facts.retain(|(_, fact)| !fact.is_empty());
    let facts: Vec<_> = facts.into_iter().map(|(name, fact)| vec![name.to_owned(), fact]).collect();
    text.push_str(&aligned(&facts, 2));
    let pair = |pair: &Pair| vec![pair.key.clone(), clipped(&pair.value, WIDEST.1)];
    section(&mut text, "parameters", run.data.params.iter().map(pair).collect());
    let metrics = run.data.metrics.iter();
    let metrics = metrics.map(|metric| {
        let step = if metric.step == 0 { String::new() } else { format!("at step {}", metric.step) };
        vec![metric.key.clone(), number(metric.value), step]
    });
    section(&mut text, "metrics", metrics.collect());
    let tags = run.data.tags.iter().filter(|tag| !tag.key.starts_with(INTERNAL));
    section(&mut text, "tags", tags.map(pair).collect());
    let inputs = run.inputs.dataset_inputs.iter();
    let inputs = inputs.map(|input| vec![input.dataset.name.clone(), input.dataset.digest.clone()]);
    section(&mut text, "data sets", inputs.collect());
    let models = models.iter().map(|model| {
        let info = &model.info;
        vec![info.name.clone(), info.model_id.clone(), info.artifact_uri.clone()]
    });
    section(&mut text, "models", models.collect());
    text
}

fn section(text: &mut String, title: &str, rows: Vec<Vec<String>>) {
    if !rows.is_empty() {
        text.push_str(&format!("\n{title}\n{}", aligned(&rows, 2)));
    }
}

fn tag<'a>(run: &'a Run, key: &str) -> Option<&'a str> {
    run.data.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
}

/// Enough of an id to name the run by.
pub(crate) fn short(run_id: &str) -> &str {
    run_id.get(..SHORT).unwrap_or(run_id)
}

/// Six significant digits, as short as they go.
pub(crate) fn number(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    let size = rounded.abs();
    if size != 0.0 && !(1e-4..1e15).contains(&size) { format!("{rounded:e}") } else { rounded.to_string() }
}

/// Of milliseconds since 1970, to the second.
fn moment(millis: i64) -> String {
    let text = Timestamp::from_micros(millis.saturating_mul(1_000)).to_string();
    format!("{}Z", text.chars().take(19).collect::<String>())
}

fn took(run: &Run) -> String {
    let Some(ended) = run.info.end_time else { return String::new() };
    time(ended.saturating_sub(run.info.start_time) as f64)
}

#[cfg(test)]
mod tests {
    use super::{number, short};

    #[test]
    fn numbers_have_six_digits_and_no_more_letters_than_they_need() {
        let shown = [0.25, 0.123456789, 1234567.0, 1e-9, -3e20, 0.0, f64::NAN].map(number);
        assert_eq!(shown, ["0.25", "0.123457", "1234570", "1e-9", "-3e20", "0", "NaN"]);
    }

    #[test]
    fn an_id_is_shown_by_its_beginning() {
        assert_eq!(short("0123456789abcdef"), "01234567");
        assert_eq!(short("abc"), "abc");
    }
}
