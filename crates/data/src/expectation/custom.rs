//! The test that a query of the user's finds nothing.

use arrow::{
    array::{Array, RecordBatch, cast::AsArray},
    compute::cast,
    datatypes::{DataType, Float64Type},
};
use base::grouped;
use datafusion::logical_expr::LogicalPlan;
use futures::StreamExt;

use super::{EXAMPLES, Impossible, Outcome, rows};
use crate::{Error, session::Session};

/// A query that always gives one number gives the number of violations; any other gives the violating rows.
pub(super) async fn judge(session: &Session, query: &str) -> Result<Result<Outcome, Impossible>, Error> {
    match run(session, query).await {
        Ok(outcome) => Ok(Ok(outcome)),
        Err(Error::Sql(problem)) => Ok(Err(Impossible(problem))),
        Err(other) => Err(other),
    }
}

async fn run(session: &Session, query: &str) -> Result<Outcome, Error> {
    let plan = session.plan(query).await?;
    let fields = plan.schema().fields();
    let counts = fields.len() == 1 && fields[0].data_type().is_numeric() && gives_one_row(&plan);
    let mut batches = session.run(plan).await?.execute_stream().await?;
    let (mut found, mut violations, mut examples) = (0, 0, Vec::new());
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        found += batch.num_rows() as u64;
        if counts {
            violations = counted(&batch)?;
        } else {
            let room = EXAMPLES - examples.len();
            examples.extend(rows::objects(&batch.slice(0, room.min(batch.num_rows())))?);
        }
    }
    let violations = if counts { violations } else { found };
    Ok(match violations {
        0 => Outcome::pass("no violating row"),
        1 => Outcome { passed: false, message: "1 violating row".to_owned(), violations, examples },
        many => {
            let message = format!("{} violating rows", grouped(many));
            Outcome { passed: false, message, violations, examples }
        }
    })
}

/// Whether the query is an aggregate over everything, or a bare expression: `SELECT count(*) FROM …`.
fn gives_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        LogicalPlan::EmptyRelation(relation) => relation.produce_one_row,
        LogicalPlan::Projection(projection) => gives_one_row(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => gives_one_row(&alias.input),
        LogicalPlan::Sort(sort) => gives_one_row(&sort.input),
        _ => false,
    }
}

fn counted(batch: &RecordBatch) -> Result<u64, Error> {
    if batch.num_rows() == 0 {
        return Ok(0);
    }
    let number = cast(batch.column(0), &DataType::Float64).map_err(|error| Error::Sql(error.to_string()))?;
    let number = number.as_primitive::<Float64Type>();
    // A sum over no rows is null: nothing was found.
    let number = if number.is_null(0) { 0.0 } else { number.value(0) };
    if number < 0.0 || number.fract() != 0.0 || !number.is_finite() {
        return Err(Error::Sql(format!("it gives {number}, which is not a number of violating rows")));
    }
    Ok(number as u64)
}
