//! An inference request as it stands in the body, before any model has looked at it.

use std::{borrow::Cow, fmt, ops::Deref};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, SeqAccess, Visitor},
};

use crate::{data::Data, error::Error};

/// No model we read has as many inputs. Without a bound a body of `{},{},…` would take
/// seventy times its size in memory.
const MOST_INPUTS: usize = 16_384;

/// Fields that are not listed, `parameters` among them, are extensions that we do not
/// have: the protocol lets a server pass over them.
#[derive(Debug, Deserialize)]
pub(crate) struct Request<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Word<'a>>,
    #[serde(borrow, deserialize_with = "inputs")]
    pub(crate) inputs: Vec<Tensor<'a>>,
    #[serde(borrow)]
    pub(crate) outputs: Option<Vec<Wanted<'a>>>,
}

/// One input. What may be forgotten is optional here, so that the error can name the input.
#[derive(Debug, Deserialize)]
pub(crate) struct Tensor<'a> {
    #[serde(borrow)]
    pub(crate) name: Word<'a>,
    pub(crate) shape: Option<Vec<i64>>,
    #[serde(borrow)]
    pub(crate) datatype: Option<Word<'a>>,
    pub(crate) data: Option<Data>,
}

/// An output that the caller asks for.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted<'a> {
    #[serde(borrow)]
    pub(crate) name: Word<'a>,
}

/// Text that is borrowed from the body unless it has escapes; `Option<Cow<str>>` would
/// always copy.
#[derive(Debug, Deserialize)]
pub(crate) struct Word<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Word<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> Request<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Error> {
        serde_json::from_slice(body).map_err(Error::Body)
    }
}

fn inputs<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Tensor<'a>>, D::Error> {
    deserializer.deserialize_seq(Inputs)
}

struct Inputs;

impl<'de> Visitor<'de> for Inputs {
    type Value = Vec<Tensor<'de>>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array of inputs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut inputs = Vec::new();
        while let Some(input) = items.next_element()? {
            if inputs.len() == MOST_INPUTS {
                return Err(A::Error::custom(format_args!("more than {MOST_INPUTS} inputs")));
            }
            inputs.push(input);
        }
        Ok(inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::Request;

    #[test]
    fn fields_may_come_in_any_order_and_unknown_ones_are_passed_over() {
        let body = br#"{"parameters":{"a":1},"inputs":[{"data":[1],"parameters":{},"datatype":"FP32",
            "shape":[1],"name":"d"}],"outputs":[{"name":"o","parameters":{"binary_data":true}}],"id":"4\u0032"}"#;
        let request = Request::read(body).unwrap();
        assert_eq!(request.id.as_deref(), Some("42"));
        assert_eq!(&*request.inputs[0].name, "d");
        assert_eq!(&*request.outputs.unwrap()[0].name, "o");
    }

    #[test]
    fn a_body_of_endless_inputs_is_refused_before_it_fills_the_memory() {
        let body = format!(r#"{{"inputs":[{}{{}}]}}"#, r#"{"name":""},"#.repeat(20_000));
        assert!(Request::read(body.as_bytes()).unwrap_err().to_string().contains("more than 16384 inputs"));
    }
}
