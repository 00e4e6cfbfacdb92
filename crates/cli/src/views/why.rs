//! Why a thing is as it is.

use engine::Explanation;
use serde_json::Value;
use store::{Entry, Firing, Version};

use super::{plain, table::aligned, verdict};

/// How many past actions the text shows; the JSON has more.
const SHOWN: usize = 8;

pub(crate) fn text(explanation: &Explanation) -> String {
    let mut text = format!("{}\n", explanation.node);
    match (&explanation.blocked, explanation.planned.as_slice()) {
        _ if !explanation.declared => {
            text.push_str(
                "no project file here declares it: `kaizen exec` ran it, or a project had it once\n",
            );
        }
        (Some(why), _) => text.push_str(&format!("blocked: {why}\n")),
        (None, []) => text.push_str("nothing to do: everything it is made from is as it was\n"),
        (None, planned) => planned.iter().for_each(|line| text.push_str(&format!("to do: {line}\n"))),
    }
    text.push_str(&entries(&explanation.entries));
    text.push_str(&versions(&explanation.versions));
    text.push_str(&findings(&explanation.findings));
    text.push_str(&training(&explanation.training));
    text.push_str(&importance(&explanation.importance));
    if let (Some(found), Some(terms)) = (&explanation.verdict, &explanation.terms) {
        text.push('\n');
        text.push_str(&verdict::full(&explanation.node, found, terms));
    }
    text
}

/// What a trigger last fired for.
pub(crate) fn trigger(trigger: &store::Trigger, declared: &spec::Trigger) -> String {
    let name = &trigger.name;
    if let Some(Firing { why, at, .. }) = &trigger.firing {
        return format!("trigger.{name}\nlast fired at {at}: {why}");
    }
    let when = match declared {
        spec::Trigger::Cron { .. } => {
            "it fires at the times of its calendar, in `kaizen up` and `kaizen run`"
        }
        spec::Trigger::Webhook { .. } => "it fires when it is called, in `kaizen up`",
        spec::Trigger::Release { .. } => {
            "it fires when the other project's service answers with another version"
        }
    };
    let looked = trigger.checked.map(|at| format!("; last looked at {at}")).unwrap_or_default();
    format!("trigger.{name}\nit has not fired yet; {when}{looked}")
}

fn entries(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "nothing has been done to it yet\n".to_owned();
    }
    let row = |entry: &Entry| {
        let detail = entry.detail.as_ref();
        let said = detail.and_then(|detail| detail["summary"].as_str().or(detail["message"].as_str()));
        let verb = entry.action.split(' ').next().unwrap_or_default().replace('_', " ");
        vec![
            entry.started.to_string().chars().take(19).collect(),
            verb,
            entry.status.map_or("running".to_owned(), |status| status.as_str().to_owned()),
            reasons(&entry.reason),
            said.map(plain::first).unwrap_or_default().to_owned(),
        ]
    };
    let rows: Vec<_> = entries.iter().take(SHOWN).map(row).collect();
    format!("what was done, newest first:\n{}", aligned(&rows, 2))
}

fn reasons(reasons: &Value) -> String {
    let reasons: Vec<plan::Reason> = serde_json::from_value(reasons.clone()).unwrap_or_default();
    let words: Vec<_> = reasons.iter().map(ToString::to_string).collect();
    words.join("; ")
}

fn versions(versions: &[Version]) -> String {
    if versions.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = versions.iter().map(version).collect();
    format!("versions, and what they were made from:\n{}", aligned(&rows, 2))
}

fn version(version: &Version) -> Vec<String> {
    let lineage = &version.lineage;
    let short =
        |value: &Value| value.as_str().map_or("none".to_owned(), |hash| hash.chars().take(12).collect());
    let code = match (&lineage["code"]["commit"], &lineage["code"]["diff"]) {
        (Value::String(_), Value::Null) => format!("commit {}", short(&lineage["code"]["commit"])),
        (Value::String(_), diff) => {
            format!("commit {} and changes {}", short(&lineage["code"]["commit"]), short(diff))
        }
        _ => "code in no repository".to_owned(),
    };
    let inputs = lineage["inputs"].as_object().into_iter().flatten();
    let inputs: Vec<_> = inputs.map(|(node, output)| format!("{node} {}", short(output))).collect();
    vec![
        version.version.to_string(),
        version.created.to_string().chars().take(19).collect(),
        code,
        inputs.join(", "),
        format!("seed {}", lineage["seed"]),
    ]
}

fn findings(findings: &Value) -> String {
    let listed = listed(findings, |_| true);
    if listed.is_empty() { listed } else { format!("expectations:\n{listed}") }
}

/// The expectations that were not met, with examples.
pub(super) fn unmet(findings: &Value) -> String {
    listed(findings, |finding| finding["passed"] == Value::Bool(false))
}

fn listed(findings: &Value, shown: impl Fn(&Value) -> bool) -> String {
    let mut text = String::new();
    for finding in findings.as_array().into_iter().flatten().filter(|finding| shown(finding)) {
        let word = |key: &str| finding[key].as_str().unwrap_or_default();
        let state = if finding["passed"] == Value::Bool(true) { "met" } else { word("severity") };
        text.push_str(&format!("  {state:<8}{}: {}\n", word("name"), word("message")));
        for example in finding["examples"].as_array().into_iter().flatten() {
            text.push_str(&format!("          {example}\n"));
        }
    }
    text
}

fn importance(importance: &Value) -> String {
    let row = |column: &Value| {
        let number = |key: &str| format!("{:.5}", column[key].as_f64().unwrap_or_default());
        let name = column["column"].as_str().unwrap_or_default().to_owned();
        vec![name, number("mean"), format!("± {}", number("deviation"))]
    };
    let rows: Vec<_> = importance.as_array().into_iter().flatten().map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("how much worse it predicts with a column shuffled:\n{}", aligned(&rows, 2))
}

/// What training found out before anything else, and its warnings.
pub(super) fn training(training: &Value) -> String {
    let report = &training["report"];
    let mut text = match (report["feasibility"]["statement"].as_str(), report["origin"].as_str()) {
        (Some(statement), _) => format!("feasibility: {statement}\n"),
        // A command trained it.
        (None, Some(origin)) => format!("trained: {origin}\n"),
        (None, None) => return String::new(),
    };
    for warning in report["warnings"].as_array().into_iter().flatten() {
        text.push_str(&format!("warning: {}\n", warning["message"].as_str().unwrap_or_default()));
    }
    text
}
