//! Counting dictionary codes as they are unpacked.

use super::hybrid::{Run, Runs};

/// How often each code of a dictionary came.
#[derive(Debug)]
pub(super) struct Codes {
    counts: Vec<u64>,
    /// The same in parts, so that equal codes one after the other do not wait for each other.
    lanes: [Vec<u64>; LANES],
}

const LANES: usize = 4;
/// Codes up to which lanes are worth their memory: all of them stay in the first cache.
const FEW: usize = 512;

impl Codes {
    /// For a dictionary of so many values.
    pub(super) fn new(values: usize) -> Self {
        let lane = if values <= FEW { values } else { 0 };
        Self { counts: vec![0; values], lanes: std::array::from_fn(|_| vec![0; lane]) }
    }

    /// Counts the codes of a page, each of so many bits; nothing when one is not in the dictionary.
    pub(super) fn count(&mut self, bytes: &[u8], width: u8, values: usize) -> Option<()> {
        let mut runs = Runs::new(bytes, width, values)?;
        while let Some(run) = runs.next().ok()? {
            match run {
                Run::Repeated { value, times } => *self.counts.get_mut(value as usize)? += times as u64,
                Run::Packed { bytes, values } => self.add_packed(bytes, usize::from(width), values)?,
            }
        }
        Some(())
    }

    fn add_packed(&mut self, bytes: &[u8], width: usize, values: usize) -> Option<()> {
        let mask = (1u64 << width) - 1;
        let code = |index: usize| {
            let bit = index * width;
            (word(bytes, bit / 8) >> (bit % 8) & mask) as usize
        };
        let fours = if self.lanes[0].is_empty() { 0 } else { values / LANES };
        for four in 0..fours {
            for (lane, counts) in self.lanes.iter_mut().enumerate() {
                *counts.get_mut(code(four * LANES + lane))? += 1;
            }
        }
        for index in fours * LANES..values {
            *self.counts.get_mut(code(index))? += 1;
        }
        Some(())
    }

    /// The count of each code.
    pub(super) fn finish(mut self) -> Vec<u64> {
        for lane in &self.lanes {
            self.counts.iter_mut().zip(lane).for_each(|(count, part)| *count += part);
        }
        self.counts
    }
}

/// Eight bytes from here on, with zeros after the end. A code of up to 32 bits that begins in the first lies within.
#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    if let Some(eight) = bytes.get(at..at + 8).and_then(|slice| slice.first_chunk()) {
        return u64::from_le_bytes(*eight);
    }
    let mut eight = [0; 8];
    let tail = bytes.get(at..).unwrap_or_default();
    eight[..tail.len()].copy_from_slice(tail);
    u64::from_le_bytes(eight)
}

#[cfg(test)]
mod tests {
    use super::{Codes, FEW};

    /// Codes packed as Parquet packs them, in one run.
    fn packed(codes: &[u32], width: usize) -> Vec<u8> {
        let groups = codes.len().div_ceil(8);
        let mut bytes = vec![0; groups * width];
        for (index, code) in codes.iter().enumerate() {
            for bit in 0..width {
                let at = index * width + bit;
                bytes[at / 8] |= ((code >> bit & 1) as u8) << (at % 8);
            }
        }
        let header = (groups << 1 | 1) as u32;
        let low = [(header & 0x7f) as u8 | 0x80, (header >> 7) as u8];
        [&low[..], &bytes].concat()
    }

    #[test]
    fn codes_of_every_width_are_counted() {
        for width in 1..=20 {
            let most = 1 << width;
            let codes: Vec<u32> = (0..997).map(|row| row * 7919 % most).collect();
            let mut expected = vec![0; most as usize];
            codes.iter().for_each(|code| expected[*code as usize] += 1);
            let mut counted = Codes::new(most as usize);
            counted.count(&packed(&codes, width), width as u8, codes.len()).unwrap();
            assert_eq!(counted.finish(), expected, "{width} bits");
        }
    }

    #[test]
    fn a_dictionary_of_one_value_needs_no_bits() {
        let mut counted = Codes::new(1);
        counted.count(&[3], 0, 7).unwrap();
        counted.count(&[5 << 1], 0, 5).unwrap();
        assert_eq!(counted.finish(), [12]);
    }

    #[test]
    fn a_code_beyond_the_dictionary_is_refused() {
        for values in [3, FEW + 1] {
            let mut counted = Codes::new(values);
            assert_eq!(counted.count(&packed(&[values as u32; 8], 10), 10, 8), None);
            assert_eq!(counted.count(&[2, values as u8], 8, 1), (values > 255).then_some(()));
        }
    }
}
