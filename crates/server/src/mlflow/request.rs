//! What a request says, field by field, with MLflow's words for what is missing or of the wrong type.
//!
//! Leniencies are MLflow's: a `GET` says it in its query, whole numbers may be strings, unknown fields are passed over,
//! `null` is not there, and a body that is not JSON says nothing.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, Method, header},
    response::{IntoResponse as _, Response},
};
use base::Size;
use serde_json::{Map, Value};
use tokio::task;
use tracking::{Error, Tracking};

use crate::{
    body::{self, Held},
    mlflow::answer::{Refused, in_form},
    routes::late_body,
    state::State,
};

/// The number of a write that a spool may send again ([`tracking::Once`]).
pub(crate) const ONCE: &str = "x-kaizen-once";
/// Says that a spool asks, and not its client.
pub(crate) const SPOOL: &str = "x-kaizen-spool";
/// The id that a spool has chosen for what is to be made.
pub(crate) const CHOSEN: &str = "x-kaizen-id";

/// The largest body: a data set's profile may have 16 million characters, and JSON writes some of them with six bytes.
const LARGEST: u64 = 64 << 20;
/// The largest body of a batch: MLflow takes a million characters, and JSON writes some of them with six bytes.
const LARGEST_BATCH: u64 = 8 << 20;
/// The most values in a body. Each takes a multiple of its bytes in memory, and no request needs so many.
const MOST_VALUES: usize = 200_000;

const SEE_DOCS: &str = "See the API docs for more information about request parameters.";

/// A call of one of MLflow's routes.
pub(crate) struct Call {
    pub(crate) tracking: Tracking,
    pub(crate) fields: Fields,
    /// The id of what is to be made, when a spool has told a client of it before.
    pub(crate) chosen: Option<String>,
    state: State,
}

impl Call {
    /// Reads on a thread that may wait for the disk.
    pub(crate) async fn read<T: Send + 'static>(
        self,
        body: impl FnOnce(&Tracking, &Fields) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Refused> {
        // As many at once as have a connection to read from; the others wait here, and cost no thread.
        let place = Arc::clone(&self.state.tracking_readers).acquire_owned().await;
        let reading = task::spawn_blocking(move || {
            let read = body(&self.tracking, &self.fields);
            drop(place);
            read
        });
        match reading.await {
            Ok(read) => read.map_err(Refused),
            Err(error) => Err(Refused(Error::internal("read", error))),
        }
    }
}

impl FromRequest<State> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, state: &State) -> Result<Self, Response> {
        let tracking = tracking_of(state, request.headers()).map_err(Refused::into_response)?;
        let chosen = header(request.headers(), CHOSEN).map(str::to_owned);
        let fields = fields_of(request, state).await?;
        Ok(Self { tracking, fields, chosen, state: state.clone() })
    }
}

/// A call whose route reads the body itself: one that is frequent, or long.
pub(crate) struct RawCall {
    pub(crate) tracking: Tracking,
    pub(crate) body: Held,
}

impl FromRequest<State> for RawCall {
    type Rejection = Response;

    async fn from_request(request: Request, state: &State) -> Result<Self, Response> {
        let tracking = tracking_of(state, request.headers()).map_err(Refused::into_response)?;
        let body = body_of(request, state, LARGEST_BATCH).await?;
        Ok(Self { tracking, body })
    }
}

/// Where runs are kept; for a write that a spool may send again, such that it is done once.
fn tracking_of(state: &State, headers: &HeaderMap) -> Result<Tracking, Refused> {
    let tracking = state.tracking.clone();
    let missing = || Error::missing("this server keeps no runs; start `kaizen server`");
    let tracking = tracking.ok_or_else(missing)?;
    match header(headers, ONCE) {
        None => Ok(tracking),
        Some(once) => Ok(tracking.once(once.parse()?)),
    }
}

/// What a header says, if it is text.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn fields_of(request: Request, state: &State) -> Result<Fields, Response> {
    if request.method() == Method::GET && request.uri().query().is_some_and(|query| !query.is_empty()) {
        return Ok(Fields::of_query(request.uri().query().unwrap_or_default()));
    }
    let held = body_of(request, state, LARGEST).await?;
    Fields::of_body(&held.bytes).map_err(|error| Refused(error).into_response())
}

