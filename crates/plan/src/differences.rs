//! What is not as it was when an action was last done. The planner gives it as reasons.

use std::collections::{BTreeMap, BTreeSet};

use base::Hash;

use crate::{Fields, Input, Reason, Record};

/// The inputs whose content is known now; those still to be made are left out.
pub(crate) fn known(inputs: &BTreeMap<String, Input>) -> BTreeMap<String, Hash> {
    let content = |(name, input): (&String, &Input)| match input {
        Input::Known(hash) => Some((name.clone(), *hash)),
        Input::From(_) => None,
    };
    inputs.iter().filter_map(content).collect()
}

/// The inputs that have another content than last time, or that came or went.
pub(crate) fn changed_inputs(record: &Record, inputs: &BTreeMap<String, Input>) -> Vec<Reason> {
    let mut names: BTreeSet<&String> = record.inputs.keys().collect();
    names.extend(inputs.keys());
    let changed = |name: &&String| match (record.inputs.get(*name), inputs.get(*name)) {
        (Some(_), Some(Input::From(_))) => false,
        (Some(then), Some(Input::Known(now))) => then != now,
        _ => true,
    };
    names.into_iter().filter(changed).map(|name| Reason::InputChanged { input: name.clone() }).collect()
}

/// The fields that are not as they were.
pub(crate) fn differing(then: &Fields, now: &Fields) -> Vec<String> {
    let mut names: BTreeSet<&String> = then.keys().collect();
    names.extend(now.keys());
    names.into_iter().filter(|name| then.get(*name) != now.get(*name)).cloned().collect()
}
