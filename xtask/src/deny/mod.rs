//! `cargo xtask deny`: what may be in the dependency tree. The policy is `xtask/deny.toml`.

mod check;
mod licence;
mod policy;

use anyhow::{Result, bail};

use crate::metadata::Metadata;
use policy::Policy;

/// Holds the dependency tree to the policy and says everything that offends at once.
pub(crate) fn run() -> Result<()> {
    let mut metadata = Metadata::read()?;
    metadata.keep_built()?;
    let policy = Policy::read(&metadata.workspace_root.join("xtask/deny.toml"))?;
    let offences = check::all(&metadata, &policy);
    if offences.is_empty() {
        println!("{} crates, as xtask/deny.toml allows", metadata.packages.len());
        return Ok(());
    }
    for offence in &offences {
        println!("- {offence}");
    }
    bail!("{} things in the dependency tree that xtask/deny.toml does not allow", offences.len());
}
