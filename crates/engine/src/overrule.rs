use base::Name;
use plan::Reason;
use serde::Serialize;
use store::{Author, Change, Intent, Outcome, Status, Store};

use crate::{
    Error,
    recorded::{challenger, champion},
};

/// A person's decision to make a version champion, whatever the gate said.
#[derive(Debug, Clone)]
pub struct Overrule {
    /// The model.
    pub model: Name,
    /// The version; the challenger when it is not given.
    pub version: Option<u64>,
    /// Who decides.
    pub actor: String,
    /// Why. The history shows it for ever.
    pub because: String,
}

/// What an override changed.
#[derive(Debug, Clone, Serialize)]
pub struct Overruled {
    /// The model.
    pub model: Name,
    /// The champion before.
    pub from: Option<u64>,
    /// The champion now.
    pub to: u64,
}

/// Moves the alias `champion` by hand. Services follow with the next plan; a running
/// `kaizen up` makes one at once.
///
/// # Errors
/// When no reason is given, or there is no such model or version.
pub fn overrule(store: &Store, decision: &Overrule) -> Result<Overruled, Error> {
    let Overrule { model, version, actor, because } = decision;
    if because.trim().is_empty() {
        return Err(Error::Unknown("promote: a reason is needed; say why with --because \"…\"".to_owned()));
    }
    let aliases = store.aliases(model)?;
    let chosen = version.or_else(|| aliases.get(&challenger()).copied());
    let Some(to) = chosen else {
        let versions = store.versions(model)?;
        let known = versions.iter().map(|version| version.version.to_string()).collect::<Vec<_>>().join(", ");
        let known =
            if known.is_empty() { "it has no versions".to_owned() } else { format!("it has {known}") };
        return Err(Error::Unknown(format!(
            "promote: model.{model} has no challenger; name a version with --version N ({known})"
        )));
    };
    store.version(model, to)?;
    let by = Author { actor: actor.clone(), because: Some(format!("override: {because}")) };
    let mut changes =
        vec![Change::SetAlias { model: model.clone(), alias: champion(), version: to, by: by.clone() }];
    if aliases.get(&challenger()) == Some(&to) {
        changes.push(Change::RemoveAlias { model: model.clone(), alias: challenger(), by });
    }
    let reason = Reason::Override { actor: actor.clone(), because: because.clone() };
    let intent = Intent {
        plan: base::Hash::of(because),
        action: format!("promote model.{model}"),
        node: format!("model.{model}"),
        generation: store.generation()?,
        reason: serde_json::json!([reason]),
        key: None,
        run: None,
    };
    let number = store.intend(&intent)?;
    let summary = format!("version {to} is champion by override of {actor}: {because}");
    let outcome = Outcome { status: Status::Done, detail: serde_json::json!({ "summary": summary }) };
    store.conclude(number, &outcome, &changes)?;
    Ok(Overruled { model: model.clone(), from: aliases.get(&champion()).copied(), to })
}
