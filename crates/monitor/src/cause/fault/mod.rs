//! Faults with a signature: what a broken pipe does to a column leaves a mark that chance and seasons do not.
//!
//! Each detector looks at the columns, says how well the mark fits, and claims the columns it explains, so that they
//! are not explained again as drift. They are asked in the order below: two columns in each other's place may also
//! seem to have lost values, so they come before those that did.

mod category;
mod clipped;
mod clock;
mod missing;
mod reshaped;
mod stuck;
mod swapped;
mod unit;

use super::{case::Case, finding::Finding};

/// All faults, each column explained by one at most.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let detectors = [
        reshaped::find,
        swapped::find,
        missing::find,
        stuck::find,
        clock::find,
        unit::find,
        category::find,
        clipped::find,
    ];
    let mut findings = Vec::new();
    for detector in detectors {
        for finding in detector(case) {
            case.claim(&finding.columns);
            findings.push(finding);
        }
    }
    findings
}
