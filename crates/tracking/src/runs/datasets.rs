//! The data sets that the runs of experiments read.

use serde::Serialize;

use crate::{Error, Tracking};

/// The most summaries in an answer.
const MOST: usize = 1_000;

/// A data set that runs of an experiment read, and what for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatasetSummary {
    /// Of which experiment.
    pub experiment_id: String,
    /// What it is called.
    pub name: String,
    /// Which content it has.
    pub digest: String,
    /// What it was used for, such as training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

impl Tracking {
    /// The data sets that runs of these experiments read.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn dataset_summaries(&self, experiment_ids: &[String]) -> Result<Vec<DatasetSummary>, Error> {
        let sql = "SELECT DISTINCT experiments.experiment_id, datasets.name, digest, input_tags.value
            FROM experiments
            JOIN datasets ON datasets.experiment = experiments.id
            JOIN inputs ON inputs.dataset = datasets.id
            LEFT JOIN input_tags ON input_tags.input = inputs.id AND input_tags.key = 'mlflow.data.context'
            WHERE experiments.experiment_id = ?1
            ORDER BY datasets.id
            LIMIT ?2";
        self.read(|transaction| {
            let mut summaries = Vec::new();
            let mut statement = transaction.prepare_cached(sql)?;
            for id in experiment_ids {
                let found = statement.query_map((id, (MOST - summaries.len()) as u32), |row| {
                    Ok(DatasetSummary {
                        experiment_id: row.get(0)?,
                        name: row.get(1)?,
                        digest: row.get(2)?,
                        context: row.get(3)?,
                    })
                })?;
                for summary in found {
                    summaries.push(summary?);
                }
            }
            Ok(summaries)
        })
    }
}
