//! How fast a service spends its error budget, over a long and a short window at once.
//!
//! "The Site Reliability Workbook" (Google, 2018), chapter 5, "Alerting on SLOs", approach 6. A burn rate of 1
//! spends the budget exactly by the end of the period. An alert needs both windows: the long one says that it
//! matters, the short one that it still goes on. Crate `monitor` calls [`alerts`] with the answered requests of
//! `availability_burn` and `latency_burn`.

use std::time::Duration;

use base::Timestamp;
use serde::{Deserialize, Serialize};

/// The period of the workbook's table.
const MONTH: Duration = Duration::from_secs(30 * 86_400);

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// The least share of good requests, such as 0.999.
    pub target: f64,
    /// The time in which the rest may be spent, such as 30 days.
    pub period: Duration,
}

/// Requests from `start` up to the start of the next bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// When the bucket begins.
    pub start: Timestamp,
    /// Requests that kept the promise.
    pub good: u64,
    /// All requests.
    pub total: u64,
}

/// The answered requests that are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Traffic<'a> {
    /// Buckets, in any order; those that begin at `now` or later do not count.
    pub buckets: &'a [Bucket],
    /// The moment of the question.
    pub now: Timestamp,
    /// A policy with fewer requests in its long window does not fire: a failure among three is no trend.
    pub least_requests: u64,
}

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Within days.
    Ticket,
    /// Now.
    Page,
}

/// A pair of windows and the burn rate that is too much in them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The window that says that it matters.
    pub long: Duration,
    /// The window that says that it goes on.
    pub short: Duration,
    /// The burn rate at which it alerts.
    pub rate: f64,
    /// How urgent that is.
    pub urgency: Urgency,
}

/// What a policy says at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The policy.
    pub policy: Policy,
    /// The burn rate of the long window; nothing without requests.
    pub long_rate: Option<f64>,
    /// The burn rate of the short window; nothing without requests.
    pub short_rate: Option<f64>,
    /// The share of the whole budget that the long window spent, if traffic is even.
    pub budget_spent: f64,
    /// Requests in the long window.
    pub requests: u64,
    /// Whether both windows burn at the policy's rate or faster, with enough traffic.
    pub firing: bool,
}

impl Policy {
    /// The workbook's pairs for a period of 30 days, in the same proportion for any other: 14.4 over 1 h and 5 min
    /// (2 % of the budget), 6 over 6 h and 30 min (5 %), 3 over 1 d and 2 h, 1 over 3 d and 6 h (10 %).
    pub fn workbook(period: Duration) -> [Self; 4] {
        let minutes = |count: u32| MONTH / 43_200 * count;
        let of = |long, short, rate, urgency| Self {
            long: scaled(minutes(long), period),
            short: scaled(minutes(short), period),
            rate,
            urgency,
        };
        [
            of(60, 5, 14.4, Urgency::Page),
            of(360, 30, 6.0, Urgency::Page),
            of(1_440, 120, 3.0, Urgency::Ticket),
            of(4_320, 360, 1.0, Urgency::Ticket),
        ]
    }
}

/// What each policy says now.
pub fn alerts(objective: Objective, policies: &[Policy], traffic: Traffic<'_>) -> Vec<Alert> {
    let of = |policy: &Policy| {
        let long = traffic.within(policy.long);
        let (long_rate, short_rate) = (rate(objective, long), rate(objective, traffic.within(policy.short)));
        let fast = |rate: Option<f64>| rate.is_some_and(|rate| rate >= policy.rate * (1.0 - 1e-12));
        let part = policy.long.as_secs_f64() / objective.period.as_secs_f64();
        Alert {
            policy: *policy,
            long_rate,
            short_rate,
            budget_spent: long_rate.map_or(0.0, |rate| rate * part),
            requests: long.1,
            firing: fast(long_rate) && fast(short_rate) && long.1 >= traffic.least_requests,
        }
    };
    policies.iter().map(of).collect()
}

impl Traffic<'_> {
    /// Good and all requests of the buckets that begin within this window before now.
    fn within(&self, window: Duration) -> (u64, u64) {
        let window = i64::try_from(window.as_micros()).unwrap_or(i64::MAX);
        let inside = self.now.micros().saturating_sub(window)..self.now.micros();
        let buckets = self.buckets.iter().filter(|bucket| inside.contains(&bucket.start.micros()));
        buckets.fold((0, 0), |(good, total), bucket| {
            (good + bucket.good.min(bucket.total), total + bucket.total)
        })
    }
}

/// The share of bad requests in units of the share that is allowed. Where none is allowed, any is infinitely fast.
fn rate(objective: Objective, (good, total): (u64, u64)) -> Option<f64> {
    let bad = (total > 0).then(|| (total - good) as f64 / total as f64)?;
    Some(if bad == 0.0 { 0.0 } else { bad / (1.0 - objective.target).max(0.0) })
}

fn scaled(window: Duration, period: Duration) -> Duration {
    window.mul_f64(period.as_secs_f64() / MONTH.as_secs_f64())
}
