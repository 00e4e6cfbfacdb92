//! What is not as it was when an action was last done. The planner gives it as reasons.

use std::collections::{BTreeMap, BTreeSet};

use base::Hash;

use crate::{Fact, Fields, Input, Reason, Record};

/// What an action is made from, by names that something else owns: most actions turn out to be settled,
/// and then nothing of this is kept.
pub(crate) type Inputs<'a> = BTreeMap<&'a str, Input>;

/// The inputs as a plan keeps them.
pub(crate) fn owned(inputs: Inputs<'_>) -> BTreeMap<String, Input> {
    inputs.into_iter().map(|(name, input)| (name.to_owned(), input)).collect()
}

/// The inputs whose content is known now; those still to be made are left out.
pub(crate) fn known(inputs: &Inputs<'_>) -> BTreeMap<String, Hash> {
    let content = |(name, input): (&&str, &Input)| match input {
        Input::Known(hash) => Some(((*name).to_owned(), *hash)),
        Input::From(_) => None,
    };
    inputs.iter().filter_map(content).collect()
}

/// The inputs that have another content than last time, or that came or went.
pub(crate) fn changed_inputs(
    record: &Record,
    inputs: &Inputs<'_>,
    facts: &BTreeMap<String, Fact>,
) -> Vec<Reason> {
    if are_as_they_were(record, inputs) {
        return Vec::new();
    }
    let mut names: BTreeSet<&str> = record.inputs.keys().map(String::as_str).collect();
    names.extend(inputs.keys());
    let changed = |name: &&str| match (record.inputs.get(*name), inputs.get(*name)) {
        (Some(_), Some(Input::From(_))) => false,
        (Some(then), Some(Input::Known(now))) => then != now,
        _ => true,
    };
    let reason = |name: &str| match fired(name, record, facts) {
        Some(triggered) if inputs.contains_key(name) => triggered,
        _ => Reason::InputChanged { input: name.to_owned() },
    };
    names.into_iter().filter(changed).map(reason).collect()
}

fn are_as_they_were(record: &Record, inputs: &Inputs<'_>) -> bool {
    let same = |((then, old), (now, new)): ((&String, &Hash), (&&str, &Input))| {
        then == now && matches!(new, Input::Known(hash) if hash == old)
    };
    record.inputs.len() == inputs.len() && record.inputs.iter().zip(inputs).all(same)
}

/// That a trigger fired says more than that it changed. One that was not read before has not fired.
fn fired(input: &str, record: &Record, facts: &BTreeMap<String, Fact>) -> Option<Reason> {
    let trigger = input.strip_prefix("trigger.")?;
    record.inputs.get(input)?;
    let why = facts.get(input)?.why.clone();
    Some(Reason::Triggered { trigger: trigger.to_owned(), why })
}

/// The fields that are not as they were.
pub(crate) fn differing(then: &Fields, now: &Fields) -> Vec<String> {
    if then == now {
        return Vec::new();
    }
    let mut names: BTreeSet<&String> = then.keys().collect();
    names.extend(now.keys());
    names.into_iter().filter(|name| then.get(*name) != now.get(*name)).cloned().collect()
}
