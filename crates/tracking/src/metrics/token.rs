//! Where the next page of a history begins: after a point, and so at the same place whatever is logged meanwhile.

use crate::{Error, metrics::point::Point};

/// A point as a token. Clients do not look into it.
pub(super) fn of(point: &Point) -> String {
    format!("{}.{}.{:016x}", point.timestamp, point.step, point.value.to_bits())
}

/// The point that a token stands for.
pub(super) fn read(token: &str) -> Result<Point, Error> {
    let mut parts = token.split('.');
    let mut next = || parts.next().unwrap_or_default();
    let timestamp = next().parse().ok();
    let step = next().parse().ok();
    let bits = u64::from_str_radix(next(), 16).ok();
    match (timestamp, step, bits, parts.next()) {
        (Some(timestamp), Some(step), Some(bits), None) => {
            Ok(Point { timestamp, step, value: f64::from_bits(bits) })
        }
        _ => {
            let shown: String = token.chars().take(100).collect();
            Err(Error::invalid(format!(
                "Invalid page token, decoded value={shown}; use the next_page_token of the page before"
            )))
        }
    }
}
