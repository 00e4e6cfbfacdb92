//! A column that is gone, or that holds another kind of values than the model learned from.

use crate::cause::{
    case::Case,
    compared::Compared,
    finding::Finding,
    found::{Fact, Kind},
};

pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    case.columns.iter().filter(|column| column.reshaped()).map(|column| finding(case, column)).collect()
}

fn finding(case: &Case<'_>, column: &Compared) -> Finding {
    let name = &column.name;
    let kind = |table: &table::Table| table.column(name).map(|column| column.values.kind().to_string());
    let was = kind(&case.evidence.reference.table).unwrap_or_default();
    let (title, explanation, now) = match kind(&case.evidence.current.table) {
        None => (
            format!("`{name}` is gone"),
            format!("The model reads `{name}`, which no longer comes: {was} before, no column now."),
            "absent".to_owned(),
        ),
        Some(now) => (
            format!("`{name}` changed its type"),
            format!("`{name}` holds {now} values where the model learned from {was} values."),
            now,
        ),
    };
    Finding {
        kind: Kind::SchemaChange,
        columns: vec![name.clone()],
        subject: name.clone(),
        title,
        explanation,
        evidence: vec![
            Fact::of("type before", was, case.evidence.reference.len()),
            Fact::of("type now", now, case.evidence.current.len()),
        ],
        strength: 0.97,
        importance: column.importance,
        cost: case.cost_of_columns(std::slice::from_ref(name)),
        recorded: None,
    }
}
