use std::collections::BTreeMap;

use base::Hash;

use crate::{Fields, Record, Status};

/// Whether an action has nothing to do: it was done before, from the same fields and
/// the same inputs. This is all that caching is; the planner and the engine both ask here.
///
/// Whether the output still exists is for the caller to know.
pub fn is_settled(record: Option<&Record>, fields: &Fields, inputs: &BTreeMap<String, Hash>) -> bool {
    record.is_some_and(|record| {
        matches!(record.status, Status::Done { .. }) && record.fields == *fields && record.inputs == *inputs
    })
}
