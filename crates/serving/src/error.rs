use std::fmt;

use crate::problem::{Near, Problem};

/// Why a request got no prediction.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body is not JSON, or not of the protocol's form.
    #[error(
        "the body is not an inference request: {0}; expected \
         {{\"inputs\":[{{\"name\":\"…\",\"shape\":[1],\"datatype\":\"…\",\"data\":[…]}}]}}"
    )]
    Body(serde_json::Error),
    /// The id of the request, or what it becomes for one of its rows, is too long to keep.
    #[error("the request's `id` has {bytes} bytes and the limit is {limit}; send a shorter one, or none")]
    LongId {
        /// Its length.
        bytes: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// No model of this name is served.
    #[error("there is no model `{model}`{}; {}", Near(near), Served(served))]
    UnknownModel {
        /// The name asked for.
        model: String,
        /// A model that the caller may have meant.
        near: Option<String>,
        /// The models that are served.
        served: Vec<String>,
    },
    /// The model is served in another version.
    #[error("model `{model}` has no version `{version}` here; ask for version `{served}`, or for none")]
    UnknownVersion {
        /// The model.
        model: String,
        /// The version asked for.
        version: String,
        /// The version that is served.
        served: String,
    },
    /// The model takes no input of this name.
    #[error("`{input}` is not an input of this model{}; it takes {}", Near(near), Names(takes))]
    UnknownInput {
        /// The name sent.
        input: String,
        /// An input that the caller may have meant.
        near: Option<String>,
        /// The inputs of the model.
        takes: Vec<String>,
    },
    /// The model gives no output of this name.
    #[error("`{output}` is not an output of this model{}; it gives {}", Near(near), Names(gives))]
    UnknownOutput {
        /// The name asked for.
        output: String,
        /// An output that the caller may have meant.
        near: Option<String>,
        /// The outputs of the model.
        gives: Vec<String>,
    },
    /// Inputs that the model needs were not sent.
    #[error("the request lacks {}; add {{\"name\":\"{}\",{example}}}", Names(inputs), inputs[0])]
    MissingInputs {
        /// Their names; at least one.
        inputs: Vec<String>,
        /// The rest of the first one's JSON, as an example.
        example: String,
    },
    /// One input stands twice in the request.
    #[error("input `{0}` is sent twice; send each input once, with all its rows")]
    RepeatedInput(String),
    /// Something is wrong with one input.
    #[error("input `{input}`: {problem}")]
    Input {
        /// The input.
        input: String,
        /// What is wrong, and the way out.
        problem: Problem,
    },
    /// More rows than one request may have.
    #[error("the request has {rows} rows and the limit is {limit}; send them in several requests")]
    TooManyRows {
        /// The rows sent.
        rows: usize,
        /// The most that are taken.
        limit: usize,
    },
    /// The model reads a text as something that it is not.
    #[error("the model cannot use a value that was sent: {0}; correct the value")]
    Unusable(String),
    /// The model would need more memory than one prediction may use.
    #[error("the model needs more memory for this many rows than one prediction may use; send fewer at once")]
    TooHeavy,
    /// The model broke. The cause is for the operator alone.
    #[error("the model failed on this request; the server's log has the cause")]
    Model(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a caller can do about an error; `server` turns it into a status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Correct the request.
    BadInput,
    /// Ask for something that exists.
    NotFound,
    /// Send less at once.
    TooLarge,
    /// Nothing: the fault is the server's.
    Internal,
}

impl Error {
    /// What the caller can do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownModel { .. } | Self::UnknownVersion { .. } => ErrorKind::NotFound,
            Self::TooManyRows { .. } | Self::TooHeavy => ErrorKind::TooLarge,
            Self::Model(_) => ErrorKind::Internal,
            _ => ErrorKind::BadInput,
        }
    }
}

/// The start of a text from outside, short enough for a message.
pub(crate) fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}

struct Served<'a>(&'a [String]);

impl fmt::Display for Served<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("none is loaded yet");
        }
        write!(out, "this server has {}", Names(self.0))
    }
}

/// Names in backquotes, the first twenty of them.
struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        for (position, name) in self.0.iter().take(SHOWN).enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            write!(out, "{comma}`{name}`")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(out, " and {more} more"),
        }
    }
}
