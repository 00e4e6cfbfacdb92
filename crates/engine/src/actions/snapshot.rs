//! `snapshot data.x`: the source's files go into the store, and what they hold is looked at once.

use data::{Part, Window};

use super::{Done, Failure, Turn, report};
use crate::{
    Engine,
    observe::{data_source, fingerprint},
    output::Output,
};

pub(crate) async fn perform(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
    let name = turn.action.id.node.name();
    let Some(data) = turn.project.spec.data.get(name) else {
        return Err(Failure::failed(format!("data.{name} is not in the project")));
    };
    let source = data_source(&turn.project, data);
    let files = data::files(&source)?;
    let mut parts = Vec::with_capacity(files.len());
    for (position, file) in files.iter().enumerate() {
        report(
            engine,
            &turn.action.id,
            format!("file {} of {}: {}", position + 1, files.len(), file.relative),
        );
        let hash = engine.store.put_file(&file.path)?;
        let path = engine.store.path(&hash)?;
        parts.push(Part { path, relative: file.relative.clone(), bytes: file.bytes, hash });
    }
    let kept = fingerprint(parts.iter().map(|part| (part.relative.as_str(), part.hash)));
    if kept != turn.input("source")? {
        return Err(Failure::failed(
            "the source changed while it was read; it is read again by the next plan",
        ));
    }
    let window = Window { time: data.time.clone(), from: data.from, until: data.until };
    report(engine, &turn.action.id, "reading");
    let manifest = data::inspect(&parts, source.format, window).await?;
    let (rows, columns) = (manifest.rows, manifest.fields.len());
    let output = Output::rows(manifest).keep(&engine.store)?;
    let detail =
        serde_json::json!({ "rows": rows, "columns": columns, "files": parts.len(), "output": output });
    let summary = format!("{} rows, {columns} columns, {}", base::grouped(rows), output.short());
    Ok(Done::new(output, summary, detail))
}
