//! What a client asks for of a file: all, a stretch, or nothing because it has it.

use axum::http::{HeaderMap, header};

/// What is to be answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    /// From the first byte to the last, both included.
    Stretch(u64, u64),
    /// The client has it.
    Nothing,
    /// A stretch that the file does not have.
    Beyond,
}

/// Reads the conditions of a `GET`, and its range, as RFC 9110 has them. Several ranges at once are answered with all.
pub(super) fn wanted(headers: &HeaderMap, size: u64, tag: &str) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_NONE_MATCH).is_some_and(|tags| has_tag(tags, tag)) {
        return Wanted::Nothing;
    }
    // A date there is of no use: files may change within a second.
    if text(header::IF_RANGE).is_some_and(|known| known.trim() != tag) {
        return Wanted::All;
    }
    text(header::RANGE).and_then(|range| stretch(range, size)).unwrap_or(Wanted::All)
}

fn has_tag(tags: &str, tag: &str) -> bool {
    tags.split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The stretch of a `Range`; nothing when it is none that is known here, which is then passed over.
fn stretch(range: &str, size: u64) -> Option<Wanted> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        let length = number(last)?.min(size);
        return Some(if length == 0 { Wanted::Beyond } else { Wanted::Stretch(size - length, size - 1) });
    }
    let first = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    match () {
        () if last < first => None,
        () if first >= size => Some(Wanted::Beyond),
        () => Some(Wanted::Stretch(first, last.min(size - 1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: &str) -> Wanted {
        let headers = HeaderMap::from_iter([(header::RANGE, range.parse().unwrap())]);
        wanted(&headers, 100, "\"t\"")
    }

    #[test]
    fn a_range_is_cut_to_the_file() {
        assert_eq!(of("bytes=0-9"), Wanted::Stretch(0, 9));
        assert_eq!(of("bytes=90-"), Wanted::Stretch(90, 99));
        assert_eq!(of("bytes=-5"), Wanted::Stretch(95, 99));
        assert_eq!(of("bytes=-500"), Wanted::Stretch(0, 99));
        assert_eq!(of("bytes=50-99999999999999999999999"), Wanted::Stretch(50, 99));
    }

    #[test]
    fn a_range_outside_the_file_is_refused() {
        assert_eq!(of("bytes=100-"), Wanted::Beyond);
        assert_eq!(of("bytes=-0"), Wanted::Beyond);
        assert_eq!(wanted(&HeaderMap::new(), 0, "\"t\""), Wanted::All);
    }

    #[test]
    fn what_is_no_single_range_is_passed_over() {
        for range in
            ["bytes=9-1", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "bytes=+1-2", "bytes=-", "bytes"]
        {
            assert_eq!(of(range), Wanted::All, "{range}");
        }
    }

    #[test]
    fn conditions_come_before_the_range() {
        let mut headers = HeaderMap::from_iter([(header::RANGE, "bytes=1-2".parse().unwrap())]);
        headers.insert(header::IF_RANGE, "\"other\"".parse().unwrap());
        assert_eq!(wanted(&headers, 100, "\"t\""), Wanted::All);
        headers.insert(header::IF_RANGE, "\"t\"".parse().unwrap());
        assert_eq!(wanted(&headers, 100, "\"t\""), Wanted::Stretch(1, 2));
        headers.insert(header::IF_NONE_MATCH, "\"x\", W/\"t\"".parse().unwrap());
        assert_eq!(wanted(&headers, 100, "\"t\""), Wanted::Nothing);
    }
}
