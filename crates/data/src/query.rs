use std::path::Path;

use futures::StreamExt;

use crate::{Error, Limits, View, output::WholeFile, session::Session};

/// What a query wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryOutput {
    /// The number of rows.
    pub rows: u64,
}

/// Runs one SQL query over the views and writes its rows to one Parquet file at `out`.
///
/// The query sees each view under its name and nothing else: no file, no setting, no other
/// statement. Names of columns are taken as they are written. The same query over the same
/// snapshots writes the same bytes. The file appears whole and on disk, or not at all.
///
/// # Errors
/// When the query is not understood or fails, or the file cannot be written.
pub async fn query(sql: &str, views: &[View], out: &Path, limits: &Limits) -> Result<QueryOutput, Error> {
    let session = Session::new(views, limits)?;
    let plan = session.plan(sql).await?;
    let mut batches = session.run(plan).await?.execute_stream().await?;
    let mut file = WholeFile::small(out, &batches.schema())?;
    while let Some(batch) = batches.next().await {
        file.write(&batch?)?;
    }
    Ok(QueryOutput { rows: file.finish()? })
}
