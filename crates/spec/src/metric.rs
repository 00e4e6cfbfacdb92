//! Tasks and metrics as words of the project file.

use base::Diagnostic;
use stats::{Metric, Task};

use crate::{
    field::{Word, quoted},
    reader::Node,
};

impl Word for Task {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for Metric {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

/// The metrics that a model is reported by when its table names none.
pub(crate) fn standard(task: Task) -> Vec<Metric> {
    match task {
        Task::Binary => vec![Metric::RocAuc, Metric::LogLoss],
        Task::Multiclass => vec![Metric::LogLoss, Metric::Accuracy],
        Task::Regression => vec![Metric::Rmse, Metric::R2],
    }
}

/// The value as a metric that means something for the task; any metric while the task is unknown.
pub(crate) fn suited(node: &Node<'_>, task: Option<Task>) -> Option<Metric> {
    let metric: Metric = node.word()?;
    match task {
        Some(task) if !metric.suits(task) => {
            let suited = Metric::ALL.into_iter().filter(|metric| metric.suits(task));
            let names: Vec<_> = suited.map(Metric::name).collect();
            let unsuited = Diagnostic::error(format!("`{metric}` does not suit a {task} task"));
            node.refuse(unsuited.expected(format!("one of {}", quoted(&names))));
            None
        }
        _ => Some(metric),
    }
}
