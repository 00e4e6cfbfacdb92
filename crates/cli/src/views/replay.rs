//! A replay, as it goes.

use base::{Timestamp, grouped};

use super::tickets::minute;
use crate::{
    output::{note, rewrite},
    replay::{Snapshot, Stream, Summary},
};

/// What is about to be sent, and where to.
pub(crate) fn opening(stream: &Stream, url: &str, model: &str) -> String {
    let (first, last) = (stream.times.first().copied(), stream.times.last().copied());
    let time = |micros: Option<i64>| minute(Timestamp::from_micros(micros.unwrap_or_default()));
    let labels = stream.labels.as_ref().map_or(0, |labels| labels.known.iter().flatten().count());
    let mut text = format!(
        "replaying {} rows of {} to {} to {url}/v2/models/{model}, {} labels following",
        grouped(stream.times.len() as u64),
        time(first),
        time(last),
        grouped(labels as u64),
    );
    if stream.timeless > 0 {
        text.push_str(&format!(
            "; {} rows have no event time and stay behind",
            grouped(stream.timeless as u64)
        ));
    }
    text
}

/// One line a second: rewritten on a terminal.
pub(crate) fn progress(snapshot: &Snapshot, terminal: bool) {
    let Snapshot { at, sent, rate, failed, labels, behind } = snapshot;
    let mut text =
        format!("{}  {} sent ({rate:.0}/s)  {} labels", minute(*at), grouped(*sent), grouped(*labels));
    if *failed > 0 {
        text.push_str(&format!("  {} refused", grouped(*failed)));
    }
    if *behind >= 1.0 {
        text.push_str(&format!("  {behind:.0} s behind"));
    }
    if terminal { rewrite(&text) } else { note(&text) }
}

/// What it came to.
pub(crate) fn summary(summary: &Summary) -> String {
    let mut text = format!(
        "{} rows answered and {} labels acknowledged in {:.1} s",
        grouped(summary.sent),
        grouped(summary.labels),
        summary.seconds
    );
    if let (Some(p50), Some(p99)) = (summary.p50_ms, summary.p99_ms) {
        text.push_str(&format!(
            "; a request took {p50:.2} ms at the median, {p99:.2} ms at the 99th percentile"
        ));
    }
    if let Some(refusal) = &summary.refusal {
        let (rows, labels) = (grouped(summary.failed), grouped(summary.labels_failed));
        text.push_str(&format!(
            "\n{rows} rows and {labels} labels were refused; the first was told: {refusal}"
        ));
    }
    if let Some(ended) = &summary.ended {
        let from = summary.resume.map(|at| format!("; go on with --from {at}")).unwrap_or_default();
        text.push_str(&format!("\nended before its end: {ended}{from}"));
    }
    text
}
