//! The checks: metadata and policy in, offences out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::licence::Expression;
use super::policy::Policy;
use crate::metadata::{Metadata, Package};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Everything that offends, each naming the crate, what is wrong with it, and who brings it.
pub(crate) fn all(metadata: &Metadata, policy: &Policy) -> Vec<String> {
    let chains = metadata.chains();
    let mut offences = Vec::new();
    for package in &metadata.packages {
        let found = [origin(package), licence(package, policy), banned(package, policy)];
        let brought = chains.get(package.id.as_str()).map_or("nobody", String::as_str);
        offences.extend(
            found
                .into_iter()
                .flatten()
                .map(|what| format!("{} {} {what}; brought by {brought}", package.name, package.version)),
        );
    }
    offences.extend(duplicates(metadata, policy, &chains));
    offences.extend(layers(metadata, policy));
    offences.extend(only(metadata, policy));
    offences
}

fn origin(package: &Package) -> Option<String> {
    let source = package.source.as_deref()?;
    (source != CRATES_IO).then(|| format!("comes from `{source}`, and only crates.io is allowed"))
}

fn licence(package: &Package, policy: &Policy) -> Option<String> {
    let Some(text) = &package.license else {
        return Some("states no licence".to_owned());
    };
    match Expression::parse(text) {
        Ok(expression) if expression.is_met(&policy.licences.allow) => None,
        Ok(_) => Some(format!("has the licence `{text}`, which is not allowed")),
        Err(error) => Some(format!("has the licence `{text}`, which cannot be read: {error}")),
    }
}

fn banned(package: &Package, policy: &Policy) -> Option<String> {
    let ban = policy.ban.iter().find(|ban| ban.name == package.name)?;
    Some(format!("is banned: {}", ban.reason))
}

/// Crates in several versions that the policy does not list, and listed ones that are no longer so.
fn duplicates(metadata: &Metadata, policy: &Policy, chains: &HashMap<&str, String>) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in &metadata.packages {
        versions.entry(&package.name).or_default().push(package);
    }
    versions.retain(|_, packages| packages.len() > 1);
    let listed: BTreeSet<&str> = policy.duplicate.iter().map(|entry| entry.name.as_str()).collect();
    let mut offences = Vec::new();
    for (name, packages) in &versions {
        if !listed.contains(name) {
            let each: Vec<String> = packages
                .iter()
                .map(|package| format!("{} by {}", package.version, chains[package.id.as_str()]))
                .collect();
            offences.push(format!("{name} is in the tree {} times ({})", packages.len(), each.join(", ")));
        }
    }
    for name in listed {
        if !versions.contains_key(name) {
            offences.push(format!("{name} is no longer in the tree twice: remove its [[duplicate]] entry"));
        }
    }
    offences
}

/// Arrows between our own crates that do not point down.
fn layers(metadata: &Metadata, policy: &Policy) -> Vec<String> {
    let row_of = |name: &str| policy.layers.iter().position(|row| row.iter().any(|each| each == name));
    let own: BTreeSet<&str> = metadata.members().iter().map(|member| member.name.as_str()).collect();
    let mut offences = Vec::new();
    for member in metadata.members().into_iter().filter(|member| member.name != "xtask") {
        let Some(row) = row_of(&member.name) else {
            offences.push(format!("{} is in no row of `layers`", member.name));
            continue;
        };
        for name in listed(member).into_iter().filter(|name| own.contains(name)) {
            if row_of(name).is_none_or(|below| below >= row) {
                offences.push(format!("{} depends on {name}, which is not in a layer below it", member.name));
            }
        }
    }
    offences
}

fn only(metadata: &Metadata, policy: &Policy) -> Vec<String> {
    let mut offences = Vec::new();
    for rule in &policy.only {
        for member in metadata.members() {
            if listed(member).contains(rule.name.as_str()) && !rule.users.contains(&member.name) {
                let users = rule.users.join(", ");
                offences.push(format!(
                    "{} depends on {}, which only {users} may: {}",
                    member.name, rule.name, rule.reason
                ));
            }
        }
    }
    offences
}

