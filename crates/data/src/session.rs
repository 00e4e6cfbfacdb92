//! DataFusion, with our limits on what a query may see, do and use.

use std::{path::PathBuf, sync::Arc};

use base::Size;
use datafusion::{
    common::{
        TableReference,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    config::Dialect,
    execution::{
        context::SQLOptions,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::FairSpillPool,
        runtime_env::RuntimeEnvBuilder,
    },
    logical_expr::{Expr, LogicalPlan, Volatility},
    prelude::{SessionConfig, SessionContext},
    sql::{parser::Statement, sqlparser::ast},
};

use crate::{Error, View, provider::Provider};

/// What reading and querying may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Memory for sorting, grouping and joining, and for a table; sorts and groups that need more go to disk.
    pub memory: Size,
    /// The folder for what goes to disk; the system's temporary folder when there is none.
    pub spill: Option<PathBuf>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: Size::bytes(2 << 30), spill: None }
    }
}

/// A session that knows these views and nothing else.
pub(crate) struct Session {
    context: SessionContext,
    names: Vec<String>,
}

impl Session {
    pub(crate) fn new(views: &[View], limits: &Limits) -> Result<Self, Error> {
        let mut config = SessionConfig::new().with_target_partitions(1).with_information_schema(false);
        // Names mean what is written: a column may be called `MedInc`.
        config.options_mut().sql_parser.enable_ident_normalization = false;
        let spill = match &limits.spill {
            Some(folder) => DiskManagerMode::Directories(vec![folder.clone()]),
            None => DiskManagerMode::OsTmpDirectory,
        };
        let memory = usize::try_from(limits.memory.get()).unwrap_or(usize::MAX);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(memory)))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(spill))
            .build_arc()?;
        let context = SessionContext::new_with_config_rt(config, runtime);
        for view in views {
            context
                .register_table(TableReference::bare(view.name.as_str()), Arc::new(Provider::new(view)?))?;
        }
        Ok(Self { context, names: views.iter().map(|view| view.name.clone()).collect() })
    }

    /// Understands a query. It may only read, and only the views.
    pub(crate) async fn plan(&self, sql: &str) -> Result<LogicalPlan, Error> {
        let state = self.context.state();
        let statement = state.sql_to_statement(sql, &Dialect::Generic)?;
        if !is_query(&statement) {
            let message = "only one query is run here: SELECT …, or WITH … SELECT …";
            return Err(Error::Sql(message.to_owned()));
        }
        for table in state.resolve_table_references(&statement)? {
            self.check_table(&table)?;
        }
        let plan = state.statement_to_plan(statement).await?;
        let read_only =
            SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        read_only.verify_plan(&plan)?;
        check_repeatable(&plan)?;
        Ok(plan)
    }

    /// Runs a plan.
    pub(crate) async fn run(&self, plan: LogicalPlan) -> Result<datafusion::dataframe::DataFrame, Error> {
        Ok(self.context.execute_logical_plan(plan).await?)
    }

    fn check_table(&self, table: &TableReference) -> Result<(), Error> {
        let name = table.to_string();
        if matches!(table, TableReference::Bare { .. })
            && self.names.iter().any(|known| known == table.table())
        {
            return Ok(());
        }
        let known = self.names.iter().map(String::as_str);
        let hint = match base::nearest(table.table(), known) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.names.is_empty() => "no table is declared for it".to_owned(),
            None => format!("it can read {}", self.names.join(", ")),
        };
        Err(Error::Sql(format!("there is no table `{name}`; {hint}")))
    }
}

fn is_query(statement: &Statement) -> bool {
    matches!(statement, Statement::Statement(inner) if matches!(**inner, ast::Statement::Query(_)))
}

/// Refuses `random()`, `now()` and their like: a step that runs again must give the same rows.
fn check_repeatable(plan: &LogicalPlan) -> Result<(), Error> {
    let mut found = None;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expression| {
            expression.apply(|inner| {
                if let Expr::ScalarFunction(call) = inner
                    && call.func.signature().volatility != Volatility::Immutable
                {
                    found = Some(call.func.name().to_owned());
                    return Ok(TreeNodeRecursion::Stop);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    match found {
        Some(name) => Err(Error::Sql(format!(
            "`{name}` gives another answer each time; a query must give the same rows when it runs again"
        ))),
        None => Ok(()),
    }
}
