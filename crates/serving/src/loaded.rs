use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use onnx::{Element, Model, Signature};
use table::Kind;

use crate::{directory, schema::Schema};

/// A model that is ready to answer under a name and a version.
#[derive(Debug)]
pub struct Loaded {
    name: String,
    version: String,
    model: Model,
    signature: Option<Signature>,
    schema: Schema,
    /// Differs from that of every other model loaded by this process.
    serial: u32,
    /// Which output holds the scores; nothing when none could.
    scores: Option<usize>,
}

impl Loaded {
    /// The model in these bytes of an ONNX file.
    ///
    /// # Errors
    /// When the bytes are no model that can run here, or its signature does not fit its graph.
    pub fn from_bytes(name: &str, version: &str, bytes: &[u8]) -> Result<Self, LoadError> {
        let onnx = |source| LoadError::Onnx { model: name.to_owned(), source: Box::new(source) };
        let model = Model::load(bytes).map_err(onnx)?;
        let signature = Signature::of(&model).map_err(onnx)?;
        let schema = Schema::of(name, &model, signature.as_ref())?;
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let serial = NEXT.fetch_add(1, Ordering::Relaxed);
        let scores = signature.as_ref().and_then(|signature| scores(&model, signature));
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
            model,
            signature,
            schema,
            serial,
            scores,
        })
    }

    /// The model at this path: an ONNX file, or a directory in MLflow's layout (an `MLmodel`
    /// file that names the ONNX file under `flavors.onnx.data`) or with a `model.onnx`.
    ///
    /// # Errors
    /// When there is no such model, it cannot be read, or [`Loaded::from_bytes`] refuses it.
    pub fn open(name: &str, version: &str, path: &Path) -> Result<Self, LoadError> {
        Self::from_bytes(name, version, &directory::read(path)?)
    }

    /// The name under which it is served.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The graph.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What Kaizen knows of it from training; nothing for a model made elsewhere.
    pub fn signature(&self) -> Option<&Signature> {
        self.signature.as_ref()
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    pub(crate) fn serial(&self) -> u32 {
        self.serial
    }

    pub(crate) fn scores(&self) -> Option<usize> {
        self.scores
    }

    /// Scores a row: one for a regression, else one a class.
    pub(crate) fn classes(&self) -> usize {
        self.signature.as_ref().map_or(1, |signature| signature.classes.len().max(1))
    }
}

/// The output that `onnx::score` reads: by the name our exports use, else the first that could be it.
fn scores(model: &Model, signature: &Signature) -> Option<usize> {
    let name = if signature.classes.is_empty() { "prediction" } else { "probabilities" };
    let outputs = model.outputs();
    let could = |element| matches!(element, Element::Float | Element::Double);
    let named = outputs.iter().position(|port| port.name == name);
    named.or_else(|| outputs.iter().position(|port| could(port.element)))
}

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or directory could not be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file is larger than a model can be.
    #[error("`{}` has {bytes} bytes; a model has at most {limit}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The most that is read.
        limit: u64,
    },
    /// Neither a file nor a directory.
    #[error("`{}` is no regular file; name an ONNX file or a directory with an `MLmodel` file", .0.display())]
    NotAFile(PathBuf),
    /// A directory without a model.
    #[error("`{}` holds no model; expected an `MLmodel` file or `model.onnx` in it", .0.display())]
    NoModel(PathBuf),
    /// The directory's model is of another kind.
    #[error("`{}` has no ONNX flavor; save the model with mlflow.onnx, or name an ONNX file", .0.display())]
    NoOnnxFlavor(PathBuf),
    /// The `MLmodel` file points outside its directory.
    #[error("`{}` points to `{target}`; it may only name a file inside its own directory", file.display())]
    Outside {
        /// The `MLmodel` file.
        file: PathBuf,
        /// Where it points.
        target: String,
    },
    /// The bytes are no ONNX model, or one that needs what we do not have.
    #[error("cannot load model `{model}`: {source}")]
    Onnx {
        /// The model.
        model: String,
        /// What is wrong with it.
        source: Box<onnx::Error>,
    },
    /// The signature in the model names an input that the graph does not have in that kind.
    #[error("model `{model}` says that it takes {kind} `{input}`, and its graph does not; export it again")]
    Signature {
        /// The model.
        model: String,
        /// The input.
        input: String,
        /// What the signature says it is.
        kind: Kind,
    },
    /// The signature in the model leaves out an input of the graph.
    #[error("model `{model}` takes `{input}`, and its signature does not say so; export it again")]
    Undescribed {
        /// The model.
        model: String,
        /// The input.
        input: String,
    },
}
