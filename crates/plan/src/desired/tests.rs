use std::collections::BTreeSet;

use super::{Desired, Wanted};
use crate::{Assignment, Node, Observed, Recorded, decide};

fn node(text: &str) -> Node {
    text.parse().unwrap()
}

/// Nodes with what they read, and the model of services and monitors.
fn project(lines: &[(&str, &[&str], Option<&str>)]) -> Desired {
    let wanted = |inputs: &[&str], model: Option<&str>| Wanted {
        inputs: inputs.iter().map(|input| node(input)).collect(),
        model: model.map(|model| model.parse().unwrap()),
        ..Wanted::default()
    };
    let nodes = lines.iter().map(|(name, inputs, model)| (node(name), wanted(inputs, *model))).collect();
    Desired { nodes, ..Desired::default() }
}

fn kept(targets: &[&str]) -> Vec<String> {
    let mut desired = project(&[
        ("data.a", &[], None),
        ("data.b", &[], None),
        ("step.one", &["data.a"], None),
        ("step.two", &["data.a", "step.one"], None),
        ("step.other", &["data.b"], None),
        ("step.fan[x=1]", &["step.one"], None),
        ("step.fan[x=2]", &["step.two"], None),
        ("model.late", &["step.two"], None),
        ("service.late", &[], Some("late")),
        ("monitor.late", &[], Some("late")),
    ]);
    let targets: BTreeSet<Node> = targets.iter().map(|target| node(target)).collect();
    desired.only(&targets);
    desired.nodes.keys().map(ToString::to_string).collect()
}

#[test]
fn a_target_is_kept_with_all_that_it_reads() {
    assert_eq!(kept(&["step.two"]), ["data.a", "step.one", "step.two"]);
    assert_eq!(kept(&["step.one", "step.other"]), ["data.a", "data.b", "step.one", "step.other"]);
    assert!(kept(&["step.absent"]).is_empty());
}

#[test]
fn a_service_is_kept_with_its_model_and_what_monitors_collect_for_it() {
    let all = ["data.a", "step.one", "step.two", "monitor.late", "model.late", "service.late"];
    assert_eq!(kept(&["service.late"]), all);
}

#[test]
fn the_name_of_a_fan_out_stands_for_its_instances() {
    assert_eq!(kept(&["step.fan[x=1]"]), ["data.a", "step.fan[x=1]", "step.one"]);
    let all = ["data.a", "step.fan[x=1]", "step.fan[x=2]", "step.one", "step.two"];
    assert_eq!(kept(&["step.fan"]), all);
}

#[test]
fn a_part_of_a_project_stops_no_service() {
    let mut desired = project(&[("step.one", &[], None), ("service.late", &[], Some("late"))]);
    let mut recorded = Recorded::default();
    for service in ["late", "gone"] {
        let assignment = Assignment { model: "late".parse().unwrap(), version: 1 };
        recorded.services.insert(service.parse().unwrap(), assignment);
    }
    recorded.champions.insert("late".parse().unwrap(), 1);
    let planned = |desired: &Desired| -> Vec<String> {
        let plan = decide(desired, &recorded, &Observed::default()).unwrap();
        plan.actions.iter().map(|action| action.id.to_string()).collect()
    };
    assert_eq!(planned(&desired), ["run step.one", "stop service.gone"]);
    desired.only(&[node("step.one")].into());
    assert_eq!(planned(&desired), ["run step.one"]);
}

#[test]
fn a_diamond_of_many_floors_is_walked_once() {
    let floor = |floor: usize, side: &str| format!("step.{side}{floor}").parse::<Node>().unwrap();
    let mut desired = Desired::default();
    for number in 0..2_000 {
        for side in ["left", "right"] {
            let mut wanted = Wanted::default();
            if number > 0 {
                wanted.inputs.extend([floor(number - 1, "left"), floor(number - 1, "right")]);
            }
            desired.nodes.insert(floor(number, side), wanted);
        }
    }
    desired.only(&[floor(1_999, "left")].into());
    assert_eq!(desired.nodes.len(), 3_999);
}
