//! Burn rates against the tables of the Site Reliability Workbook, chapter 5.

use std::time::Duration;

use base::Timestamp;
use stats::burn_rate::{Alert, Bucket, Objective, Policy, Traffic, Urgency, alerts};

const MINUTE: i64 = 60_000_000;
const NOW: i64 = 50 * 1_440 * MINUTE;

fn days(count: u64) -> Duration {
    Duration::from_secs(count * 86_400)
}

fn objective() -> Objective {
    Objective { target: 0.999, period: days(30) }
}

/// A bucket of 1,000 requests a minute for the last `minutes`, of which `bad(age in minutes)` failed.
fn traffic(minutes: i64, bad: impl Fn(i64) -> u64) -> Vec<Bucket> {
    let of = |age: i64| Bucket {
        start: Timestamp::from_micros(NOW - age * MINUTE),
        good: 1_000 - bad(age),
        total: 1_000,
    };
    (1..=minutes).rev().map(of).collect()
}

fn seen(buckets: &[Bucket]) -> Traffic<'_> {
    Traffic { buckets, now: Timestamp::from_micros(NOW), least_requests: 100 }
}

fn ask(buckets: &[Bucket]) -> Vec<Alert> {
    alerts(objective(), &Policy::workbook(days(30)), seen(buckets))
}

fn firing(buckets: &[Bucket]) -> Vec<f64> {
    ask(buckets).iter().filter(|alert| alert.firing).map(|alert| alert.policy.rate).collect()
}

#[test]
fn the_policies_spend_the_budget_that_table_5_6_says() {
    // Long window, short window in minutes, burn rate, share of the budget.
    let table = [(60, 5, 14.4, 0.02), (360, 30, 6.0, 0.05), (1_440, 120, 3.0, 0.1), (4_320, 360, 1.0, 0.1)];
    for (policy, (long, short, rate, share)) in Policy::workbook(days(30)).iter().zip(table) {
        assert_eq!(policy.long, Duration::from_secs(long * 60));
        assert_eq!(policy.short, Duration::from_secs(short * 60));
        assert_eq!(policy.rate, rate);
        let spent = policy.rate * policy.long.as_secs_f64() / days(30).as_secs_f64();
        assert!((spent - share).abs() < 1e-12, "{spent}");
    }
}

#[test]
fn windows_keep_their_proportion_to_another_period() {
    let week = Policy::workbook(days(7));
    assert_eq!(week[0].long, Duration::from_secs(14 * 60));
    assert_eq!(week[0].rate, 14.4);
    let spent = week[0].rate * week[0].long.as_secs_f64() / days(7).as_secs_f64();
    assert!((spent - 0.02).abs() < 1e-12);
}

#[test]
fn errors_at_a_policys_rate_fire_it_and_every_slower_one() {
    let lasting = |bad: u64| firing(&traffic(5 * 1_440, move |_| bad));
    assert!(lasting(0).is_empty());
    assert_eq!(lasting(1), [1.0]);
    assert_eq!(lasting(3), [3.0, 1.0]);
    assert_eq!(lasting(6), [6.0, 3.0, 1.0]);
    assert_eq!(lasting(15), [14.4, 6.0, 3.0, 1.0]);
}

#[test]
fn a_burst_that_is_over_does_not_page() {
    let over = traffic(1_440, |age| if (10..30).contains(&age) { 500 } else { 0 });
    let asked = ask(&over);
    assert!(asked[0].long_rate.unwrap() > 14.4 && asked[0].short_rate == Some(0.0));
    assert!(!asked[0].firing);
    let going_on = traffic(1_440, |age| if age < 30 { 500 } else { 0 });
    assert_eq!(ask(&going_on)[0].policy.urgency, Urgency::Page);
    assert!(ask(&going_on)[0].firing);
}

#[test]
fn a_complete_outage_is_seen_within_a_minute() {
    // The workbook's figure 5-7: at 100 % errors the rate 14.4 over an hour is met after 52 s.
    assert!(ask(&traffic(1_440, |age| if age <= 1 { 1_000 } else { 0 }))[0].firing);
}

#[test]
fn the_share_of_the_budget_that_is_spent_is_the_rate_times_the_window() {
    let asked = ask(&traffic(1_440, |_| 10));
    assert!((asked[0].long_rate.unwrap() - 10.0).abs() < 1e-9);
    assert!((asked[0].budget_spent - 10.0 / 720.0).abs() < 1e-9);
    assert_eq!(asked[0].requests, 60_000);
}

#[test]
fn too_little_traffic_does_not_fire_and_no_traffic_has_no_rate() {
    let few = [Bucket { start: Timestamp::from_micros(NOW - MINUTE), good: 1, total: 3 }];
    let asked = ask(&few);
    assert!(asked[0].long_rate.unwrap() > 600.0 && !asked[0].firing);
    let none = ask(&[]);
    assert_eq!((none[0].long_rate, none[0].firing, none[0].requests), (None, false, 0));
}

#[test]
fn buckets_of_the_future_do_not_count() {
    let future = [Bucket { start: Timestamp::from_micros(NOW), good: 0, total: 1_000 }];
    assert!(ask(&future).iter().all(|alert| alert.requests == 0));
}

#[test]
fn with_no_budget_one_failure_burns_without_end() {
    let strict = Objective { target: 1.0, period: days(30) };
    let of = |bad| alerts(strict, &Policy::workbook(days(30)), seen(&traffic(60, move |_| bad)))[0];
    assert_eq!((of(1).long_rate, of(1).firing), (Some(f64::INFINITY), true));
    assert_eq!((of(0).long_rate, of(0).firing), (Some(0.0), false));
}
