//! Which runs meet the comparisons of keys.

use rusqlite::Transaction;

use super::{
    super::{condition::compare, statement::Statement},
    keys::Keys,
};
use crate::{
    Error,
    filter::{
        Comparison, NumberOperator, Test,
        runs::{Attribute, Dataset, Field},
    },
};

/// The tag that says again what a run is called, and by which MLflow finds it.
const NAME_TAG: &str = "mlflow.runName";

/// A set of rows of runs. Their numbers are given one by one, so that a bit for each is little.
#[derive(Debug, Default)]
pub(super) struct Set {
    words: Vec<u64>,
    count: usize,
}

impl Set {
    fn insert(&mut self, run: i64) {
        let Some((word, bit)) = place(run) else { return };
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.count += usize::from(self.words[word] & bit == 0);
        self.words[word] |= bit;
    }

    fn contains(&self, run: i64) -> bool {
        place(run).is_some_and(|(word, bit)| self.words.get(word).is_some_and(|found| found & bit != 0))
    }

    fn iter(&self) -> impl Iterator<Item = i64> {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let bits = (0..64).filter(move |bit| word & (1 << bit) != 0);
            bits.map(move |bit| at as i64 * 64 + bit)
        })
    }
}

fn place(run: i64) -> Option<(usize, u64)> {
    let run = usize::try_from(run).ok()?;
    Some((run / 64, 1 << (run % 64)))
}

/// The runs that the comparisons so far leave.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// Only these; without it, all.
    within: Option<Set>,
    without: Set,
}

impl Chosen {
    /// Holds the runs of an experiment to a comparison too, if it is one of a key.
    pub(super) fn narrow(
        &mut self,
        transaction: &Transaction<'_>,
        keys: &Keys,
        (experiment, comparison): (i64, &Comparison<Field>),
    ) -> Result<(), Error> {
        let Some(sql) = members(comparison, experiment, keys) else { return Ok(()) };
        if comparison.test == Test::IsNull {
            return self.leave_out(transaction, &sql);
        }
        let before = self.within.take();
        let mut within = Set::default();
        sql.each(transaction, |row| {
            let run = row.get(0)?;
            if before.as_ref().is_none_or(|before| before.contains(run)) {
                within.insert(run);
            }
            Ok(())
        })?;
        self.within = Some(within);
        Ok(())
    }

    /// Leaves out the runs that a statement gives.
    pub(super) fn leave_out(&mut self, transaction: &Transaction<'_>, sql: &Statement) -> Result<(), Error> {
        sql.each(transaction, |row| {
            self.without.insert(row.get(0)?);
            Ok(())
        })
    }

    pub(super) fn has(&self, run: i64) -> bool {
        self.within.as_ref().is_none_or(|within| within.contains(run)) && !self.without.contains(run)
    }

    /// Whether any comparison chose runs, so that those that are left can be told.
    pub(super) fn is_some(&self) -> bool {
        self.within.is_some()
    }

    /// Whether no run is left.
    pub(super) fn is_nothing(&self) -> bool {
        self.few(0)
    }

    /// Whether no more than so many are left.
    pub(super) fn few(&self, most: usize) -> bool {
        self.within.as_ref().is_some_and(|within| within.count <= most)
    }

    /// Those that are left, when any comparison chose some.
    pub(super) fn runs(&self) -> impl Iterator<Item = i64> {
        self.within.iter().flat_map(Set::iter).filter(|run| !self.without.contains(*run))
    }
}

/// The runs that meet a comparison of a key; for `IS NULL` those that do not. Nothing for what is not of a key.
fn members(comparison: &Comparison<Field>, experiment: i64, keys: &Keys) -> Option<Statement> {
    let test = &comparison.test;
    match &comparison.field {
        Field::Metric(key) => {
            let mut sql = Statement::of("SELECT run FROM latest WHERE experiment = ");
            sql.bind(experiment).add(" AND key = ").bind(keys.value(key));
            metric(&mut sql, test);
            Some(sql)
        }
        Field::Param(key) => {
            Some(pairs("SELECT run FROM params WHERE experiment = ", (experiment, key), test))
        }
        Field::Tag(key) => Some(pairs("SELECT run FROM tags WHERE experiment = ", (experiment, key), test)),
        Field::Attribute(Attribute::RunName) => {
            Some(pairs("SELECT run FROM tags WHERE experiment = ", (experiment, NAME_TAG), test))
        }
        Field::Attribute(_) => None,
        Field::Dataset(part) => Some(datasets(*part, experiment, test)),
    }
}

fn pairs(select: &'static str, (experiment, key): (i64, &str), test: &Test) -> Statement {
    let mut sql = Statement::of(select);
    sql.bind(experiment).add(" AND key = ").bind(key.to_owned());
    value(&mut sql, test);
    sql
}

/// Adds what the value of a pair must be.
pub(super) fn value(sql: &mut Statement, test: &Test) {
    if !matches!(test, Test::IsNull | Test::IsNotNull) {
        compare(sql.add(" AND "), "value", test);
    }
}

/// Adds what the value of a metric must be. NaN is other than any number, and otherwise compares with none.
fn metric(sql: &mut Statement, test: &Test) {
    if matches!(test, Test::Number(NumberOperator::NotEqual, _)) {
        compare(sql.add(" AND (is_nan = 1 OR "), "value", test);
        sql.add(")");
    } else {
        compare(sql.add(" AND is_nan = 0 AND "), "value", test);
    }
}

fn datasets(part: Dataset, experiment: i64, test: &Test) -> Statement {
    let (select, column) = match part {
        Dataset::Name => (OF_DATASET, " AND d.name"),
        Dataset::Digest => (OF_DATASET, " AND d.digest"),
        Dataset::Context => (OF_CONTEXT, " AND t.value"),
    };
    let mut sql = Statement::of(select);
    sql.bind(experiment);
    compare(&mut sql, column, test);
    sql
}

const OF_DATASET: &str =
    "SELECT i.run FROM datasets d JOIN inputs i ON i.dataset = d.id WHERE d.experiment = ";
const OF_CONTEXT: &str = "SELECT i.run FROM datasets d JOIN inputs i ON i.dataset = d.id \
    JOIN input_tags t ON t.input = i.id AND t.key = 'mlflow.data.context' WHERE d.experiment = ";
