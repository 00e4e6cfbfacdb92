use std::ops::ControlFlow;

use table::{Kind, Table, Values};

use crate::{Error, Limits, Manifest, View, blocking, columns::Collector, read::Scan, schema};

/// The rows of a view in memory: the columns asked for, in the order asked for, or all that a table can have.
///
/// Rows are in order of the event time when the view has one, earliest first, rows without it last,
/// and otherwise as the files have them.
///
/// # Errors
/// When a column is not there or cannot be in a table, when the files cannot be read, and when the
/// table would take more memory than is allowed.
pub async fn table(view: &View, columns: Option<&[String]>, limits: &Limits) -> Result<Table, Error> {
    let chosen = choose(&view.manifest, columns)?;
    let (view, limits) = (view.clone(), limits.clone());
    blocking(move || load(&view, &chosen, &limits)).await
}

fn choose(manifest: &Manifest, columns: Option<&[String]>) -> Result<Vec<(String, Kind)>, Error> {
    let Some(columns) = columns else {
        let usable = manifest.fields.iter().filter_map(|field| Some((field.name.clone(), field.kind?)));
        return Ok(usable.collect());
    };
    let mut chosen = Vec::new();
    for name in columns {
        let field = manifest.field(name).ok_or_else(|| Error::unknown_column(name, manifest.names()))?;
        let kind = field.kind.ok_or_else(|| {
            let note = field.note.as_deref().unwrap_or("it is left out");
            Error::Manifest(format!("column `{name}` cannot be used: {note}"))
        })?;
        chosen.push((name.clone(), kind));
    }
    Ok(chosen)
}

fn load(view: &View, chosen: &[(String, Kind)], limits: &Limits) -> Result<Table, Error> {
    let mut read = chosen.to_vec();
    if let Some(time) = &view.manifest.window.time
        && !read.iter().any(|(name, _)| name == time)
    {
        read.push((time.clone(), Kind::Time));
    }
    let all = schema::of_view(&view.manifest)?;
    let mut positions = Vec::new();
    for (name, _) in &read {
        positions.push(all.index_of(name).map_err(|error| Error::Manifest(error.to_string()))?);
    }
    let mut collector = Collector::new(read);
    Scan::new(&view.parts, &view.manifest, Some(&positions))?.run(&mut |batch| {
        collector.add(&batch)?;
        if collector.bytes() > limits.memory.get() {
            return Err(Error::Memory { limit: limits.memory });
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let table = in_order(collector.finish()?, view.manifest.window.time.as_deref());
    Ok(table.select(chosen.iter().map(|(name, _)| name.as_str())))
}

/// The rows by event time; rows of one instant stay as they were.
fn in_order(table: Table, time: Option<&str>) -> Table {
    let Some(Values::Time(times)) = time.and_then(|time| table.column(time)).map(|column| &column.values)
    else {
        return table;
    };
    let key = |row: &usize| (times[*row].is_none(), times[*row]);
    let mut rows: Vec<usize> = (0..table.rows()).collect();
    if rows.is_sorted_by_key(key) {
        return table;
    }
    rows.sort_by_key(key);
    table.take(&rows)
}
