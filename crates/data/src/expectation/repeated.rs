//! The test that no value of a column comes twice.

use arrow::{
    array::cast::AsArray,
    compute::cast,
    datatypes::{DataType, Int64Type},
};
use base::grouped;

use super::{EXAMPLES, Outcome, condition::identifier, rows};
use crate::{Error, View, session::Session};

/// Groups instead of counting distinct values: groups that need more memory than there is go to disk.
pub(super) async fn judge(session: &Session, view: &View, column: &str) -> Result<Outcome, Error> {
    let (table, name) = (identifier(&view.name), identifier(column));
    let groups =
        format!("SELECT {name}, count(*) AS \"n\" FROM {table} WHERE {name} IS NOT NULL GROUP BY {name}");
    let sql = format!("SELECT sum(\"n\"), sum(\"n\" - 1), count(*) FILTER (WHERE \"n\" > 1) FROM ({groups})");
    let plan = session.plan(&sql).await?;
    let batches = session.run(plan).await?.collect().await?;
    let mut numbers = Vec::new();
    for number in batches.iter().flat_map(|batch| batch.columns()) {
        let number = cast(number, &DataType::Int64).map_err(|error| Error::Sql(error.to_string()))?;
        numbers.push(number.as_primitive::<Int64Type>().iter().next().flatten().unwrap_or_default() as u64);
    }
    let [values, surplus, repeated] = numbers[..] else {
        return Err(Error::Sql("the count of repeated values has no answer".to_owned()));
    };
    if surplus == 0 {
        return Ok(Outcome::pass(format!("{column}: all {} values are different", grouped(values))));
    }
    let often = format!("{groups} HAVING count(*) > 1 ORDER BY \"n\" DESC, {name} LIMIT {EXAMPLES}");
    let examples = format!(
        "SELECT * FROM {table} WHERE {name} IN (SELECT {name} FROM ({often})) ORDER BY {name} LIMIT {EXAMPLES}"
    );
    let examples = rows::read(session, &examples).await?;
    let (surplus_shown, values, repeated) = (grouped(surplus), grouped(values), grouped(repeated));
    let found = if surplus == 1 { "value repeats" } else { "values repeat" };
    let message =
        format!("{column}: {surplus_shown} of {values} {found} another; {repeated} come more than once");
    Ok(Outcome { passed: false, message, violations: surplus, examples })
}
