//! What cargo knows about the workspace: every package in the lock file, and who depends on whom.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The part of `cargo metadata` that the chores read.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_members: HashSet<String>,
    pub(crate) workspace_root: PathBuf,
    pub(crate) target_directory: PathBuf,
    pub(crate) resolve: Resolve,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    /// Where it comes from; none for a crate of this workspace.
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependency tables.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) rename: Option<String>,
    /// None for `[dependencies]`, else `dev` or `build`.
    pub(crate) kind: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) dependencies: Vec<String>,
}

impl Metadata {
    /// Asks cargo, which refuses when `Cargo.lock` is out of date.
    pub(crate) fn read() -> Result<Self> {
        let text = cargo(&["metadata", "--format-version", "1", "--locked"])?;
        serde_json::from_str(&text).context("read the output of cargo metadata")
    }

    /// Leaves out the packages that are in the lock file and that no build for any platform takes.
    ///
    /// Cargo's metadata hold each optional dependency that a feature such as `nalgebra?/std` merely mentions; only
    /// its tree knows which of them are switched on.
    pub(crate) fn keep_built(&mut self) -> Result<()> {
        let everything = ["--workspace", "--target", "all", "--edges", "normal,build,dev"];
        let as_lines = ["--prefix", "none", "--format", "{p}"];
        let text = cargo(&[&["tree", "--locked"], everything.as_slice(), as_lines.as_slice()].concat())?;
        let built: HashSet<&str> = text.lines().map(name_and_version).collect();
        let is_built = |package: &Package| built.contains(&*format!("{} v{}", package.name, package.version));
        self.packages.retain(is_built);
        let kept: HashSet<&str> = self.packages.iter().map(|package| package.id.as_str()).collect();
        for node in &mut self.resolve.nodes {
            node.dependencies.retain(|id| kept.contains(id.as_str()));
        }
        Ok(())
    }

    /// The crates of this workspace, in the order of their names.
    pub(crate) fn members(&self) -> Vec<&Package> {
        let mut members: Vec<&Package> =
            self.packages.iter().filter(|package| self.workspace_members.contains(&package.id)).collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members
    }

    /// For every package the shortest chain of names from a crate of this workspace, such as `server → axum → hyper`.
    pub(crate) fn chains(&self) -> HashMap<&str, String> {
        let names: HashMap<&str, &str> =
            self.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
        let edges: BTreeMap<&str, &[String]> =
            self.resolve.nodes.iter().map(|node| (node.id.as_str(), node.dependencies.as_slice())).collect();
        let mut chains = HashMap::new();
        let mut queue = VecDeque::new();
        for member in self.members() {
            chains.insert(member.id.as_str(), member.name.clone());
            queue.push_back(member.id.as_str());
        }
        while let Some(id) = queue.pop_front() {
            for dependency in edges.get(id).copied().unwrap_or_default() {
                if !chains.contains_key(dependency.as_str()) {
                    let name = names.get(dependency.as_str()).copied().unwrap_or(dependency);
                    chains.insert(dependency, format!("{} → {name}", chains[id]));
                    queue.push_back(dependency);
                }
            }
        }
        chains
    }
}

/// `serde v1.0.229`, of a line that may go on with a path or a remark.
fn name_and_version(line: &str) -> &str {
    let second_space = line.match_indices(' ').nth(1);
    second_space.map_or(line, |(place, _)| &line[..place])
}

fn cargo(arguments: &[&str]) -> Result<String> {
    let named = format!("cargo {}", arguments[0]);
    let output = Command::new("cargo").args(arguments).output().with_context(|| format!("run {named}"))?;
    if !output.status.success() {
        bail!("{named} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("read the output of {named}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_tree_gives_name_and_version_alone() {
        assert_eq!(name_and_version("serde v1.0.229"), "serde v1.0.229");
        assert_eq!(name_and_version("syn v2.0.119 (proc-macro) (*)"), "syn v2.0.119");
    }

    #[test]
    fn the_chain_to_a_package_is_a_shortest_one_from_a_crate_of_ours() {
        let package = |id: &str| {
            serde_json::json!({
                "id": id, "name": id, "version": "1.0.0", "manifest_path": "Cargo.toml", "dependencies": [],
            })
        };
        let metadata: Metadata = serde_json::from_value(serde_json::json!({
            "packages": [package("app"), package("low"), package("web"), package("deep")],
            "workspace_members": ["app", "low"], "workspace_root": ".", "target_directory": "target",
            "resolve": { "nodes": [
                { "id": "app", "dependencies": ["web", "low"] },
                { "id": "web", "dependencies": ["deep"] },
                { "id": "low", "dependencies": ["deep"] },
            ] },
        }))
        .unwrap();
        let chains = metadata.chains();
        assert_eq!(chains["web"], "app → web");
        assert_eq!(chains["deep"], "low → deep");
        assert_eq!(chains["low"], "low");
    }
}