/// The crates that a manifest lists, other than for its tests.
fn listed(package: &Package) -> BTreeSet<&str> {
    let outside_tests = package.dependencies.iter().filter(|each| each.kind.as_deref() != Some("dev"));
    outside_tests.map(|dependency| dependency.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A tree of `app` and `low`, ours, with `app` depending on `rest` from outside.
    fn tree(rest: &[Value], app_lists: &[&str], low_lists: &[&str]) -> Metadata {
        let ours = |name: &str, lists: &[&str]| {
            let dependencies: Vec<Value> = lists.iter().map(|name| json!({ "name": name })).collect();
            json!({
                "id": name, "name": name, "version": "0.1.0", "license": "Apache-2.0",
                "manifest_path": "Cargo.toml", "dependencies": dependencies,
            })
        };
        let mut packages = vec![ours("app", app_lists), ours("low", low_lists)];
        packages.extend_from_slice(rest);
        let ids: Vec<&str> = rest.iter().map(|package| package["id"].as_str().unwrap()).collect();
        serde_json::from_value(json!({
            "packages": packages, "workspace_members": ["app", "low"],
            "workspace_root": ".", "target_directory": "target",
            "resolve": { "nodes": [{ "id": "app", "dependencies": ids }] },
        }))
        .unwrap()
    }

    fn outside(name: &str, version: &str, licence: &str) -> Value {
        json!({
            "id": format!("{name}@{version}"), "name": name, "version": version, "license": licence,
            "source": CRATES_IO, "manifest_path": "Cargo.toml", "dependencies": [],
        })
    }

    fn policy(more: &str) -> Policy {
        let text = format!("layers = [['low'], ['app']]\n[licences]\nallow = ['MIT', 'Apache-2.0']\n{more}");
        toml::from_str(&text).unwrap()
    }

    fn offences(metadata: &Metadata, more: &str) -> Vec<String> {
        all(metadata, &policy(more))
    }

    #[test]
    fn a_tree_within_the_policy_has_no_offence() {
        let metadata = tree(&[outside("good", "1.0.0", "MIT OR GPL-3.0")], &["low", "good"], &[]);
        assert_eq!(offences(&metadata, ""), [""; 0]);
    }

    #[test]
    fn a_forbidden_licence_names_the_crate_the_licence_and_who_brings_it() {
        let metadata = tree(&[outside("viral", "1.2.3", "GPL-3.0")], &[], &[]);
        let expected = "viral 1.2.3 has the licence `GPL-3.0`, which is not allowed; brought by app → viral";
        assert_eq!(offences(&metadata, ""), [expected]);
    }

    #[test]
    fn a_missing_licence_and_another_source_are_named() {
        let mut package = outside("fork", "1.0.0", "MIT");
        package["license"] = Value::Null;
        package["source"] = json!("git+https://example.org/fork");
        let found = offences(&tree(&[package], &[], &[]), "");
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("fork 1.0.0 comes from `git+https://example.org/fork`"), "{found:?}");
        assert!(found[1].contains("fork 1.0.0 states no licence"), "{found:?}");
    }

    #[test]
    fn a_banned_crate_is_refused_with_the_reason() {
        let metadata = tree(&[outside("openssl-sys", "0.9.0", "MIT")], &[], &[]);
        let found = offences(&metadata, "[[ban]]\ncrate = 'openssl-sys'\nreason = 'use rustls'");
        assert_eq!(found, ["openssl-sys 0.9.0 is banned: use rustls; brought by app → openssl-sys"]);
    }

    #[test]
    fn a_second_version_must_be_listed_and_the_list_may_only_shrink() {
        let twice = tree(&[outside("two", "1.0.0", "MIT"), outside("two", "2.0.0", "MIT")], &[], &[]);
        let once = tree(&[outside("two", "2.0.0", "MIT")], &[], &[]);
        let listed = "[[duplicate]]\ncrate = 'two'\nreason = 'upstream'";
        assert_eq!(
            offences(&twice, ""),
            ["two is in the tree 2 times (1.0.0 by app → two, 2.0.0 by app → two)"]
        );
        assert_eq!(offences(&twice, listed), [""; 0]);
        assert_eq!(
            offences(&once, listed),
            ["two is no longer in the tree twice: remove its [[duplicate]] entry"]
        );
    }

    #[test]
    fn an_arrow_upward_is_refused_and_one_for_tests_is_not() {
        let upward = tree(&[], &[], &["app"]);
        assert_eq!(offences(&upward, ""), ["low depends on app, which is not in a layer below it"]);
        let mut for_tests = upward;
        for_tests.packages[1].dependencies[0].kind = Some("dev".to_owned());
        assert_eq!(offences(&for_tests, ""), [""; 0]);
    }

    #[test]
    fn a_crate_reserved_for_another_is_refused_with_the_reason() {
        let metadata = tree(&[outside("sql", "1.0.0", "MIT")], &["sql"], &[]);
        let rule = "[[only]]\ncrate = 'sql'\nusers = ['low']\nreason = 'one door'";
        assert_eq!(offences(&metadata, rule), ["app depends on sql, which only low may: one door"]);
    }
}
