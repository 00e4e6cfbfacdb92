use stats::drift::{CategoryCounts, NumberCounts, exceedance, proportions};

use super::{Counts, Rate, Settings};

/// The share of rows without a value; nothing to test when there are none at all.
pub(super) fn missing(reference: &Counts, current: &Counts, settings: &Settings) -> Rate {
    let (old, new) = ((reference.missing(), reference.rows()), (current.missing(), current.rows()));
    let testable = enough(old.1, new.1, settings) && old.0 + new.0 > 0;
    Rate {
        reference: share(old),
        current: share(new),
        threshold: settings.missing,
        p_value: testable.then(|| proportions(old, new)),
        q_value: None,
        departs: false,
    }
}

/// The share of current rows whose category the reference does not have.
///
/// By chance one expects the share of reference rows whose category came once (Good, "The
/// population frequencies of species", 1953), so that a column of identifiers, new in every
/// window, is no alarm.
pub(super) fn unseen(
    reference: &CategoryCounts,
    current: &CategoryCounts,
    settings: &Settings,
) -> Option<Rate> {
    if reference.total() == 0 || current.total() == 0 || reference.other() > 0 {
        return None;
    }
    let once = reference.iter().filter(|(_, count)| *count == 1).count() as u64;
    let new = current.iter().filter(|(category, _)| reference.count(category) == 0);
    let (categories, rows) = new.fold((0, 0), |sum, (_, count)| (sum.0 + 1, sum.1 + count));
    let unseen = rows + current.other();
    // Rows of one unseen category come together and say less than as many independent ones.
    let clump = if categories > 0 { unseen as f64 / (categories as f64).max(1.0) } else { 1.0 };
    let weighted = |rows: u64| (rows as f64 / clump).ceil() as u64;
    let old = (once, reference.total());
    let p_value = if once == 0 {
        proportions(old, (unseen, current.total()))
    } else {
        proportions(old, (weighted(unseen), weighted(current.total())))
    };
    Some(Rate {
        reference: share(old),
        current: share((unseen, current.total())),
        threshold: settings.unseen,
        p_value: enough(reference.total(), current.total(), settings).then_some(p_value),
        q_value: None,
        departs: false,
    })
}

/// The share of current numbers beyond the reference's least and greatest, infinite ones
/// included unless the reference has such too.
pub(super) fn out_of_range(
    reference: &NumberCounts,
    current: &NumberCounts,
    settings: &Settings,
) -> Option<Rate> {
    let (least, greatest) = reference.range()?;
    let rows = current.total() + current.infinite();
    if rows == 0 {
        return None;
    }
    let within = current.in_bins(&[least.next_down(), greatest])[1];
    let infinite = if reference.infinite() > 0 { current.infinite() } else { 0 };
    let outside = rows - within - infinite;
    Some(Rate {
        // Of n + 1 rows the last is the least or the greatest in two of n + 1 orders.
        reference: (2.0 / (reference.total() + 1) as f64).min(1.0),
        current: share((outside, rows)),
        threshold: settings.out_of_range,
        p_value: enough(reference.total(), rows, settings)
            .then(|| exceedance(reference.total(), rows, outside)),
        q_value: None,
        departs: false,
    })
}

/// Whether both samples have rows enough to be tested.
fn enough(reference: u64, current: u64, settings: &Settings) -> bool {
    reference.min(current) >= settings.least_rows.max(1)
}

fn share((rows, all): (u64, u64)) -> f64 {
    if all == 0 { 0.0 } else { rows as f64 / all as f64 }
}
