//! The patterns of Western Electric and of Nelson: runs of points that chance seldom makes.
//!
//! Western Electric, "Statistical Quality Control Handbook", 1956; Nelson, "The Shewhart control chart: tests for
//! special causes", Journal of Quality Technology 16, 1984. A pattern fires at each point that completes it.

use serde::{Deserialize, Serialize};

use crate::chart::{Departure, Rule, Side};

/// A pattern of points, counted in deviations from the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// One beyond 3 (Western Electric 1, Nelson 1).
    OneBeyondThree,
    /// Two of three beyond 2 on one side (Western Electric 2, Nelson 5).
    TwoOfThreeBeyondTwo,
    /// Four of five beyond 1 on one side (Western Electric 3, Nelson 6).
    FourOfFiveBeyondOne,
    /// Eight in a row on one side (Western Electric 4).
    EightOnOneSide,
    /// Nine in a row on one side (Nelson 2).
    NineOnOneSide,
    /// Six in a row rising, or falling (Nelson 3).
    SixInOneDirection,
    /// Fourteen in a row going up and down by turns (Nelson 4).
    FourteenAlternating,
    /// Fifteen in a row within 1, on either side: too quiet (Nelson 7).
    FifteenWithinOne,
    /// Eight in a row beyond 1, on either side: a mixture (Nelson 8).
    EightBeyondOne,
}

impl Pattern {
    /// The pattern in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::OneBeyondThree => "one beyond 3 deviations",
            Self::TwoOfThreeBeyondTwo => "two of three beyond 2 deviations on one side",
            Self::FourOfFiveBeyondOne => "four of five beyond 1 deviation on one side",
            Self::EightOnOneSide => "eight in a row on one side",
            Self::NineOnOneSide => "nine in a row on one side",
            Self::SixInOneDirection => "six in a row in one direction",
            Self::FourteenAlternating => "fourteen in a row going up and down",
            Self::FifteenWithinOne => "fifteen in a row within 1 deviation",
            Self::EightBeyondOne => "eight in a row beyond 1 deviation, on either side",
        }
    }
}

/// The four rules of the handbook of 1956.
pub const WESTERN_ELECTRIC: [Pattern; 4] = [
    Pattern::OneBeyondThree,
    Pattern::TwoOfThreeBeyondTwo,
    Pattern::FourOfFiveBeyondOne,
    Pattern::EightOnOneSide,
];

/// Nelson's eight.
pub const NELSON: [Pattern; 8] = [
    Pattern::OneBeyondThree,
    Pattern::NineOnOneSide,
    Pattern::SixInOneDirection,
    Pattern::FourteenAlternating,
    Pattern::TwoOfThreeBeyondTwo,
    Pattern::FourOfFiveBeyondOne,
    Pattern::FifteenWithinOne,
    Pattern::EightBeyondOne,
];

impl Pattern {
    /// How many points it looks at.
    pub fn length(self) -> usize {
        match self {
            Self::OneBeyondThree => 1,
            Self::TwoOfThreeBeyondTwo => 3,
            Self::FourOfFiveBeyondOne => 5,
            Self::EightOnOneSide | Self::EightBeyondOne => 8,
            Self::NineOnOneSide => 9,
            Self::SixInOneDirection => 6,
            Self::FourteenAlternating => 14,
            Self::FifteenWithinOne => 15,
        }
    }

    /// The side on which the last point completes the pattern; nothing when it does not. `latest` are up to
    /// [`Pattern::length`] standardised points, the newest last.
    fn completed(self, latest: &[f64]) -> Option<Side> {
        match self {
            Self::OneBeyondThree => beyond(latest, 1, 3.0),
            Self::TwoOfThreeBeyondTwo => beyond(latest, 2, 2.0),
            Self::FourOfFiveBeyondOne => beyond(latest, 4, 1.0),
            Self::EightOnOneSide => beyond(latest, 8, 0.0),
            Self::NineOnOneSide => beyond(latest, 9, 0.0),
            Self::SixInOneDirection => direction(self.whole(latest)?),
            Self::FourteenAlternating => both(alternates(self.whole(latest)?)),
            Self::FifteenWithinOne => both(self.whole(latest)?.iter().all(|point| point.abs() < 1.0)),
            Self::EightBeyondOne => mixture(self.whole(latest)?),
        }
    }

    fn whole(self, latest: &[f64]) -> Option<&[f64]> {
        (latest.len() == self.length()).then_some(latest)
    }

    fn rule(self) -> Rule {
        if self == Self::OneBeyondThree { Rule::Outlier } else { Rule::Run(self) }
    }
}

/// Where each pattern fires in standardised points.
pub(super) fn fired(points: &[f64], patterns: &[Pattern]) -> Vec<Departure> {
    let mut departures = Vec::new();
    for index in 0..points.len() {
        for pattern in patterns {
            let start = (index + 1).saturating_sub(pattern.length());
            if let Some(side) = pattern.completed(&points[start..=index]) {
                departures.push(Departure { index, rule: pattern.rule(), side });
            }
        }
    }
    departures
}

/// Whether at least `needed` points, the newest among them, lie beyond `distance` on one side.
fn beyond(latest: &[f64], needed: usize, distance: f64) -> Option<Side> {
    let newest = *latest.last()?;
    let side = if newest > 0.0 { Side::Above } else { Side::Below };
    let out = |point: &f64| point * newest.signum() > distance;
    (out(&newest) && latest.iter().filter(|point| out(point)).count() >= needed).then_some(side)
}

fn direction(points: &[f64]) -> Option<Side> {
    if points.is_sorted_by(|one, next| one < next) {
        return Some(Side::Above);
    }
    points.is_sorted_by(|one, next| one > next).then_some(Side::Below)
}

fn alternates(points: &[f64]) -> bool {
    points.windows(3).all(|three| (three[1] - three[0]) * (three[2] - three[1]) < 0.0)
}

/// Beyond 1 throughout, with points on both sides: on one side alone it is a shift, which other patterns name.
fn mixture(points: &[f64]) -> Option<Side> {
    let out = points.iter().all(|point| point.abs() > 1.0);
    both(out && points.iter().any(|point| *point > 0.0) && points.iter().any(|point| *point < 0.0))
}

fn both(completed: bool) -> Option<Side> {
    completed.then_some(Side::Both)
}
