use base::nearest;
use onnx::Tensor;

use crate::{
    bound::bind,
    capture::{Draft, id},
    convert::convert,
    data::Data,
    datatype::Datatype,
    error::{Error, clip},
    loaded::Loaded,
    problem::Problem,
    request::{self, Request, Wanted},
    response,
    schema::{Input, Schema},
    sent::Sent,
};

/// How much one request may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most rows.
    pub rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 100_000 }
    }
}

/// Answers one inference request: JSON in, JSON out.
///
/// Pure and without locks, so that any number of threads can call it on one model.
///
/// # Errors
/// When the request does not fit the protocol, the model or the limits; [`Error::kind`]
/// says whose turn it is. [`Error::Model`] alone is the server's fault.
pub fn infer(loaded: &Loaded, body: &[u8], limits: Limits) -> Result<Vec<u8>, Error> {
    answer(loaded, body, limits, None)
}

/// Answers, and writes down what is to be recorded of it.
pub(crate) fn answer(
    loaded: &Loaded,
    body: &[u8],
    limits: Limits,
    mut draft: Option<&mut Draft<'_>>,
) -> Result<Vec<u8>, Error> {
    let request = Request::read(body)?;
    let given = id::given(request.id.as_deref())?;
    if let Some(draft) = &mut draft {
        draft.identify(given);
    }
    let schema = loaded.schema();
    let wanted = choose(schema, request.outputs.as_deref())?;
    let sent = gather(schema, request.inputs, limits)?;
    id::for_rows(given, sent.first().map_or(0, |sent| sent.rows))?;
    if let Some(draft) = &mut draft {
        draft.inputs(schema.inputs.iter().map(|input| input.kind), &sent);
    }
    let outputs = loaded.model().run(named(schema, sent)).map_err(failed)?;
    if let Some(draft) = &mut draft {
        draft.outputs(loaded, &outputs);
    }
    let id = draft.as_ref().map(|draft| draft.id()).or(given);
    response::write(loaded, id, &response::pick(outputs, &wanted)?)
}

fn failed(cause: onnx::Error) -> Error {
    match cause {
        onnx::Error::Node { problem: onnx::Problem::TooLarge(_), .. } => Error::TooHeavy,
        // Pipelines of other tools may take numbers as text; what is not one comes to light here.
        onnx::Error::Node { operator, problem: onnx::Problem::Value(problem), .. } if operator == "Cast" => {
            Error::Unusable(problem)
        }
        cause => Error::Model(Box::new(cause)),
    }
}

/// The names of the outputs to give, in the order asked for.
fn choose<'a>(schema: &'a Schema, wanted: Option<&[Wanted<'_>]>) -> Result<Vec<&'a str>, Error> {
    let names = schema.outputs.iter().map(|port| port.name.as_str());
    let mut chosen = Vec::with_capacity(schema.outputs.len());
    for output in wanted.unwrap_or_default() {
        let Some(name) = names.clone().find(|name| **name == *output.name) else {
            let output = clip(&output.name);
            let near = nearest(&output, names.clone()).map(str::to_owned);
            return Err(Error::UnknownOutput { output, near, gives: names.map(str::to_owned).collect() });
        };
        if !chosen.contains(&name) {
            chosen.push(name);
        }
    }
    Ok(if chosen.is_empty() { names.collect() } else { chosen })
}

/// The model's inputs, each from the tensor of its name.
fn gather(schema: &Schema, sent: Vec<request::Tensor<'_>>, limits: Limits) -> Result<Vec<Sent>, Error> {
    let mut slots: Vec<Option<Sent>> = schema.inputs.iter().map(|_| None).collect();
    for tensor in sent {
        let Some(position) = schema.positions.get(&*tensor.name).copied() else {
            return Err(unknown(schema, &tensor.name));
        };
        let input = &schema.inputs[position];
        if slots[position].is_some() {
            return Err(Error::RepeatedInput(input.name.clone()));
        }
        let place = |problem| Error::Input { input: input.name.clone(), problem };
        slots[position] = Some(take(input, tensor, limits, place)?);
    }
    if slots.iter().any(Option::is_none) {
        return Err(missing(schema, &slots));
    }
    let filled: Vec<Sent> = slots.into_iter().flatten().collect();
    same_rows(schema, &filled)?;
    Ok(filled)
}

/// The inputs under their names, which is how a model is run.
fn named(schema: &Schema, sent: Vec<Sent>) -> Vec<(String, Tensor)> {
    let named = |(input, sent): (&Input, Sent)| (input.name.clone(), sent.tensor);
    schema.inputs.iter().zip(sent).map(named).collect()
}

fn take(
    input: &Input,
    sent: request::Tensor<'_>,
    limits: Limits,
    place: impl Fn(Problem) -> Error,
) -> Result<Sent, Error> {
    let datatype = datatype(input, sent.datatype.as_deref()).map_err(&place)?;
    let data: Data = sent.data.ok_or_else(|| place(Problem::NoData))?;
    if let Some(fault) = data.fault {
        return Err(place(fault.into()));
    }
    let shape = sent.shape.ok_or_else(|| place(Problem::NoShape))?;
    let extent = bind(input, &shape, &data).map_err(&place)?;
    if extent.rows > limits.rows {
        return Err(Error::TooManyRows { rows: extent.rows, limit: limits.rows });
    }
    let (values, exact) = convert(data.values, datatype, input).map_err(&place)?;
    Ok(Sent { tensor: Tensor { shape: extent.shape, values }, exact, rows: extent.rows })
}

fn datatype(input: &Input, sent: Option<&str>) -> Result<Datatype, Problem> {
    let takes = input.datatype();
    let sent = sent.ok_or(Problem::NoDatatype(takes))?;
    sent.parse().map_err(|()| {
        let found = clip(sent);
        let near = nearest(&found.to_uppercase(), Datatype::names()).map(str::to_owned);
        Problem::UnknownDatatype { found, near, takes }
    })
}

fn unknown(schema: &Schema, name: &str) -> Error {
    let input = clip(name);
    let names = || schema.inputs.iter().map(|input| input.name.as_str());
    let near = nearest(&input, names()).map(str::to_owned);
    Error::UnknownInput { input, near, takes: names().map(str::to_owned).collect() }
}

fn missing<T>(schema: &Schema, slots: &[Option<T>]) -> Error {
    let empty = schema.inputs.iter().zip(slots).filter(|(_, slot)| slot.is_none());
    let inputs: Vec<&Input> = empty.map(|(input, _)| input).collect();
    let (datatype, value) = (inputs[0].datatype(), inputs[0].example());
    let example = format!("\"shape\":[1],\"datatype\":\"{datatype}\",\"data\":[{value}]");
    Error::MissingInputs { inputs: inputs.iter().map(|input| input.name.clone()).collect(), example }
}

fn same_rows(schema: &Schema, sent: &[Sent]) -> Result<(), Error> {
    let Some(first) = sent.first() else { return Ok(()) };
    let Some(odd) = sent.iter().position(|other| other.rows != first.rows) else { return Ok(()) };
    let (rows, expected) = (sent[odd].rows, first.rows);
    let problem = Problem::Rows { rows, other: schema.inputs[0].name.clone(), expected };
    Err(Error::Input { input: schema.inputs[odd].name.clone(), problem })
}
