//! Points in few bytes, column by column: the keys, which key each point has, times and steps as differences, values as
//! they are.
//!
//! A block is: format (1), count, number of keys, keys; where there is more than one key, the index of each point's key
//! (a byte, or two when there are more than 256); differences of timestamps; differences of steps; values. Whole numbers
//! are LEB128, signed ones zigzag; values are 8 bytes, little-endian. Later releases add formats and read this one.

use crate::{Error, metrics::point::Point};

const FORMAT: u8 = 1;
/// The most keys whose index fits a byte.
const NARROW: usize = 256;
/// The most points and the most keys in a block.
pub(crate) const MOST: usize = 1 << 16;

/// Writes what follows the keys: which key each point has, by its place in the list of keys, and the points.
pub(crate) fn columns(keys: usize, points: &[(u16, Point)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * 12 + 16);
    if keys > NARROW {
        points.iter().for_each(|(key, _)| out.extend(key.to_le_bytes()));
    } else if keys > 1 {
        out.extend(points.iter().map(|(key, _)| *key as u8));
    }
    put_differences(&mut out, points.iter().map(|(_, point)| point.timestamp));
    put_differences(&mut out, points.iter().map(|(_, point)| point.step));
    points.iter().for_each(|(_, point)| out.extend(point.value.to_le_bytes()));
    out
}

/// A whole block.
pub(crate) fn whole(keys: &[i64], count: usize, columns: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(columns.len() + 8 + keys.len() * 3);
    out.push(FORMAT);
    put(&mut out, count as u64);
    put(&mut out, keys.len() as u64);
    keys.iter().for_each(|key| put(&mut out, *key as u64));
    out.extend_from_slice(columns);
    out
}

/// A block of one key.
pub(crate) fn of_one(key: i64, points: &[Point]) -> Vec<u8> {
    let points: Vec<(u16, Point)> = points.iter().map(|point| (0, *point)).collect();
    whole(&[key], points.len(), &columns(1, &points))
}

fn put_differences(out: &mut Vec<u8>, numbers: impl Iterator<Item = i64>) {
    let mut before = 0_i64;
    for number in numbers {
        let difference = number.wrapping_sub(before);
        put(out, ((difference << 1) ^ (difference >> 63)) as u64);
        before = number;
    }
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A block that is being read.
pub(crate) struct Block<'a> {
    pub(crate) keys: Vec<i64>,
    count: usize,
    columns: &'a [u8],
}

impl<'a> Block<'a> {
    /// Reads the keys.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::read(bytes).ok_or_else(damaged)
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (format, mut rest) = bytes.split_first()?;
        if *format != FORMAT {
            return None;
        }
        let count = usize::try_from(take(&mut rest)?).ok().filter(|count| *count <= MOST)?;
        let keys = usize::try_from(take(&mut rest)?).ok().filter(|keys| *keys <= MOST)?;
        let keys = (0..keys).map(|_| take(&mut rest).map(|key| key as i64)).collect::<Option<_>>()?;
        Some(Self { keys, count, columns: rest })
    }

    /// Calls `found` with each point and the place of its key.
    pub(crate) fn each(&self, found: impl FnMut(usize, Point)) -> Result<(), Error> {
        self.walk(found).ok_or_else(damaged)
    }

    fn walk(&self, mut found: impl FnMut(usize, Point)) -> Option<()> {
        let width = match self.keys.len() {
            0 | 1 => 0,
            2..=NARROW => 1,
            _ => 2,
        };
        let (indices, mut rest) = self.columns.split_at_checked(self.count * width)?;
        let timestamps = differences(&mut rest, self.count)?;
        let mut steps = rest;
        // The values stand at the end.
        let values = rest.split_at_checked(rest.len().checked_sub(self.count * 8)?)?.1;
        let mut step = 0_i64;
        for (at, (timestamp, value)) in timestamps.iter().zip(values.as_chunks::<8>().0).enumerate() {
            step = step.wrapping_add(unzigzag(take(&mut steps)?));
            let key = match width {
                0 => 0,
                1 => usize::from(indices[at]),
                _ => usize::from(u16::from_le_bytes([indices[2 * at], indices[2 * at + 1]])),
            };
            if key >= self.keys.len() {
                return None;
            }
            found(key, Point { timestamp: *timestamp, step, value: f64::from_le_bytes(*value) });
        }
        Some(())
    }
}

fn differences(rest: &mut &[u8], count: usize) -> Option<Vec<i64>> {
    let mut number = 0_i64;
    let mut numbers = Vec::with_capacity(count);
    for _ in 0..count {
        number = number.wrapping_add(unzigzag(take(rest)?));
        numbers.push(number);
    }
    Some(numbers)
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn damaged() -> Error {
    Error::internal("read metrics: a block of points is damaged", "it does not decode")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points(keys: usize) -> impl Strategy<Value = Vec<(u16, Point)>> {
        let point = (0..keys as u16, any::<i64>(), any::<i64>(), any::<u64>());
        let point = point.prop_map(|(key, timestamp, step, bits)| {
            (key, Point { timestamp, step, value: f64::from_bits(bits) })
        });
        prop::collection::vec(point, 0..200)
    }

    fn read(block: &[u8]) -> Vec<(i64, i64, i64, u64)> {
        let block = Block::open(block).unwrap();
        let mut read = Vec::new();
        let found = |key: usize, point: Point| {
            read.push((block.keys[key], point.timestamp, point.step, point.value.to_bits()));
        };
        block.each(found).unwrap();
        read
    }

    proptest! {
        #[test]
        fn a_block_gives_back_every_bit_of_every_point(
            (keys, points) in (1_usize..600).prop_flat_map(|keys| (Just(keys), points(keys)))
        ) {
            let ids: Vec<i64> = (0..keys as i64).map(|key| key * 7 + 1).collect();
            let block = whole(&ids, points.len(), &columns(keys, &points));
            let expected: Vec<_> = points
                .iter()
                .map(|(key, point)| (ids[usize::from(*key)], point.timestamp, point.step, point.value.to_bits()))
                .collect();
            prop_assert_eq!(read(&block), expected);
        }

        #[test]
        fn a_damaged_block_is_refused_or_read_but_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() {
                *first = FORMAT;
            }
            if let Ok(block) = Block::open(&bytes) {
                let _ = block.each(|_, _| ());
            }
        }
    }

    #[test]
    fn a_cut_block_is_refused() {
        let points: Vec<_> =
            (0..10).map(|at| (at % 3, Point { timestamp: 5, step: i64::from(at), value: 1.0 })).collect();
        let block = whole(&[1, 2, 3], 10, &columns(3, &points));
        for end in 0..block.len() - 80 {
            let read = Block::open(&block[..end]).and_then(|block| block.each(|_, _| ()));
            assert!(read.is_err(), "{end}");
        }
    }
}
