//! The data of one tensor, read straight from JSON into vectors.
//!
//! The reader never fails on what a value *is*, since it does not know yet whose data it
//! reads (`name` may come after `data`): the first fault is kept and reported later with
//! the input's name. Only broken JSON ends the reading.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::problem::Fault;

/// Arrays may be nested this deep: one more than any tensor we take needs.
const DEPTH: usize = 3;

/// What stood in a tensor's `data`, flattened row by row.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Data {
    pub(crate) values: Values,
    /// The first thing that was wrong; the values after it are not kept.
    pub(crate) fault: Option<Fault>,
    /// The length of the arrays at each depth.
    extents: [Option<usize>; DEPTH],
    /// The depth at which values stand.
    leaves: Option<usize>,
}

/// Values of one sort, the narrowest that holds them all.
#[derive(Debug, PartialEq)]
pub(crate) enum Values {
    /// This many nulls and nothing else.
    Nulls(usize),
    Booleans(Vec<Option<bool>>),
    /// Whole numbers without a null among them.
    Integers(Vec<i64>),
    /// Numbers; null is NaN.
    Numbers(Vec<f64>),
    /// Text; null is empty.
    Text(Vec<String>),
}

impl Data {
    /// The lengths of nested arrays, outermost first; nothing when the data is flat.
    pub(crate) fn nesting(&self) -> Option<Vec<usize>> {
        let lengths: Vec<usize> = self.extents.iter().map_while(|extent| *extent).collect();
        (lengths.len() > 1).then_some(lengths)
    }

    fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// Whether a value at this depth is to be kept.
    fn accepts(&mut self, depth: usize) -> bool {
        match self.leaves {
            _ if depth == 0 => self.fail(Fault::NotAnArray),
            None => self.leaves = Some(depth),
            Some(leaves) if leaves != depth => self.fail(Fault::Ragged),
            Some(_) => {}
        }
        self.fault.is_none()
    }

    /// Notes the length of an array that has just ended.
    fn close(&mut self, depth: usize, length: usize) {
        match self.extents[depth] {
            None => self.extents[depth] = Some(length),
            Some(extent) if extent != length => self.fail(Fault::Ragged),
            Some(_) => {}
        }
    }

    fn mixed(&mut self, found: &'static str) {
        let fault = Fault::Mixed { position: self.values.len(), found, before: self.values.sort() };
        self.fail(fault);
    }

    fn push_null(&mut self) {
        match &mut self.values {
            Values::Nulls(count) => *count += 1,
            Values::Booleans(values) => values.push(None),
            Values::Integers(values) => self.values = Values::Numbers(widen(values, f64::NAN)),
            Values::Numbers(values) => values.push(f64::NAN),
            Values::Text(values) => values.push(String::new()),
        }
    }

    fn push_boolean(&mut self, value: bool) {
        match &mut self.values {
            Values::Booleans(values) => values.push(Some(value)),
            Values::Nulls(count) => {
                let mut values = vec![None; *count];
                values.push(Some(value));
                self.values = Values::Booleans(values);
            }
            _ => self.mixed("a boolean"),
        }
    }

    fn push_integer(&mut self, value: i64) {
        match &mut self.values {
            Values::Integers(values) => values.push(value),
            Values::Numbers(values) => values.push(value as f64),
            Values::Nulls(0) => self.values = Values::Integers(vec![value]),
            Values::Nulls(_) => self.push_number(value as f64),
            _ => self.mixed("a number"),
        }
    }

    fn push_number(&mut self, value: f64) {
        match &mut self.values {
            Values::Numbers(values) => values.push(value),
            Values::Integers(values) => self.values = Values::Numbers(widen(values, value)),
            Values::Nulls(count) => {
                let mut values = vec![f64::NAN; *count];
                values.push(value);
                self.values = Values::Numbers(values);
            }
            _ => self.mixed("a number"),
        }
    }

    fn push_text(&mut self, value: &str) {
        match &mut self.values {
            Values::Text(values) => values.push(value.to_owned()),
            Values::Nulls(count) => {
                let mut values = vec![String::new(); *count];
                values.push(value.to_owned());
                self.values = Values::Text(values);
            }
            _ => self.mixed("text"),
        }
    }
}

