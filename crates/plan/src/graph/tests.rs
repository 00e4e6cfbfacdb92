use super::{dot, mermaid};
use crate::{Desired, Node, Wanted};

fn node(text: &str) -> Node {
    text.parse().unwrap()
}

fn add(desired: &mut Desired, name: &str, inputs: &[&str], model: Option<&str>) {
    let inputs = inputs.iter().map(|input| node(input)).collect();
    let model = model.map(|model| model.parse().unwrap());
    desired.nodes.insert(node(name), Wanted { inputs, model, ..Wanted::default() });
}

fn flights() -> Desired {
    let mut desired = Desired::default();
    add(&mut desired, "data.flights", &[], None);
    add(&mut desired, "step.train[lr=0.1]", &["data.flights"], None);
    add(&mut desired, "step.train[lr=0.2]", &["data.flights"], None);
    add(&mut desired, "step.train-all", &["step.train[lr=0.1]", "step.train[lr=0.2]"], None);
    add(&mut desired, "model.late", &["step.train-all"], None);
    add(&mut desired, "monitor.late", &[], Some("late"));
    add(&mut desired, "service.late", &[], Some("late"));
    desired
}

/// So many instances, of which every tenth failed, and what reads them.
fn fan(count: usize) -> Desired {
    let mut desired = Desired::default();
    let names: Vec<String> = (0..count).map(|number| format!("step.train[n={number:03}]")).collect();
    for name in &names {
        add(&mut desired, name, &[], None);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    add(&mut desired, "step.pick", &names, None);
    desired
}

fn every_tenth_failed(node: &Node) -> Option<&'static str> {
    let fails = node.name().as_str().ends_with("0]");
    node.group().map(|_| if fails { "failed" } else { "done" })
}

#[test]
fn mermaid_frames_the_instances_of_a_fan_out_and_colours_what_is_known() {
    let state = |node: &Node| match node {
        Node::Data(_) => Some("done"),
        Node::Model(_) => Some("not \"yet\" <b>"),
        _ => None,
    };
    let expected = r##"flowchart LR
  n0[("data.flights<br/>done")]
  n1["step.train-all"]
  n4>"monitor.late"]
  n5(["model.late<br/>not #34;yet#34; #60;b#62;"])
  n6{{"service.late"}}
  subgraph g0["step.train ×2"]
    n2["lr=0.1"]
    n3["lr=0.2"]
  end
  n0 --> n2
  n0 --> n3
  n1 --> n5
  n2 --> n1
  n3 --> n1
  n4 -.-> n5
  n5 --> n6
  classDef done fill:#d4edda,stroke:#2e7d32,color:#111
  class n0 done
"##;
    assert_eq!(mermaid(&flights(), &state), expected);
}

#[test]
fn dot_frames_the_instances_of_a_fan_out_and_colours_what_is_known() {
    let state = |node: &Node| match node {
        Node::Data(_) => Some("done"),
        Node::Model(_) => Some("a \"b\" \\ c\nd"),
        _ => None,
    };
    let expected = r##"digraph project {
  rankdir=LR;
  node [fontname="sans-serif", style=filled, fillcolor=white];
  n0 [shape=cylinder, label="data.flights\ndone", fillcolor="#d4edda"];
  n1 [shape=box, label="step.train-all"];
  n4 [shape=note, label="monitor.late"];
  n5 [shape=ellipse, label="model.late\na \"b\" \\ c\nd"];
  n6 [shape=hexagon, label="service.late"];
  subgraph cluster_0 {
    label="step.train ×2";
    n2 [shape=box, label="lr=0.1"];
    n3 [shape=box, label="lr=0.2"];
  }
  n0 -> n2;
  n0 -> n3;
  n1 -> n5;
  n2 -> n1;
  n3 -> n1;
  n4 -> n5 [style=dotted];
  n5 -> n6;
}
"##;
    assert_eq!(dot(&flights(), &state), expected);
}

#[test]
fn above_five_hundred_nodes_a_fan_out_is_one_node_that_counts() {
    let few = mermaid(&fan(499), &every_tenth_failed);
    assert!(few.contains("n=000") && few.contains("subgraph"));
    let many = mermaid(&fan(500), &every_tenth_failed);
    let expected = "flowchart LR\n  n0[\"step.pick\"]\n  \
        n1[\"step.train ×500<br/>450 done, 50 failed\"]\n  n1 --> n0\n";
    assert_eq!(many, expected);
    let alike = dot(&fan(500), &|node: &Node| node.group().map(|_| "done"));
    let line = r##"n1 [shape=box, label="step.train ×500\n500 done", fillcolor="#d4edda"];"##;
    assert!(alike.contains(line), "{alike}");
}
