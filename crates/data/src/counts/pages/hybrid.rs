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

/// Counts codes into their places; nothing when a code has no place.
pub(super) fn count_codes(bytes: &[u8], width: u8, values: usize, counts: &mut Codes) -> Option<()> {
    let mut runs = Runs::new(bytes, width, values)?;
    while let Some(run) = runs.next().ok()? {
        match run {
            Run::Repeated { value, times } => counts.add(value, times as u64)?,
            Run::Packed { bytes, values } => counts.add_packed(bytes, usize::from(width), values)?,
        }
    }
    Some(())
}

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

    fn add(&mut self, code: u32, times: u64) -> Option<()> {
        *self.counts.get_mut(code as usize)? += times;
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
