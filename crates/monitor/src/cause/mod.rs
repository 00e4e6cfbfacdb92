//! Why a model got worse: causes ranked by evidence, each with its share of the loss, and the chain of whys.
//!
//! The engine calls [`rank`] for every open incident with what it knows: rows of the reference and since the onset, the
//! model as a function, what was recorded upstream, and the lineage. The way through: `compared` measures every column
//! in both periods; `fault`, `season`, `segment`, `mix`, `drifted` and `happenings` look for causes of their kind, and
//! what one explains the next leaves alone; `case` measures what a change costs by making it to the reference (`plant`);
//! `weigh` puts the findings in order and shares out the loss; `whys` tells the story. `docs/causes.md` has the rules.

mod case;
mod compared;
mod drifted;
mod evidence;
mod fault;
mod finding;
mod found;
mod happenings;
mod lineage;
mod measure;
mod mix;
mod plant;
mod season;
mod segment;
mod slices;
mod weigh;
mod whys;

pub use evidence::{Change, Evidence, Happening, LengthError, MOST_ROWS, Means, Rows, Score, Symptom};
pub use found::{Cause, Fact, Kind, LossChange, Ranking, Why};
pub use lineage::Lineage;
pub use measure::Measure;

use self::case::Case;

/// Ranks the causes of a symptom.
///
/// The result depends on the evidence alone. The work is bounded: at most [`MOST_ROWS`] rows of either side, twelve
/// columns to slice by, and three runs of the model on 4,000 rows for each column that changed.
pub fn rank(evidence: &Evidence<'_>) -> Ranking {
    let case = Case::of(evidence);
    let mut findings = fault::find(&case);
    let recorded = happenings::find(&case, &findings);
    if let Some(season) = season::find(&case) {
        case.claim(&season.columns);
        findings.push(season);
    }
    findings.extend(segment::find(&case));
    if let Some(mix) = mix::find(&case) {
        case.claim(&mix.columns);
        findings.push(mix);
    }
    findings.extend(drifted::find(&case));
    findings.extend(recorded);
    let weighed = weigh::weigh(&case.loss, findings);
    let unexplained = weigh::unexplained(&case.loss, &weighed);
    let causes = weigh::causes(&case, &weighed, unexplained);
    let whys = whys::chain(&case, &weighed, &causes);
    Ranking { causes, whys, unexplained, loss: case.loss }
}
