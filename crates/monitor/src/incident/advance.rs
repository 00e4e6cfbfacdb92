use base::{Hash, Timestamp};

use super::{Incident, Member, Resolution, Status, member, onset, text};
use crate::{
    History, Point, Settings, Severity, SignalName, Window,
    departure::{Departure, Departures},
};

/// The incidents of a monitor after a window was assessed, in the order in which they opened.
///
/// Called once for each closed window, oldest first, and again whenever late labels revise an earlier one, always
/// with the newest window as `now`. The same input gives the same output, and the output as the input gives itself:
/// what is told again changes nothing. Incidents that are resolved stay as they are, unless the latest returns.
pub fn advance(incidents: &[Incident], history: &History, now: Window, settings: &Settings) -> Vec<Incident> {
    let mut incidents = incidents.to_vec();
    let departures = Departures::of(history, now, settings);
    let scene = Scene { departures: &departures, now, settings, standard: standard(history, now) };
    let unresolved = incidents.iter().rposition(|incident| incident.status != Status::Resolved);
    if let Some(place) = unresolved {
        scene.follow(&mut incidents[place]);
    } else if let Some(departing) = scene.departing_since(incidents.last()) {
        let returned = incidents.last().filter(|last| scene.returns(last, &departing)).cloned();
        match returned {
            Some(last) => {
                let place = incidents.len() - 1;
                incidents[place] = scene.reopened(last);
                scene.follow(&mut incidents[place]);
            }
            None => {
                incidents.push(scene.opened(departing));
                let place = incidents.len() - 1;
                scene.follow(&mut incidents[place]);
            }
        }
    }
    incidents
}

/// The reference that the newest window is held to.
fn standard(history: &History, now: Window) -> (u64, u64) {
    let newest = history.series.values().filter_map(|series| series.until(now).last());
    newest.max_by_key(|point| (point.window, point.standard())).map_or((0, 0), Point::standard)
}

/// What an incident is judged by.
pub(crate) struct Scene<'a> {
    pub(crate) departures: &'a Departures<'a>,
    pub(crate) now: Window,
    pub(crate) settings: &'a Settings,
    /// The reference that counts now.
    pub(crate) standard: (u64, u64),
}

