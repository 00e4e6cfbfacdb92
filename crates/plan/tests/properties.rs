//! What holds of every monitor, whatever it sees and however the passes end.

// Said again so that clippy takes the helpers for test code too.
#![cfg(test)]

mod simulator;

use base::Timestamp;
use proptest::prelude::*;
use simulator::Simulator;

/// One look of the monitor at the world, and how the pass that follows ends.
#[derive(Debug, Clone)]
struct Moment {
    hours: u32,
    rows: u32,
    cause: Option<String>,
    flaps: u32,
    outcome: &'static str,
}

fn moment() -> impl Strategy<Value = Moment> {
    let incident =
        (1..4u32, 0..400u32).prop_map(|(id, hour)| format!("incident={id} confirmed={}", time(hour)));
    let schedule = (0..400u32).prop_map(|hour| format!("due={}", time(hour)));
    let cause = prop_oneof![Just(None), incident.prop_map(Some), schedule.prop_map(Some)];
    let outcome = prop::sample::select(vec![
        "",
        "gate:model.late=hold",
        "gate:model.late=reject",
        "train:model.late=fail",
        "collect:monitor.late=fail",
        "evaluate:model.late=fail",
    ]);
    (0..200u32, 0..40u32, cause, 0..4u32, outcome).prop_map(|(hours, rows, cause, flaps, outcome)| Moment {
        hours,
        rows,
        cause,
        flaps,
        outcome,
    })
}

/// This many hours after the monitor's clock began.
fn time(hours: u32) -> String {
    Timestamp::from_micros(i64::from(hours) * 3_600_000_000).to_string()
}

/// A project with a model that serves and is watched with these brakes.
fn watched(brakes: &str) -> Simulator {
    let mut simulator = Simulator::default();
    let monitor = format!("monitor late model=late {brakes}");
    let spec =
        ["data flights source=a.csv", "model late from=data.flights", "service late model=late", &monitor];
    simulator.execute("spec", &spec);
    simulator.execute("source flights is v1", &[]);
    simulator.execute("apply", &[]);
    simulator
}

fn collects(plan: &str) -> bool {
    plan.lines().any(|line| line.contains("  collect  "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_demand_is_collected_for_once_or_held_for_one_reason(
        moments in proptest::collection::vec(moment(), 1..12),
        cool_down in 0..100u32,
        min_rows in 0..30u32,
        max_per_week in 0..4u32,
    ) {
        let brakes = format!("cool_down={cool_down}h min_rows={min_rows} max_per_week={max_per_week} max_flaps=3");
        let mut simulator = watched(&brakes);
        let mut hours = 0;
        for Moment { hours: later, rows, cause, flaps, outcome } in moments {
            hours += later;
            let is_demanded = cause.is_some();
            let cause = cause.unwrap_or_default();
            simulator.execute(&format!("monitor late at {} rows={rows} flaps={flaps} {cause}", time(hours)), &[]);
            let plan = simulator.execute("plan", &[]);
            prop_assert_eq!(&plan, &simulator.execute("plan", &[]));
            let held = plan.lines().filter(|line| line.contains("held")).count();
            prop_assert_eq!(usize::from(collects(&plan)) + held, usize::from(is_demanded), "{}", plan);
            let applied = simulator.execute(&format!("apply {outcome}"), &[]);
            let failed = applied.contains("collect monitor.late: failed");
            let after = simulator.execute("plan", &[]);
            prop_assert_eq!(collects(&after), failed, "after\n{}then\n{}", applied, after);
        }
    }

    #[test]
    fn a_week_never_sees_more_collects_than_are_allowed(
        steps in proptest::collection::vec(0..60u32, 1..40),
        max_per_week in 0..4u32,
    ) {
        let mut simulator = watched(&format!("cool_down=1h min_rows=1 max_per_week={max_per_week} max_flaps=9"));
        let (mut hours, mut collected) = (0, Vec::new());
        for (incident, step) in steps.into_iter().enumerate() {
            hours += step;
            simulator.execute(&format!("monitor late at {} rows=50 incident={incident}", time(hours)), &[]);
            if simulator.execute("apply", &[]).contains("collect monitor.late: done") {
                collected.push(hours);
            }
            let recent = collected.iter().filter(|then| *then + 7 * 24 > hours).count();
            prop_assert!(recent <= max_per_week as usize, "{collected:?} at {hours}");
        }
        prop_assert_eq!(collected.is_empty(), max_per_week == 0);
    }
}
