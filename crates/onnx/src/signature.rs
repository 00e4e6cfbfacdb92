//! What a model of ours reads and predicts, in the words of the data: kept in the model's metadata.

use serde::{Deserialize, Serialize};
use table::Field;

use crate::{Error, Model};

/// The raw columns a model reads and what its outputs mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// The raw columns, in the order of the graph's inputs.
    pub inputs: Vec<Field>,
    /// `binary`, `multiclass` or `regression`.
    pub task: String,
    /// The classes in the order of their probabilities; for a binary task negative, then positive.
    #[serde(default)]
    pub classes: Vec<String>,
    /// The class a binary task predicts the probability of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// The probability from which a binary task says the positive class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
}

impl Signature {
    /// The key of the signature in a model's metadata.
    pub const KEY: &'static str = "kaizen.signature";

    /// The signature in a model's metadata; nothing for a model that was made elsewhere.
    ///
    /// # Errors
    /// When the metadata has the key but its text is no signature.
    pub fn of(model: &Model) -> Result<Option<Self>, Error> {
        let text = model.metadata().get(Self::KEY);
        Ok(text.map(|text| serde_json::from_str(text)).transpose()?)
    }

    /// The text to keep in the metadata.
    ///
    /// # Panics
    /// Never: a signature is always JSON.
    pub fn to_metadata(&self) -> String {
        serde_json::to_string(self).expect("a signature has only texts and numbers")
    }
}
