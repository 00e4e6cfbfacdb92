use base::Timestamp;
use stats::change_point;

use super::{Incident, advance::Scene};
use crate::Point;

/// Points before the incident in which its onset is looked for.
const REACH: usize = 40;
/// The clearest signals alone are asked: the others follow them.
const LEADING: usize = 3;
/// A change less sure than this says nothing of when it began.
const SIGNIFICANCE: f64 = 0.05;
const SEARCH: change_point::Settings = change_point::Settings { confidence: 0.95, permutations: 99, seed: 0 };

/// When the change happened: the clearest change of the leading signals' series, or without one the first window
/// in which any departs. Never later than that.
pub(super) fn estimate(incident: &Incident, scene: &Scene<'_>) -> Timestamp {
    let first = incident.signals.iter().map(|member| member.since).min().unwrap_or(incident.onset);
    let mut leading: Vec<_> = incident.signals.iter().collect();
    leading.sort_by(|one, other| other.strength.total_cmp(&one.strength));
    let mut clearest: Option<(f64, Timestamp)> = None;
    for member in leading.into_iter().take(LEADING) {
        let Some((points, _)) = scene.departures.signal(&member.signal) else { continue };
        let until = points.partition_point(|point| point.window.end <= member.until);
        let since = points[..until].partition_point(|point| point.standard() < member.latest.standard());
        let found = change(&points[since.max(until.saturating_sub(REACH))..until]);
        if let Some((p_value, onset)) = found.filter(|(_, onset)| *onset <= first) {
            let clearer = clearest.is_none_or(|(least, earliest)| (p_value, onset) < (least, earliest));
            clearest = if clearer { Some((p_value, onset)) } else { clearest };
        }
    }
    clearest.map_or(first, |(_, onset)| onset)
}

fn change(points: &[Point]) -> Option<(f64, Timestamp)> {
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let change = change_point::onset(&values, &SEARCH)?;
    (change.p_value <= SIGNIFICANCE).then(|| (change.p_value, points[change.index].window.start))
}
