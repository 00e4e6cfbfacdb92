//! Names for runs that are given none.

use crate::ids::Ids;

const HOW: [&str; 40] = [
    "able",
    "ambitious",
    "bold",
    "bright",
    "calm",
    "capable",
    "caring",
    "charming",
    "clean",
    "colorful",
    "delightful",
    "efficient",
    "fearless",
    "fortunate",
    "funny",
    "gentle",
    "gifted",
    "handsome",
    "honorable",
    "industrious",
    "intelligent",
    "kindly",
    "learned",
    "luminous",
    "marvelous",
    "nimble",
    "orderly",
    "peaceful",
    "persistent",
    "polite",
    "popular",
    "rare",
    "silent",
    "sincere",
    "skillful",
    "stately",
    "thoughtful",
    "unique",
    "useful",
    "wise",
];
const WHAT: [&str; 40] = [
    "acorn", "alder", "anchor", "aspen", "beacon", "birch", "brook", "canyon", "cedar", "cliff", "cloud",
    "comet", "coral", "delta", "dune", "fern", "fjord", "forest", "garden", "glacier", "harbor", "hill",
    "island", "lagoon", "lake", "maple", "meadow", "moon", "moss", "oak", "ocean", "pine", "rain", "reef",
    "river", "snow", "spring", "star", "tide", "willow",
];

/// A name for a run that was given none.
pub(crate) fn random_name(ids: &mut Ids) -> String {
    let mut one_of = |words: &[&'static str; 40]| words[ids.below(40) as usize];
    let (how, what) = (one_of(&HOW), one_of(&WHAT));
    format!("{how}-{what}-{}", ids.below(1_000))
}
