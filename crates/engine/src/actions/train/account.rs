//! The report of a model that a command trained: what it is, what it was made of, and how that was checked.

use serde_json::{Value, json};

use super::{
    super::{Failure, Turn},
    candidate::Candidate,
    convert::Read,
    made::Made,
    rows::Rows,
};

/// `1,234 rows`
pub(super) fn rows(count: usize) -> String {
    format!("{} rows", base::grouped(count as u64))
}

/// The report, for `kaizen why` and the model's directory.
pub(super) fn of(
    turn: &Turn,
    (rows, made, read): (&Rows, &Made, &Read),
    candidate: &Candidate,
    tracked: Option<&str>,
) -> Result<Value, Failure> {
    let model = turn.model()?;
    let division = &rows.division;
    let mut warnings: Vec<Value> = rows.warnings.iter().map(|warning| json!(warning)).collect();
    let assumed = candidate.assumed.iter();
    warnings
        .extend(assumed.map(|message| json!({ "concern": "classes", "column": null, "message": message })));
    let mut report = json!({
        "origin": origin(made, read, candidate),
        "task": model.task,
        "target": model.target,
        "features": candidate.signature.inputs.iter().map(|field| &field.name).collect::<Vec<_>>(),
        "rows": {
            "train": division.train.len(), "test": division.test.len(), "dropped": division.dropped,
        },
        "seed": model.train.seed,
        "warnings": warnings,
    });
    if let Some(original) = &read.original {
        report["estimator"] = json!(original.estimator);
        report["flavor"] = json!(original.flavor);
        report["versions"] = json!(original.versions);
        report["agreement"] = json!(candidate.agreement);
    }
    if let Some(run) = tracked {
        report["tracked"] = json!(run);
    }
    Ok(report)
}

/// Where the model comes from, in a sentence.
fn origin(made: &Made, read: &Read, candidate: &Candidate) -> String {
    let columns = candidate.signature.inputs.len();
    let reads = format!("reads {columns} {}", if columns == 1 { "column" } else { "columns" });
    match (&read.original, &candidate.agreement) {
        (Some(original), Some(agreement)) => {
            let compared = rows(agreement.rows);
            let off = match agreement.outside {
                0 => format!("within {:.1e} on {compared}", agreement.largest),
                outside => {
                    format!("within {:.1e} on average, but for {outside} of {compared}", agreement.mean)
                }
            };
            format!(
                "{} from {}, {reads}; its conversion to ONNX agrees with it {off}",
                original.estimator, made.called
            )
        }
        _ => format!("an ONNX model from {}, {reads}", made.called),
    }
}

/// The report in one line.
pub(super) fn summary(report: &Value) -> String {
    report["origin"].as_str().unwrap_or_default().to_owned()
}
