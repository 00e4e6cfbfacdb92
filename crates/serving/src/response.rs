//! The answer to an inference request, as JSON.

use onnx::{Elements, Tensor};
use serde::{Serialize, Serializer};

use crate::{datatype::Datatype, error::Error, loaded::Loaded};

#[derive(Serialize)]
struct Response<'a> {
    model_name: &'a str,
    model_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    outputs: Vec<Output<'a>>,
}

#[derive(Serialize)]
struct Output<'a> {
    name: &'a str,
    datatype: &'static str,
    shape: &'a [usize],
    data: Values<'a>,
}

impl<'a> Output<'a> {
    fn of((name, tensor): &'a (String, Tensor)) -> Self {
        let datatype = Datatype::of(tensor.values.element()).name();
        Self { name, datatype, shape: &tensor.shape, data: Values(&tensor.values) }
    }
}

struct Values<'a>(&'a Elements);

/// Numbers that are not finite become `null`, which is serde_json's own rule.
impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Elements::Float(values) => values.serialize(serializer),
            Elements::Double(values) => values.serialize(serializer),
            Elements::Int64(values) => values.serialize(serializer),
            Elements::Int32(values) => values.serialize(serializer),
            Elements::Boolean(values) => values.serialize(serializer),
            Elements::Text(values) => values.serialize(serializer),
        }
    }
}

/// The wanted ones of a model's outputs, in the order wanted.
pub(crate) fn pick(outputs: Vec<(String, Tensor)>, wanted: &[&str]) -> Result<Vec<(String, Tensor)>, Error> {
    let mut outputs: Vec<Option<(String, Tensor)>> = outputs.into_iter().map(Some).collect();
    let mut take = |name: &str| {
        let holds = |slot: &&mut Option<(String, Tensor)>| slot.as_ref().is_some_and(|(own, _)| own == name);
        let found = outputs.iter_mut().find(holds).and_then(Option::take);
        found.ok_or_else(|| Error::Model(format!("the graph did not give its output `{name}`").into()))
    };
    wanted.iter().map(|name| take(name)).collect()
}

pub(crate) fn write(
    loaded: &Loaded,
    id: Option<&str>,
    outputs: &[(String, Tensor)],
) -> Result<Vec<u8>, Error> {
    let response = Response {
        model_name: loaded.name(),
        model_version: loaded.version(),
        id,
        outputs: outputs.iter().map(Output::of).collect(),
    };
    serde_json::to_vec(&response).map_err(|cause| Error::Model(Box::new(cause)))
}
