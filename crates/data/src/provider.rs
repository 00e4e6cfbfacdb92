//! A snapshot as a table of DataFusion's.

use std::{fmt, ops::ControlFlow, sync::Arc};

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::{
    catalog::{Session, TableProvider},
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::{Expr, TableType},
    physical_plan::{
        ExecutionPlan,
        stream::RecordBatchReceiverStreamBuilder,
        streaming::{PartitionStream, StreamingTableExec},
    },
};

use crate::{Error, View, read::Scan, schema};

/// Batches that may wait between the thread that decodes them and the query.
const AHEAD: usize = 2;

/// One view. It has one partition, its files one after the other, so that its rows always come in the
/// same order and a query over it has the same answer to the last bit.
pub(crate) struct Provider {
    view: View,
    schema: SchemaRef,
}

impl Provider {
    pub(crate) fn new(view: &View) -> std::result::Result<Self, Error> {
        Ok(Self { schema: schema::of_view(&view.manifest)?, view: view.clone() })
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "view {}", self.view.name)
    }
}

#[async_trait]
impl TableProvider for Provider {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        _session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let scan = Scan::new(&self.view.parts, &self.view.manifest, projection.map(Vec::as_slice))
            .map_err(|error| DataFusionError::External(Box::new(error)))?;
        let schema = scan.schema().clone();
        let partitions: Vec<Arc<dyn PartitionStream>> = vec![Arc::new(Partition(scan))];
        Ok(Arc::new(StreamingTableExec::try_new(schema, partitions, None, [], false, limit)?))
    }
}

#[derive(Debug)]
struct Partition(Scan);

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        self.0.schema()
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStreamBuilder::new(self.0.schema().clone(), AHEAD);
        let (sender, scan) = (builder.tx(), self.0.clone());
        builder.spawn_blocking(move || {
            // A receiver that is gone wants no more: its query has ended.
            let read = scan.run(&mut |batch| match sender.blocking_send(Ok(batch)) {
                Ok(()) => Ok(ControlFlow::Continue(())),
                Err(_) => Ok(ControlFlow::Break(())),
            });
            read.map_err(|error| DataFusionError::External(Box::new(error)))
        });
        builder.build()
    }
}
