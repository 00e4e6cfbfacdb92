//! What came of an import.

use base::grouped;
use tracking::import::{Conflict, Count, Progress, Report};

use super::table::aligned;
use crate::output::{note, rewrite};

/// How many conflicts are shown.
const SHOWN: usize = 20;

/// One line: rewritten on a terminal.
pub(crate) fn progress(progress: &Progress, terminal: bool) {
    let Progress { doing, done, of, points, bytes } = progress;
    let text = format!(
        "{} of {} {doing}, {} points, {} copied",
        grouped(*done),
        grouped(*of),
        grouped(*points),
        size(*bytes)
    );
    if terminal { rewrite(&text) } else { note(&text) }
}

/// Whether the directory of artifacts was named says what to do about those that did not come.
pub(crate) fn report(report: &Report, has_artifacts: bool) -> String {
    let mut text = aligned(&table(report), 0);
    text.push_str(&format!("\n{}\n", outcome(report)));
    if report.has_conflicts() {
        text.push_str(&conflicts(report));
    }
    if !report.not_imported.is_empty() {
        let tables: Vec<_> = report
            .not_imported
            .iter()
            .map(|left| format!("{} ({})", left.table, grouped(left.rows)))
            .collect();
        text.push_str(&format!("not imported, since there is no place for it here: {}\n", tables.join(", ")));
    }
    if report.artifacts_elsewhere > 0 {
        text.push_str(&elsewhere(report.artifacts_elsewhere, has_artifacts));
    }
    if !report.is_known_schema {
        text.push_str(&format!(
            "the database's schema, `{}`, is later than those this release was tried with; it has all that is read\n",
            report.schema
        ));
    }
    text
}

fn elsewhere(count: u64, has_artifacts: bool) -> String {
    let count = grouped(count);
    if has_artifacts {
        return format!(
            "runs, models and versions whose artifacts stay where they are, elsewhere than in the directory given with \
             --artifacts: {count}\n"
        );
    }
    format!(
        "no --artifacts was given: the files of {count} runs, models and versions are not here; repeat with \
         --artifacts DIR\n"
    )
}

fn table(report: &Report) -> Vec<Vec<String>> {
    let mut rows = vec![["", "in MLflow", "new", "more", "same", "conflicting"].map(str::to_owned).to_vec()];
    for (kind, count) in [
        ("experiments", report.experiments),
        ("runs", report.runs),
        ("points of metrics", report.points),
        ("logged models", report.logged_models),
        ("registered models", report.registered_models),
        ("versions", report.model_versions),
    ] {
        let Count { found, new, changed, same, conflicting } = count;
        rows.push(row(kind, [found, new, changed, same, conflicting]));
    }
    let files = &report.files;
    rows.push(row(
        "artifacts",
        [
            files.found + files.refused,
            files.new,
            files.changed,
            files.same,
            files.conflicting + files.refused,
        ],
    ));
    rows
}

fn row(kind: &str, numbers: [u64; 5]) -> Vec<String> {
    let numbers = numbers.iter().map(|number| grouped(*number));
    std::iter::once(kind.to_owned()).chain(numbers).collect()
}

fn outcome(report: &Report) -> String {
    let bytes = size(report.files.bytes);
    match (report.is_unchanged(), report.is_dry_run) {
        (true, _) => "nothing is new: all of it is here, or conflicts".to_owned(),
        (false, true) => format!("dry run: nothing was written; {bytes} of artifacts would be copied"),
        (false, false) => format!("{bytes} of artifacts were copied"),
    }
}

fn conflicts(report: &Report) -> String {
    let count = report.conflicts.len() as u64 + report.more_conflicts;
    let noun = if count == 1 { "conflict" } else { "conflicts" };
    let mut text = format!("{} {noun}; what is here stays as it is:\n", grouped(count));
    for Conflict { kind, name, problem } in report.conflicts.iter().take(SHOWN) {
        text.push_str(&format!("  {kind} {name}: {problem}\n"));
    }
    if count > SHOWN as u64 {
        text.push_str(&format!("  and {} more (--json lists 200)\n", grouped(count - SHOWN as u64)));
    }
    text
}

/// `12 bytes`, `3.4 MB`
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
