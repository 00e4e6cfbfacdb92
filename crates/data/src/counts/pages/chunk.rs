//! The pages of one column in one row group.

use parquet::{basic::Encoding, column::page::Page};

use super::{
    codes::Codes,
    hybrid,
    value::{Texts, Value},
};
use crate::counts::counter::Counter;

/// The pages so far: what had plain values is counted, what had codes is counted at the end.
pub(super) struct Chunk<'a> {
    value: Value,
    optional: bool,
    counter: &'a mut Counter,
    dictionary: Option<Dictionary>,
    rows: u64,
}

enum Dictionary {
    Numbers(Vec<f64>, Codes),
    /// The texts as they are written, and how many they are.
    Texts(Vec<u8>, Codes),
}

/// The values of a data page.
struct Data<'a> {
    bytes: &'a [u8],
    encoding: Encoding,
    /// Rows that have one.
    present: usize,
}

impl<'a> Chunk<'a> {
    pub(super) fn new(value: Value, optional: bool, counter: &'a mut Counter) -> Self {
        Self { value, optional, counter, dictionary: None, rows: 0 }
    }

    /// Counts a page; nothing when it cannot be.
    pub(super) fn add(&mut self, page: &Page) -> Option<()> {
        match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                let none_yet = self.dictionary.is_none();
                self.dictionary = Some(Dictionary::read(self.value, buf, *num_values as usize)?);
                none_yet.then_some(())
            }
            Page::DataPage { buf, num_values, encoding, def_level_encoding, .. } => {
                let rows = *num_values as usize;
                let (levels, bytes) = match (self.optional, def_level_encoding) {
                    (false, _) => (None, &buf[..]),
                    (true, Encoding::RLE) => {
                        let (length, rest) = buf.split_first_chunk::<4>()?;
                        let (levels, bytes) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
                        (Some(levels), bytes)
                    }
                    // A way of writing levels that has been out of use for ten years.
                    (true, _) => return None,
                };
                self.add_data(rows, levels, bytes, *encoding)
            }
            Page::DataPageV2 {
                buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, ..
            } => {
                let (levels, bytes) = buf.split_at_checked(*def_levels_byte_len as usize)?;
                let levels = self.optional.then_some(levels);
                (*rep_levels_byte_len == 0).then_some(())?;
                self.add_data(*num_values as usize, levels, bytes, *encoding)
            }
        }
    }

    fn add_data(
        &mut self,
        rows: usize,
        levels: Option<&[u8]>,
        bytes: &[u8],
        encoding: Encoding,
    ) -> Option<()> {
        let present = match levels {
            Some(levels) => usize::try_from(hybrid::ones(levels, rows)?).ok()?,
            None => rows,
        };
        self.rows += rows as u64;
        self.counter.add_missing((rows - present) as u64);
        let data = Data { bytes, encoding, present };
        match encoding {
            _ if present == 0 => Some(()),
            Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY => self.add_codes(&data),
            _ if self.value == Value::Boolean => self.add_booleans(&data),
            Encoding::PLAIN => self.add_plain(&data),
            _ => None,
        }
    }

    fn add_codes(&mut self, data: &Data<'_>) -> Option<()> {
        let (Dictionary::Numbers(_, codes) | Dictionary::Texts(_, codes)) = self.dictionary.as_mut()?;
        let (width, bytes) = data.bytes.split_first()?;
        codes.count(bytes, *width, data.present)
    }

    fn add_booleans(&mut self, data: &Data<'_>) -> Option<()> {
        let trues = match data.encoding {
            Encoding::PLAIN => hybrid::set_bits(data.bytes, data.present)?,
            // After the length of what follows.
            Encoding::RLE => hybrid::ones(data.bytes.get(4..)?, data.present)?,
            _ => return None,
        };
        self.counter.add_booleans(trues, data.present as u64 - trues);
        Some(())
    }

    fn add_plain(&mut self, data: &Data<'_>) -> Option<()> {
        match self.counter {
            Counter::Numbers(numbers) => {
                let decoded = self.value.numbers(data.bytes, data.present)?;
                decoded.into_iter().for_each(|number| numbers.add(number, 1));
            }
            Counter::Categories(categories) => {
                let mut texts = Texts::new(data.bytes);
                for _ in 0..data.present {
                    categories.add(texts.next()?, 1);
                }
            }
        }
        Some(())
    }

    /// Counts what the codes stand for, and says how many rows there were.
    pub(super) fn finish(self) -> Option<u64> {
        match (self.dictionary, self.counter) {
            (None, _) => {}
            (Some(Dictionary::Numbers(values, codes)), Counter::Numbers(numbers)) => {
                let counted = values.into_iter().zip(codes.finish());
                counted.filter(|(_, times)| *times > 0).for_each(|(value, times)| numbers.add(value, times));
            }
            (Some(Dictionary::Texts(bytes, codes)), Counter::Categories(categories)) => {
                let mut texts = Texts::new(&bytes);
                for times in codes.finish() {
                    let text = texts.next()?;
                    if times > 0 {
                        categories.add(text, times);
                    }
                }
            }
            _ => return None,
        }
        Some(self.rows)
    }
}

impl Dictionary {
    fn read(value: Value, bytes: &[u8], count: usize) -> Option<Self> {
        if value == Value::Text {
            // Each text has at least its length, so a count beyond the bytes is a lie.
            (count <= bytes.len() / 4).then_some(())?;
            return Some(Self::Texts(bytes.to_vec(), Codes::new(count)));
        }
        let values = value.numbers(bytes, count)?;
        Some(Self::Numbers(values, Codes::new(count)))
    }
}
