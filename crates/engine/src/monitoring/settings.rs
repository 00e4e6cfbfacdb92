//! What `[monitor.NAME]` and the silences mean to the crate `monitor`.

use base::{Name, Timestamp};
use monitor::{Objectives, Silence, drift};
use store::Store;

use super::Times;
use crate::{Error, Project};

/// How drift is judged.
pub(super) fn drift(monitor: &spec::Monitor) -> drift::Settings {
    let (rate, effect) = (monitor.drift.false_discovery_rate, monitor.drift.min_effect);
    drift::Settings {
        false_discovery_rate: rate,
        wasserstein: effect,
        jensen_shannon: effect,
        ..drift::Settings::default()
    }
}

/// How a monitor's windows are assessed.
pub(super) fn of(
    project: &Project,
    store: &Store,
    (name, monitor): (&Name, &spec::Monitor),
    times: &Times,
) -> Result<monitor::Settings, Error> {
    let slo = project.spec.services.get(&monitor.service).and_then(|service| service.slo.as_ref());
    let objectives = slo.map(|slo| Objectives {
        availability: slo.availability,
        // The objective is about 99 of 100 answers.
        latency: slo.latency_p99.map(|_| 0.99),
        period: slo.period.get(),
    });
    let silences = store.silences(Some(name))?.iter().flat_map(|silence| silences(silence, times)).collect();
    Ok(monitor::Settings { drift: drift(monitor), objectives, silences, ..monitor::Settings::default() })
}

/// A silence of one signal, or of a family of them by the beginning of their names.
fn silences(silence: &store::Silence, times: &Times) -> Vec<Silence> {
    let from = times.clock_at(silence.created).unwrap_or(Timestamp::from_micros(i64::MIN));
    let covering = |signals: String| Silence {
        signals,
        from,
        until: silence.until,
        reason: format!("{}: {}", silence.by, silence.because),
    };
    match &silence.signal {
        None => vec![covering("*".to_owned())],
        Some(signal) => vec![covering(signal.clone()), covering(format!("{signal}.*"))],
    }
}
