//! The arguments of `kaizen replay`.

use std::path::PathBuf;

use base::{Span, Timestamp};
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaizen replay examples/flights --from 2013-04-01 --speed 7d/s
  kaizen replay rides.parquet --time pickup --label late --label-delay 2h --model eta --url http://127.0.0.1:8080

From a project, the model, the columns and the address are known: its monitor says where event time and labels are.
The project's own `until` does not hold here: what it keeps from training is what there is to replay.
Any server of the Open Inference Protocol (version 2, REST) can be asked; labels go to Kaizen's /labels.
A server that asks for a token finds it in the variable KAIZEN_TOKEN.")]
pub(crate) struct Replay {
    /// A project, or data: a Parquet, CSV, JSON lines or Arrow file, a glob or a directory [default: .]
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Option<PathBuf>,

    /// Begin with this event time
    #[arg(long, value_name = "TIME", value_parser = crate::commands::replay::time)]
    pub(crate) from: Option<Timestamp>,

    /// End before this event time
    #[arg(long, value_name = "TIME", value_parser = crate::commands::replay::time)]
    pub(crate) until: Option<Timestamp>,

    /// Event time that goes by in a second: 7d/s, 1h/s; or 1x, or max
    #[arg(long, default_value = "max", value_name = "SPEED")]
    pub(crate) speed: crate::replay::Speed,

    /// The server [default: the project's, or http://127.0.0.1:5151]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,

    /// The model, or in a project the service, that is asked [default: the project's only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,

    /// The column of the event time [default: the project's]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) time: Option<String>,

    /// The column that tells rows apart, for joining labels [default: the project's key, or the event time and the
    /// place within its instant]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,

    /// The column that is sent as the label [default: the model's target]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,

    /// The column that says when a label is known
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label_time: Option<String>,

    /// Without such a column: how long after the event a label is known
    #[arg(long, value_name = "SPAN")]
    pub(crate) label_delay: Option<Span>,

    /// Send no labels
    #[arg(long)]
    pub(crate) no_labels: bool,

    /// From a file: the columns that are sent, for a model with one wide input
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    pub(crate) columns: Vec<String>,

    /// Rows of one instant that go in a request, at the most
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) batch: usize,

    /// Requests under way at once [default: 4]
    #[arg(long, value_name = "N")]
    pub(crate) connections: Option<usize>,

    /// Send this many rows at the most
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,

    /// How long a server that does not answer is tried again
    #[arg(long, default_value = "30s", value_name = "SPAN")]
    pub(crate) patience: Span,
}