/// The body, which must be said to be JSON where there has to be one.
async fn body_of(request: Request, state: &State, limit: u64) -> Result<Held, Response> {
    if matches!(*request.method(), Method::POST | Method::PUT) && !says_json(request.headers()) {
        let message = "Bad Request. Content-Type must be one of ['application/json'].";
        return Err(Refused(Error::new(tracking::Code::BadRequest, message)).into_response());
    }
    match tokio::time::timeout(
        state.settings.request_timeout,
        body::read_within(state, request, Size::bytes(limit)),
    )
    .await
    {
        Ok(Ok(held)) => Ok(held),
        Ok(Err(refusal)) => Err(in_form(&refusal)),
        Err(_) => Err(in_form(&late_body(state))),
    }
}

fn says_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| {
        value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    })
}

/// The fields of a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Those of a body: an object, or a string that holds one, as old clients send it. What is no JSON has none.
    pub(crate) fn of_body(bytes: &[u8]) -> Result<Self, Error> {
        let value = match of_json(bytes)? {
            Ok(Value::String(text)) => of_json(text.as_bytes())?.unwrap_or(Value::Null),
            Ok(value) => value,
            Err(_) => Value::Null,
        };
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            Value::Null => Ok(Self::default()),
            other => {
                let message = format!("the body is a {}; send a JSON object of fields", kind(&other));
                Err(Error::new(tracking::Code::BadRequest, message))
            }
        }
    }

    /// Those of a query. A field that stands there more than once is a list.
    pub(crate) fn of_query(query: &str) -> Self {
        let mut fields = Map::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = Value::String(value.into_owned());
            match fields.get_mut(name.as_ref()) {
                None => drop(fields.insert(name.into_owned(), value)),
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Self(fields)
    }

    /// Sets a field, such as one that the route's path says.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// The field as it came. `null` is not there.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text, which may be empty.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(invalid(name, other)),
        }
    }

    /// A text that must be there and not empty.
    pub(crate) fn required_text(&self, name: &str) -> Result<&str, Error> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
    }

    /// The id of a run, which old clients call `run_uuid`.
    pub(crate) fn run_id(&self) -> Result<&str, Error> {
        match self.text("run_id")?.filter(|id| !id.is_empty()) {
            Some(id) => Ok(id),
            None => self.text("run_uuid")?.filter(|id| !id.is_empty()).ok_or_else(|| missing("run_id")),
        }
    }

    /// A whole number.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Error> {
        self.get(name).map(|value| integer(value).ok_or_else(|| invalid(name, value))).transpose()
    }

    /// A whole number that must be there.
    pub(crate) fn required_integer(&self, name: &str) -> Result<i64, Error> {
        self.integer(name)?.ok_or_else(|| missing(name))
    }

    /// A number, or `"NaN"`, `"Infinity"`, `"-Infinity"`.
    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>, Error> {
        self.get(name).map(|value| number(value).ok_or_else(|| invalid(name, value))).transpose()
    }

    /// Yes or no.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(other) => Err(invalid(name, other)),
        }
    }

    /// A list; one value alone, as a query has it, is a list of one.
    pub(crate) fn list(&self, name: &str) -> Result<&[Value], Error> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(value @ Value::String(_)) => Ok(std::slice::from_ref(value)),
            Some(other) => Err(invalid(name, other)),
        }
    }

    /// A list of texts.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, Error> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts: Option<Vec<_>> = self.list(name)?.iter().map(text).collect();
        texts.ok_or_else(|| invalid(name, self.get(name).unwrap_or(&Value::Null)))
    }

    /// A list of objects, each as fields of its own.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Self>, Error> {
        let object = |value: &Value| value.as_object().cloned().map(Self);
        let objects: Option<Vec<_>> = self.list(name)?.iter().map(object).collect();
        objects.ok_or_else(|| invalid(name, self.get(name).unwrap_or(&Value::Null)))
    }

    /// An object, as fields of its own.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self(fields.clone()))),
            Some(other) => Err(invalid(name, other)),
        }
    }

    /// Objects with `key` and `value`, such as tags. A value that is not there is empty.
    pub(crate) fn pairs(&self, name: &str) -> Result<Vec<(String, String)>, Error> {
        let pair = |pair: &Self| {
            let key = pair
                .required_text("key")
                .map_err(|_| invalid(name, self.get(name).unwrap_or(&Value::Null)))?;
            Ok((key.to_owned(), pair.text("value")?.unwrap_or_default().to_owned()))
        };
        self.objects(name)?.iter().map(pair).collect()
    }
}

/// The value that a body is, if it is one; refused before it is read when it would take too much memory.
fn of_json(bytes: &[u8]) -> Result<serde_json::Result<Value>, Error> {
    if values(bytes) > MOST_VALUES {
        let message = format!("the body has more than {MOST_VALUES} values; send fewer in a request");
        return Err(Error::new(tracking::Code::BadRequest, message));
    }
    Ok(serde_json::from_slice(bytes))
}

