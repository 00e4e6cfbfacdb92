//! The run-length and bit-packed hybrid, in which levels, dictionary codes and some booleans are written.

/// A stretch of the values.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Run<'a> {
    /// One value, so many times.
    Repeated { value: u32, times: usize },
    /// So many values, packed one after the other from the lowest bit on.
    Packed { bytes: &'a [u8], values: usize },
}

/// The runs of so many values of so many bits each.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    bytes: &'a [u8],
    /// Bits of a value, at most 32.
    width: usize,
    /// The values that are still to come.
    left: usize,
}

impl<'a> Runs<'a> {
    /// Nothing when values cannot be that wide.
    pub(super) fn new(bytes: &'a [u8], width: u8, values: usize) -> Option<Self> {
        (width <= 32).then_some(Self { bytes, width: usize::from(width), left: values })
    }

    /// The next run; `Err` when the bytes end before the values do.
    pub(super) fn next(&mut self) -> Result<Option<Run<'a>>, Cut> {
        if self.left == 0 {
            return Ok(None);
        }
        let header = self.header()?;
        let length = usize::try_from(header >> 1).map_err(|_| Cut)?;
        let run = if header & 1 == 1 { self.packed(length)? } else { self.repeated(length)? };
        let (Run::Packed { values, .. } | Run::Repeated { times: values, .. }) = &run;
        self.left -= values;
        // A run of nothing would be asked for again without end.
        if *values == 0 { Err(Cut) } else { Ok(Some(run)) }
    }

    fn packed(&mut self, groups: usize) -> Result<Run<'a>, Cut> {
        let values = groups.saturating_mul(8).min(self.left);
        // The last group may be cut after the last value.
        let whole = groups.saturating_mul(self.width).min(self.bytes.len());
        let (bytes, rest) = self.bytes.split_at(whole);
        self.bytes = rest;
        if bytes.len() < (values * self.width).div_ceil(8) {
            return Err(Cut);
        }
        Ok(Run::Packed { bytes, values })
    }

    fn repeated(&mut self, times: usize) -> Result<Run<'a>, Cut> {
        let (written, rest) = self.bytes.split_at_checked(self.width.div_ceil(8)).ok_or(Cut)?;
        self.bytes = rest;
        let mut value = [0; 4];
        value[..written.len()].copy_from_slice(written);
        Ok(Run::Repeated { value: u32::from_le_bytes(value), times: times.min(self.left) })
    }

    /// The length of a run and its kind, seven bits a byte, the lowest first.
    fn header(&mut self) -> Result<u64, Cut> {
        let mut header = 0;
        for shift in (0..35).step_by(7) {
            let (byte, rest) = self.bytes.split_first().ok_or(Cut)?;
            self.bytes = rest;
            header |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(header);
            }
        }
        Err(Cut)
    }
}

/// The bytes end before the values do, or make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut;

/// How many of so many values of one bit are 1.
pub(super) fn ones(bytes: &[u8], values: usize) -> Option<u64> {
    let mut runs = Runs::new(bytes, 1, values)?;
    let mut ones = 0;
    while let Some(run) = runs.next().ok()? {
        ones += match run {
            Run::Repeated { value, times } => u64::from(value & 1) * times as u64,
            Run::Packed { bytes, values } => set_bits(bytes, values)?,
        };
    }
    Some(ones)
}

/// How many of the first so many bits are set.
pub(super) fn set_bits(bytes: &[u8], bits: usize) -> Option<u64> {
    let (whole, rest) = bytes.get(..bits.div_ceil(8))?.split_at(bits / 8);
    let (words, tail) = whole.as_chunks::<8>();
    let mut set: u32 = words.iter().map(|word| u64::from_le_bytes(*word).count_ones()).sum();
    set += tail.iter().map(|byte| byte.count_ones()).sum::<u32>();
    set += rest.first().map_or(0, |byte| (byte & ((1 << (bits % 8)) - 1)).count_ones());
    Some(u64::from(set))
}

#[cfg(test)]
mod tests {
    use super::{Cut, Run, Runs, ones, set_bits};

    /// Five times 1 in runs of one bit, then the bits 1, 0, 1, 1 packed.
    const LEVELS: [u8; 4] = [5 << 1, 1, 1 << 1 | 1, 0b1101];

    #[test]
    fn runs_are_told_apart_and_end_with_the_values() {
        let mut runs = Runs::new(&LEVELS, 1, 9).unwrap();
        assert_eq!(runs.next(), Ok(Some(Run::Repeated { value: 1, times: 5 })));
        assert_eq!(runs.next(), Ok(Some(Run::Packed { bytes: &[0b1101], values: 4 })));
        assert_eq!(runs.next(), Ok(None));
        assert_eq!(ones(&LEVELS, 9), Some(8));
        assert_eq!(ones(&LEVELS, 7), Some(6), "bits after the last value do not count");
    }

    #[test]
    fn bytes_that_end_early_or_make_no_sense_are_refused() {
        for cut in 0..LEVELS.len() {
            assert_eq!(ones(&LEVELS[..cut], 9), None, "{cut} bytes");
        }
        let nonsense: [&[u8]; 3] = [&[0, 0, 0], &[1], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]];
        for bytes in nonsense {
            assert_eq!(Runs::new(bytes, 1, 9).unwrap().next(), Err(Cut), "{bytes:?}");
        }
        assert!(Runs::new(&LEVELS, 33, 9).is_none());
        let endless = [0xfe, 0xff, 0xff, 0xff, 0x0f, 1];
        assert_eq!(ones(&endless, 9), Some(9), "a run is no longer than the values");
    }

    #[test]
    fn set_bits_are_counted_up_to_the_last() {
        let bytes = [0xff; 20];
        for bits in [0, 1, 7, 8, 63, 64, 65, 159, 160] {
            assert_eq!(set_bits(&bytes, bits), Some(bits as u64));
        }
        assert_eq!(set_bits(&bytes, 161), None);
    }
}
