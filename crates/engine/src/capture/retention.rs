//! Old segments are forgotten, so that capture keeps within its storage and its time.

use base::Hash;
use store::Segment;

use super::{error::Error, writer::Settings};

/// Forgets what is beyond the limits, oldest first; gives the objects that nothing captured names any more.
pub(super) fn forget(settings: &Settings) -> Result<Vec<Hash>, Error> {
    if settings.max_storage.is_none() && settings.keep.is_none() {
        return Ok(Vec::new());
    }
    let segments = settings.store.segments(&settings.service, None, None)?;
    let now = settings.clock.now().micros();
    let since =
        settings.keep.map(|keep| now.saturating_sub(i64::try_from(keep.as_micros()).unwrap_or(i64::MAX)));
    let limit = settings.max_storage.map(base::Size::get);
    let old = beyond(&segments, since, limit);
    let ids: Vec<u64> = old.iter().map(|segment| segment.id).collect();
    settings.store.forget_segments(&ids)?;
    Ok(old.into_iter().map(|segment| segment.object).collect())
}

/// The segments that were received before `since`, and as many of the oldest others as the limit on
/// bytes asks for.
fn beyond(segments: &[Segment], since: Option<i64>, limit: Option<u64>) -> Vec<Segment> {
    let mut oldest_first = segments.to_vec();
    oldest_first.sort_by_key(|segment| (segment.received_last, segment.id));
    let mut bytes: u64 = oldest_first.iter().map(|segment| segment.bytes).sum();
    let mut old = Vec::new();
    for segment in oldest_first {
        let expired = since.is_some_and(|since| segment.received_last.micros() < since);
        if !expired && limit.is_none_or(|limit| bytes <= limit) {
            break;
        }
        bytes -= segment.bytes;
        old.push(segment);
    }
    old
}
