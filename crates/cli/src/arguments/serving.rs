//! The arguments of `kaizen serve`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// An ONNX file, or a directory with an MLmodel file
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,

    /// The name in the URL [default: the file's name, or of the nearest directory that can be one]
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// Where to answer
    #[arg(long, default_value = "127.0.0.1:5151", value_name = "HOST:PORT")]
    pub(crate) listen: String,
}