fn widen(values: &[i64], next: f64) -> Vec<f64> {
    let mut wide = Vec::with_capacity(values.len() + 1);
    wide.extend(values.iter().map(|value| *value as f64));
    wide.push(next);
    wide
}

impl Default for Values {
    fn default() -> Self {
        Self::Nulls(0)
    }
}

impl Values {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Nulls(count) => *count,
            Self::Booleans(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Numbers(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// What the values are, for a message.
    pub(crate) fn sort(&self) -> &'static str {
        match self {
            Self::Nulls(_) => "nulls",
            Self::Booleans(_) => "booleans",
            Self::Integers(_) => "whole numbers",
            Self::Numbers(_) => "numbers",
            Self::Text(_) => "text",
        }
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut data = Self::default();
        Item { data: &mut data, depth: 0 }.deserialize(deserializer)?;
        Ok(data)
    }
}

/// Reads one value, or an array of them, into `data`.
struct Item<'a> {
    data: &'a mut Data,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array of values")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        if self.data.accepts(self.depth) {
            self.data.push_boolean(value);
        }
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        if self.data.accepts(self.depth) {
            self.data.push_integer(value);
        }
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        if self.data.accepts(self.depth) {
            match i64::try_from(value) {
                Ok(value) => self.data.push_integer(value),
                Err(_) => self.data.push_number(value as f64),
            }
        }
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        if self.data.accepts(self.depth) {
            self.data.push_number(value);
        }
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        if self.data.accepts(self.depth) {
            self.data.push_text(value);
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        if self.data.accepts(self.depth) {
            self.data.push_null();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if self.depth == DEPTH {
            self.data.fail(Fault::Deep);
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let mut length = 0;
        while items.next_element_seed(Item { data: self.data, depth: self.depth + 1 })?.is_some() {
            length += 1;
        }
        self.data.close(self.depth, length);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.data.fail(Fault::Object);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Data, Values};
    use crate::problem::Fault;

    fn read(text: &str) -> Data {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn values_land_in_the_narrowest_vector_that_holds_them() {
        assert_eq!(read("[1, -2]").values, Values::Integers(vec![1, -2]));
        assert_eq!(read("[1, 2.5]").values, Values::Numbers(vec![1.0, 2.5]));
        assert_eq!(read("[18446744073709551615]").values, Values::Numbers(vec![18446744073709551615.0]));
        assert_eq!(read("[null, true]").values, Values::Booleans(vec![None, Some(true)]));
        assert_eq!(
            read(r#"[null, "UA", null]"#).values,
            Values::Text(vec![String::new(), "UA".into(), String::new()])
        );
        let Values::Numbers(numbers) = read("[null, 1, null]").values else { panic!("numbers") };
        assert!(numbers[0].is_nan() && numbers[1] == 1.0 && numbers[2].is_nan());
        assert_eq!(read("[null, null]").values, Values::Nulls(2));
    }

    #[test]
    fn nested_arrays_are_flattened_and_their_lengths_kept() {
        let data = read("[[1, 2, 3], [4, 5, 6]]");
        assert_eq!(data.values, Values::Integers(vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(data.nesting(), Some(vec![2, 3]));
        assert_eq!(read("[1, 2]").nesting(), None);
    }

    #[test]
    fn what_is_no_tensor_is_a_fault_and_the_reading_goes_on() {
        let fault = |text: &str| read(text).fault.unwrap();
        assert_eq!(fault("[[1, 2], [3]]"), Fault::Ragged);
        assert_eq!(fault("[1, [2]]"), Fault::Ragged);
        assert_eq!(fault("[[1], 2]"), Fault::Ragged);
        assert_eq!(fault("[{\"a\": [1]}]"), Fault::Object);
        assert_eq!(fault("5"), Fault::NotAnArray);
        assert_eq!(fault("null"), Fault::NotAnArray);
        assert_eq!(fault("[[[[1]]]]"), Fault::Deep);
        assert_eq!(
            fault(r#"[1, "a", {}]"#),
            Fault::Mixed { position: 1, found: "text", before: "whole numbers" }
        );
    }
}