/// About how many values JSON has: each but the first stands after a bracket, a comma or a colon that is in no text.
fn values(bytes: &[u8]) -> usize {
    let (mut count, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_text(bytes, at + 1),
            b',' | b':' | b'[' | b'{' => count += 1,
            _ => {}
        }
        at += 1;
    }
    count
}

/// Where the quotation mark is that ends a text.
fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// What is said of a field that must be there.
pub(crate) fn missing(name: &str) -> Error {
    Error::invalid(format!("Missing value for required parameter '{name}'. {SEE_DOCS}"))
}

/// What is said of a field of the wrong type.
pub(crate) fn invalid(name: &str, value: &Value) -> Error {
    let mut shown = value.to_string();
    if shown.len() > 200 {
        let end = (0..=200).rev().find(|end| shown.is_char_boundary(*end)).unwrap_or(0);
        shown.truncate(end);
        shown.push('…');
    }
    let kind = kind(value);
    Error::invalid(format!(
        "Invalid value {shown} for parameter '{name}' supplied:  Hint: Value was of type '{kind}'. {SEE_DOCS}"
    ))
}

/// What Python calls its type, which is what callers of MLflow read.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A float that is a whole number, such as `1e3`.
fn whole(number: f64) -> Option<i64> {
    let is_whole = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    is_whole.then_some(number as i64)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(value: &Value) -> Fields {
        Fields::of_body(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn what_is_missing_or_of_the_wrong_type_is_named_as_mlflow_names_it() {
        let fields = body(&json!({"name": 1, "empty": "", "none": null}));
        let missing = "Missing value for required parameter 'x'. See the API docs for more information about request parameters.";
        assert_eq!(fields.required_text("x").unwrap_err().message, missing);
        assert_eq!(fields.required_text("empty").unwrap_err().message, missing.replace("'x'", "'empty'"));
        assert_eq!(fields.text("none"), Ok(None));
        let invalid = fields.text("name").unwrap_err().message;
        assert!(
            invalid.starts_with(
                "Invalid value 1 for parameter 'name' supplied:  Hint: Value was of type 'int'."
            )
        );
    }

    #[test]
    fn numbers_are_taken_as_numbers_and_as_texts() {
        let fields =
            body(&json!({"a": 5, "b": "-7", "c": 1e3, "d": 1.5, "e": true, "f": "NaN", "g": "1e400"}));
        assert_eq!(fields.integer("a"), Ok(Some(5)));
        assert_eq!(fields.integer("b"), Ok(Some(-7)));
        assert_eq!(fields.integer("c"), Ok(Some(1_000)));
        assert!(fields.integer("d").is_err() && fields.integer("e").is_err());
        assert_eq!(fields.number("d"), Ok(Some(1.5)));
        assert!(fields.number("f").unwrap().unwrap().is_nan());
        assert!(fields.number("g").is_err());
    }

    #[test]
    fn a_query_says_the_same_as_a_body() {
        let fields = Fields::of_query("run_ids=a&run_ids=b%20c&max_results=3&one=x");
        assert_eq!(fields.texts("run_ids"), Ok(vec!["a".to_owned(), "b c".to_owned()]));
        assert_eq!(fields.texts("one"), Ok(vec!["x".to_owned()]));
        assert_eq!(fields.integer("max_results"), Ok(Some(3)));
    }

    #[test]
    fn a_body_that_is_no_json_says_nothing_and_one_in_a_string_is_read() {
        assert_eq!(Fields::of_body(b"{").unwrap(), Fields::default());
        assert_eq!(Fields::of_body(b"").unwrap(), Fields::default());
        assert_eq!(Fields::of_body(br#""{\"a\":\"b\"}""#).unwrap().text("a"), Ok(Some("b")));
        assert!(Fields::of_body(b"[1]").is_err());
    }

    #[test]
    fn a_body_of_very_many_values_is_refused_before_they_take_memory() {
        let list = |count: usize| format!("{{\"a\":[{}0]}}", "0,".repeat(count));
        assert!(Fields::of_body(list(100_000).as_bytes()).is_ok());
        let error = Fields::of_body(list(MOST_VALUES).as_bytes()).unwrap_err();
        assert!(error.message.contains("more than 200000 values"), "{error}");
        assert!(Fields::of_body(Value::from(list(MOST_VALUES)).to_string().as_bytes()).is_err());
        // In a text there may be any number of such letters.
        let text = json!({"profile": ",\"[{".repeat(MOST_VALUES)});
        assert_eq!(body(&text).text("profile").unwrap(), text["profile"].as_str());
    }
}
