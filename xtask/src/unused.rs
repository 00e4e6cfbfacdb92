//! `cargo xtask unused`: dependencies that a manifest names and no source file does.
//!
//! A dependency counts as used when a path begins with it (`serde::…`) or a `use` names it. That is a scan of words, not
//! a compiler: it may call a dependency used that is not, never the reverse.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::metadata::{Dependency, Metadata, Package};

/// Looks through every crate of the workspace and through the workspace's own table.
pub(crate) fn run() -> Result<()> {
    let metadata = Metadata::read()?;
    let mut unused = Vec::new();
    for member in metadata.members() {
        let directory = member.manifest_path.parent().context("a manifest is in a directory")?;
        let sources = Sources::read(directory)?;
        for dependency in &member.dependencies {
            if !sources.mention(dependency) {
                unused.push(format!("{} names {} and does not use it", member.name, dependency.name));
            }
        }
    }
    unused.extend(unclaimed(&metadata)?);
    if unused.is_empty() {
        println!("every dependency is used");
        return Ok(());
    }
    for line in &unused {
        println!("- {line}");
    }
    bail!("{} unused dependencies: remove them from their Cargo.toml", unused.len());
}

/// A crate's source text, without its lines of comment.
struct Sources {
    main: String,
    tests: String,
    build: String,
}

impl Sources {
    fn read(directory: &Path) -> Result<Self> {
        let mut sources = Self { main: String::new(), tests: String::new(), build: String::new() };
        collect(&directory.join("src"), &mut sources.main)?;
        for each in ["tests", "benches", "examples"] {
            collect(&directory.join(each), &mut sources.tests)?;
        }
        let script = directory.join("build.rs");
        if script.exists() {
            sources.build = without_comments(&read(&script)?);
        }
        Ok(sources)
    }

    fn mention(&self, dependency: &Dependency) -> bool {
        let name = dependency.rename.as_ref().unwrap_or(&dependency.name).replace('-', "_");
        match dependency.kind.as_deref() {
            None => mentions(&self.main, &name),
            Some("build") => mentions(&self.build, &name),
            // Unit tests are in the main sources.
            Some(_) => mentions(&self.tests, &name) || mentions(&self.main, &name),
        }
    }
}

fn collect(directory: &Path, into: &mut String) -> Result<()> {
    if !directory.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(directory).with_context(|| format!("list {}", directory.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&without_comments(&read(&path)?));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        code.push_str(line);
        code.push('\n');
    }
    code
}

/// Whether `name` begins a path (`name::…`), or stands alone after `use`.
fn mentions(code: &str, name: &str) -> bool {
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let in_path = |letter: char| in_word(letter) || letter == ':' || letter == '>';
    code.match_indices(name).any(|(start, _)| {
        let before = &code[..start];
        let after = &code[start + name.len()..];
        let begins = !before.strip_suffix("::").unwrap_or(before).ends_with(in_path);
        let path = after.trim_start().starts_with("::");
        let imported = before.ends_with("use ") && !after.starts_with(in_word);
        begins && !before.ends_with(in_word) && (path || imported)
    })
}

/// Entries of the workspace's dependency table that no crate of it takes.
fn unclaimed(metadata: &Metadata) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Root {
        workspace: Table,
    }
    #[derive(Deserialize)]
    struct Table {
        dependencies: toml::Table,
    }
    let path = metadata.workspace_root.join("Cargo.toml");
    let root: Root = toml::from_str(&read(&path)?).with_context(|| format!("read {}", path.display()))?;
    let taken: BTreeSet<&str> = metadata.members().into_iter().flat_map(names).collect();
    let unclaimed = root.workspace.dependencies.keys().filter(|name| !taken.contains(name.as_str()));
    Ok(unclaimed.map(|name| format!("the workspace's table has {name} and no crate takes it")).collect())
}

fn names(package: &Package) -> impl Iterator<Item = &str> {
    package.dependencies.iter().map(|each| each.rename.as_deref().unwrap_or(&each.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_or_an_import_is_a_mention() {
        for code in [
            "serde::de::Error",
            "use serde;",
            "use serde as s;",
            "#[derive(serde::Serialize)]",
            "(::serde::x)",
        ] {
            assert!(mentions(code, "serde"), "{code}");
        }
    }

    #[test]
    fn a_variable_a_longer_name_or_our_own_module_is_not_a_mention() {
        for code in
            ["let data = 1;", "serde_json::Value", "crate::data::Part", "use datafusion::x;", "my_data::x"]
        {
            assert!(!mentions(code, "data") && !mentions(code, "serde"), "{code}");
        }
    }

    #[test]
    fn a_comment_is_not_a_mention() {
        assert!(!mentions(&without_comments("// like serde::Serialize\nlet x = 1;"), "serde"));
    }

    #[test]
    fn a_dependency_for_tests_alone_does_not_count_as_one_of_the_crate() {
        let sources =
            Sources { main: String::new(), tests: "use tempfile::tempdir;".to_owned(), build: String::new() };
        let named = |kind: Option<&str>| Dependency {
            name: "tempfile".to_owned(),
            rename: None,
            kind: kind.map(str::to_owned),
        };
        assert!(sources.mention(&named(Some("dev"))));
        assert!(!sources.mention(&named(None)));
    }
}
