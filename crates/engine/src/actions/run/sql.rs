//! `run step.x` for a step that is a query: its rows become one Parquet file of the store.

use data::Part;
use spec::Input;

use super::{
    super::{Done, Failure, Turn, report, view},
    cached,
};
use crate::{Engine, output::Output};

pub(crate) async fn perform(
    engine: &Engine,
    turn: &Turn,
    step: &spec::Step,
    query: &str,
) -> Result<Done, Failure> {
    let mut views = Vec::new();
    for input in step.inputs() {
        let node = match input {
            Input::Data(name) => plan::Node::Data(name.clone()),
            Input::Step(name) => plan::Node::Step(name.clone()),
            Input::File(_) | Input::Trigger(_) => continue,
        };
        views.push(view(engine, &node, &turn.input(&node.to_string())?)?);
    }
    let temporary = engine.store.temporary();
    report(engine, &turn.action.id, "querying");
    data::query(query, &views, temporary.path(), &engine.limits()).await?;
    let hash = engine.store.put_file(temporary.path())?;
    let path = engine.store.path(&hash)?;
    let bytes = std::fs::metadata(&path).map_err(|error| Failure::of(&error))?.len();
    let relative = format!("{}.parquet", turn.action.id.node.name());
    let part = Part { path, relative, bytes, hash };
    let manifest = data::inspect(&[part], Some(data::Format::Parquet), data::Window::default()).await?;
    let (rows, columns) = (manifest.rows, manifest.fields.len());
    let made = Output::rows(manifest);
    let output = made.keep(&engine.store)?;
    let summary = format!("{} rows, {columns} columns, {}", base::grouped(rows), output.short());
    let mut done = Done::new(output, summary, serde_json::json!({ "rows": rows, "columns": columns }));
    done.left = Some(cached::left(engine, turn, output, &made)?);
    Ok(done)
}
