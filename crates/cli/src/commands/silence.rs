//! `kaizen silence`

use std::path::{Path, PathBuf};

use base::{Name, nearest};
use engine::Project;
use monitor::SignalName;
use store::{NewSilence, Store};

use crate::{
    Environment, Failure,
    arguments::{Silence, SilenceCommand},
    exit,
    output::Output,
    views,
};

/// What signals that have a subject begin with; each of them can be silenced whole.
const FAMILIES: [&str; 6] = ["drift", "missing", "unseen", "out_of_range", "estimated", "measured"];
/// Signals by name, for hints. Those of a column or a metric begin with their family.
const SIGNALS: [&str; 9] = [
    "drift.prediction",
    "drift.all",
    "estimated.value_per_1000",
    "measured.value_per_1000",
    "traffic",
    "latency_p99_ms",
    "error_rate",
    "availability_burn",
    "latency_burn",
];

pub(crate) fn run(
    arguments: Silence,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let at = at.unwrap_or_else(|| PathBuf::from("."));
    let store = Store::open(&Project::store_of(&at)?, environment.clock.clone())?;
    match arguments.command {
        None => {}
        Some(SilenceCommand::Add { monitor, signal, until, because }) => {
            check_monitor(&monitor, (&at, &store), environment)?;
            signal.as_deref().map_or(Ok(()), check_signal)?;
            store.add_silence(&NewSilence {
                monitor,
                signal,
                until,
                by: environment.user.clone(),
                because,
            })?;
        }
        Some(SilenceCommand::Remove { number }) => store.remove_silence(number)?,
    }
    output.result(&store.silences(None)?, |silences| views::incidents::silences(silences));
    Ok(exit::DONE)
}

/// The monitor must be declared. While the project file has errors, one that has worked will do.
fn check_monitor(
    monitor: &Name,
    (at, store): (&Path, &Store),
    environment: &Environment,
) -> Result<(), Failure> {
    let project = match Project::load(at, &environment.variables()) {
        Ok(project) => project,
        Err(broken @ engine::Error::Spec { .. }) => {
            let has_worked = store.monitor_state(monitor)?.is_some();
            return if has_worked { Ok(()) } else { Err(broken.into()) };
        }
        Err(error) => return Err(error.into()),
    };
    let declared: Vec<&str> = project.spec.monitors.keys().map(Name::as_str).collect();
    if declared.contains(&monitor.as_str()) {
        return Ok(());
    }
    let hint = match nearest(monitor.as_str(), declared.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if declared.is_empty() => "the project has none; declare one: [monitor.NAME]".to_owned(),
        None => format!("there is {}", declared.join(", ")),
    };
    Err(Failure::new(exit::USAGE, format!("silence: there is no monitor `{monitor}`; {hint}")))
}

/// A signal or a family of them, or which was probably meant.
fn check_signal(signal: &str) -> Result<(), Failure> {
    if FAMILIES.contains(&signal) || signal.parse::<SignalName>().is_ok() {
        return Ok(());
    }
    let (family, subject) = signal.split_once('.').unwrap_or((signal, ""));
    let near = nearest(signal, SIGNALS).map(str::to_owned).or_else(|| {
        let family = nearest(family, FAMILIES)?;
        let meant = if subject.is_empty() { family.to_owned() } else { format!("{family}.{subject}") };
        // A misspelt metric stays one, so then the family alone is what can be offered.
        Some(if meant.parse::<SignalName>().is_ok() { meant } else { family.to_owned() })
    });
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let message = format!(
        "silence: `{signal}` is neither a signal nor a family of signals; {near}`kaizen incidents` shows signals such as \
         drift.temp or traffic, and the families are {}",
        FAMILIES.join(", ")
    );
    Err(Failure::new(exit::USAGE, message))
}

#[cfg(test)]
mod tests {
    use super::{FAMILIES, SIGNALS, SignalName, check_signal};

    #[test]
    fn signals_and_families_are_taken() {
        for signal in ["drift.temp", "measured.roc_auc", "missing.a.b"].into_iter().chain(SIGNALS) {
            assert!(signal.parse::<SignalName>().is_ok() && check_signal(signal).is_ok(), "{signal}");
        }
        for family in FAMILIES {
            assert!(check_signal(family).is_ok(), "{family}");
        }
    }

    #[test]
    fn a_misspelt_signal_is_refused_with_the_near_one() {
        for (signal, meant) in [
            ("drfit.temp", "`drift.temp`?"),
            ("drfit", "`drift`?"),
            ("trafic", "`traffic`?"),
            ("latency_p99", "`latency_p99_ms`?"),
            ("measured.value_per_100", "`measured.value_per_1000`?"),
            ("measured.roc_acu", "`measured`?"),
        ] {
            let refused = check_signal(signal).unwrap_err();
            assert!(refused.message.contains(&format!("did you mean {meant}")), "{}", refused.message);
        }
        assert!(!check_signal("nothing like it").unwrap_err().message.contains("did you mean"));
    }
}
