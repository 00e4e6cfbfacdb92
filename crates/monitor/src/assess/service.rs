//! How the service did: traffic, errors, latency, and the burn rates of its objectives.

use stats::burn_rate::{self, Bucket, Objective, Policy, Urgency};

use super::Scene;
use crate::{Point, SignalName, Stretch, Traffic};

/// Fewer requests than this in the long window burn nothing.
const LEAST_REQUESTS: u64 = 100;

pub(super) fn points(scene: &Scene<'_>, traffic: &Traffic<'_>) -> Vec<(SignalName, Point)> {
    let service = traffic.service;
    let mut points = vec![(SignalName::Traffic, scene.point(service.requests as f64, service.requests))];
    if service.requests > 0 {
        let share = service.errors.min(service.requests) as f64 / service.requests as f64;
        points.push((SignalName::ErrorRate, scene.point(share, service.requests)));
    }
    let mut latencies: Vec<f64> =
        service.latencies_ms.iter().copied().filter(|value| value.is_finite()).collect();
    latencies.sort_unstable_by(f64::total_cmp);
    if let Some(p99) = stats::quantile(&latencies, 0.99) {
        points.push((SignalName::LatencyP99, scene.point(p99, latencies.len() as u64)));
    }
    let Some(objectives) = scene.settings.objectives else { return points };
    let period = objectives.period;
    let mut burn = |name, target: Option<f64>, bad: fn(&Stretch) -> u64| {
        points.extend(
            target
                .and_then(|target| burn(scene, service.stretches, Objective { target, period }, bad))
                .map(|point| (name, point)),
        );
    };
    burn(SignalName::AvailabilityBurn, objectives.availability, |stretch| stretch.errors);
    burn(SignalName::LatencyBurn, objectives.latency, |stretch| stretch.slow);
    points
}

/// The fastest burn of the multi-window policies: that of the one that fires, or else of the shortest.
fn burn(
    scene: &Scene<'_>,
    stretches: &[Stretch],
    objective: Objective,
    bad: fn(&Stretch) -> u64,
) -> Option<Point> {
    let bucket = |stretch: &Stretch| Bucket {
        start: stretch.start,
        good: stretch.requests.saturating_sub(bad(stretch)),
        total: stretch.requests,
    };
    let buckets: Vec<Bucket> = stretches.iter().map(bucket).collect();
    let traffic =
        burn_rate::Traffic { buckets: &buckets, now: scene.window.end, least_requests: LEAST_REQUESTS };
    let alerts = burn_rate::alerts(objective, &Policy::workbook(objective.period), traffic);
    let alert = alerts.iter().find(|alert| alert.firing).or(alerts.first())?;
    let rate = alert.long_rate.filter(|rate| rate.is_finite())?;
    let detail =
        format!("over {}, of an objective of {}", base::Span::from(alert.policy.long), objective.target);
    Some(Point {
        limit: Some(alert.policy.rate),
        departs: alert.firing,
        overwhelming: alert.firing && alert.policy.urgency == Urgency::Page,
        detail: Some(detail),
        ..scene.point(rate, alert.requests)
    })
}