impl Scene<'_> {
    /// The signals whose latest point departs, if any, and not in a window that the last incident already covers.
    fn departing_since(&self, last: Option<&Incident>) -> Option<Vec<Member>> {
        let covered = last.and_then(|last| last.resolved);
        let mut departing = self.departing();
        departing.retain(|member| covered.is_none_or(|covered| member.until > covered));
        (!departing.is_empty()).then_some(departing)
    }

    /// The signals whose latest point departs, the clearest first.
    fn departing(&self) -> Vec<Member> {
        let mut found: Vec<(f64, Member)> = Vec::new();
        for (name, points, departing) in self.departures.iter() {
            let Some(Some(latest)) = departing.last() else { continue };
            if self.is_stale(latest.point.window) || latest.point.standard() != self.standard {
                continue;
            }
            let run = departing.iter().rev().take_while(|departure| departure.is_some()).count();
            let since = points[points.len() - run].window.start;
            found.push((latest.strength, member::of(name, since, departing)));
        }
        found.sort_by(|one, other| other.0.total_cmp(&one.0));
        found.into_iter().map(|(_, member)| member).collect()
    }

    /// Whether a signal's latest window is so long ago that it says nothing of now.
    fn is_stale(&self, latest: Window) -> bool {
        self.now.since(latest) > i64::from(self.settings.patience)
    }

    fn returns(&self, last: &Incident, departing: &[Member]) -> bool {
        let Some(resolved) = last.resolved else { return false };
        let reach = self.now.micros().saturating_mul(i64::from(self.settings.reopen_within));
        let soon = self.now.end.micros() <= resolved.micros().saturating_add(reach);
        soon && departing.iter().any(|member| last.member(&member.signal).is_some())
    }

    fn reopened(&self, last: Incident) -> Incident {
        Incident {
            status: Status::Open,
            reopened: self.now.end,
            resolved: None,
            resolution: None,
            flaps: last.flaps + 1,
            ..last
        }
    }

    fn opened(&self, signals: Vec<Member>) -> Incident {
        let since = signals.iter().map(|member| member.since).min();
        Incident {
            id: None,
            fingerprint: fingerprint(self.now.end, self.standard),
            status: Status::Open,
            onset: since.unwrap_or(self.now.start),
            opened: self.now.end,
            reopened: self.now.end,
            confirmed: None,
            resolved: None,
            resolution: None,
            severity: Severity::Info,
            version: self.standard.0,
            against: self.standard,
            signals,
            flaps: 0,
            title: String::new(),
            text: String::new(),
        }
    }

    /// Brings an incident that is not resolved up to now.
    fn follow(&self, incident: &mut Incident) {
        for joined in self.departing() {
            member::join(&mut incident.signals, joined);
        }
        if incident.status == Status::Open && self.is_confirmed(incident) {
            incident.status = Status::Confirmed;
            incident.confirmed = Some(self.now.end);
            incident.against = self.standard;
        }
        // A version that was to end it does not: it is confirmed again, and what answered it before did not help.
        let answered = incident.status == Status::Confirmed && incident.against != self.standard;
        if answered && self.is_confirmed(incident) {
            incident.confirmed = Some(self.now.end);
            incident.against = self.standard;
        }
        incident.onset = onset::estimate(incident, self);
        incident.severity = incident.severity.max(Severity::of(&incident.signals, self));
        if self.is_over(incident) {
            incident.resolution = Some(self.resolution(incident));
            incident.status = Status::Resolved;
            incident.resolved = Some(self.now.end);
        }
        incident.title = text::title(incident, self);
        incident.text = text::text(incident, self);
    }

    /// Whether a signal's two latest points depart, or its latest one overwhelmingly.
    fn is_confirmed(&self, incident: &Incident) -> bool {
        incident.signals.iter().filter_map(|member| self.departures.signal(&member.signal)).any(
            |(_, departing)| {
                let Some((Some(latest), before)) = departing.split_last() else { return false };
                let current = latest.point.standard() == self.standard && !self.is_stale(latest.point.window);
                let running = before.last().is_some_and(|before| is_next(before.as_ref(), latest));
                current && (latest.point.overwhelming || running)
            },
        )
    }

    fn is_over(&self, incident: &Incident) -> bool {
        incident.signals.iter().all(|member| self.is_back(member))
    }

    /// Whether a signal was within its limits for long enough. A new reference is a new start, and its first window is
    /// enough; what it does not watch, and what was not seen for long, holds nothing up.
    fn is_back(&self, member: &Member) -> bool {
        let Some((points, departing)) = self.departures.signal(&member.signal) else { return true };
        let Some(latest) = points.last() else { return true };
        if self.is_stale(latest.window) {
            return true;
        }
        if latest.standard() != self.standard {
            // Inputs are seen in every window; quality only once labels have come, and until then nothing is known.
            return !matches!(member.signal, SignalName::Measured(_));
        }
        let quiet = departing.iter().rev().take_while(|departure| departure.is_none()).count();
        let moved = member.latest.standard() != self.standard;
        let needed = if moved { 1 } else { self.settings.resolve_after as usize };
        quiet >= needed.max(1)
    }

    fn resolution(&self, incident: &Incident) -> Resolution {
        let before = incident.signals.iter().map(|member| member.latest.standard());
        if before.clone().any(|(version, _)| version != self.standard.0) {
            Resolution::Released
        } else if before.clone().any(|standard| standard != self.standard) {
            Resolution::JudgedAgain
        } else if incident.status == Status::Open {
            Resolution::Passed
        } else {
            Resolution::Returned
        }
    }
}

fn is_next(before: Option<&Departure>, latest: &Departure) -> bool {
    before.is_some_and(|before| {
        before.point.standard() == latest.point.standard()
            && latest.point.window.since(before.point.window) == 1
    })
}

/// The same incident, computed again, opens in the same window of the same version.
fn fingerprint(opened: Timestamp, (version, epoch): (u64, u64)) -> String {
    Hash::of(format!("incident {} {version} {epoch}", opened.micros())).short()
}
