//! `kaizen graph`: for Mermaid, for Graphviz, and for programs.

use std::collections::BTreeSet;

use super::with;
use crate::context::TestContext;

/// Names that mean something in a graph's language.
const GRAPH: &str = r#"
[project]
name = "graph"

[data.rows]
source = "rows.csv"

[step.clean]
run = "cat rows.csv > clean.csv"
reads = ["data.rows"]
writes = ["clean.csv"]

[step.train]
run = "test ${each.lr} != 2 && echo ${each.opt}"
each = { lr = [1, 2], opt = ["a \"b\" <c>", "x|y"] }
reads = ["step.clean"]

[step.end]
run = "true"
reads = ["step.train"]
"#;

fn graph() -> TestContext {
    let context = with(GRAPH);
    context.write("rows.csv", "a,b\n1,2\n");
    context
}

#[test]
fn a_graph_for_mermaid_has_every_node_once_with_its_state() {
    let context = graph();
    let before = context.run(&["graph"]);
    let before = &before.code(0).stdout;
    assert!(before.starts_with("flowchart LR\n") && before.contains("step.clean<br/>to do"), "{before}");
    assert_eq!(before.matches("to do\"]").count(), 6, "{before}");
    context.run(&["run", "--keep-going"]).code(5);
    let after = context.run(&["graph", "--format", "mermaid"]);
    let after = &after.code(0).stdout;
    assert!(after.contains("step.clean<br/>done") && after.contains("<br/>failed"), "{after}");
    for line in after.lines().filter(|line| line.contains("[\"")) {
        let label = line.split("[\"").nth(1).unwrap().strip_suffix("\"]").unwrap();
        assert!(!label.contains('"') && !label.replace("<br/>", "").contains('<'), "{line}");
    }
    // One from the data, one to each of four instances, and one from each of them.
    assert_eq!(after.matches(" --> ").count(), 9, "{after}");
}

#[test]
fn a_graph_for_graphviz_follows_its_grammar_and_names_only_nodes_it_has() {
    let context = graph();
    let ran = context.run(&["graph", "--format", "dot"]);
    let (nodes, edges) = dot(&ran.code(0).stdout);
    assert_eq!((nodes.len(), edges.len()), (7, 9), "{ran:#?}");
    for (from, to) in edges {
        assert!(nodes.contains(&from) && nodes.contains(&to), "{from} -> {to} in {nodes:?}");
    }
}

/// The nodes and edges of a graph, by the statements of the DOT language that Kaizen uses.
fn dot(text: &str) -> (BTreeSet<String>, Vec<(String, String)>) {
    let (mut nodes, mut edges, mut depth) = (BTreeSet::new(), Vec::new(), 0);
    for statement in statements(text) {
        let words: Vec<_> = statement.split_whitespace().collect();
        match words[..] {
            ["digraph" | "subgraph", _, "{"] => depth += 1,
            ["}"] => depth -= 1,
            [from, "->", to] => edges.push((from.to_owned(), to.to_owned())),
            ["node", ..] => {}
            [name, ..] if name.starts_with("rankdir=") || name.starts_with("label=") => {}
            [name, attributes, ..] if attributes.starts_with('[') && statement.ends_with(']') => {
                assert!(nodes.insert(name.to_owned()), "{name} is there twice");
            }
            _ => panic!("not a statement: {statement}"),
        }
        assert!(depth >= 0, "too many closing braces");
    }
    assert_eq!(depth, 0, "a brace is not closed");
    (nodes, edges)
}

/// What semicolons and braces outside of quotes divide.
fn statements(text: &str) -> Vec<String> {
    let (mut statements, mut now) = (Vec::new(), String::new());
    let (mut is_quoted, mut is_escaped) = (false, false);
    for letter in text.chars() {
        let ends = !is_quoted && matches!(letter, ';' | '{' | '}');
        if !(ends && letter == ';') {
            now.push(letter);
        }
        if ends {
            statements.push(std::mem::take(&mut now).trim().to_owned());
        }
        is_quoted ^= letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
    }
    assert!(!is_quoted && now.trim().is_empty(), "it ends within a statement: {now}");
    statements.into_iter().filter(|statement| !statement.is_empty()).collect()
}

#[test]
fn a_graph_for_programs_has_what_each_node_reads() {
    let told = graph().json(&["graph"]);
    let nodes = told["nodes"].as_array().unwrap();
    let clean = nodes.iter().find(|node| node["node"] == "step.clean").unwrap();
    assert_eq!(clean, &serde_json::json!({ "node": "step.clean", "state": "to do", "reads": ["data.rows"] }));
    assert_eq!(nodes.len(), 7);
}
