//! `kaizen schema`

use crate::{Failure, exit, output::Output};

pub(crate) fn run(output: &mut Output) -> Result<u8, Failure> {
    let schema = serde_json::to_string_pretty(&spec::schema());
    let schema = schema.map_err(|error| Failure::new(exit::FAILED, format!("write the schema: {error}")))?;
    output.text(&schema);
    Ok(exit::DONE)
}
