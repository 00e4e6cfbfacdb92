//! What is drawn, whatever the language: shapes, frames around some of them, and arrows.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Desired, Node, Wanted};

/// Above so many nodes the instances of a fan-out are drawn as one.
pub(super) const MOST: usize = 500;

/// How a node stands, in a word, when anything is known of it.
pub(super) type State<'a> = dyn Fn(&Node) -> Option<&'a str> + 'a;

/// A node, or all the instances of a fan-out.
pub(super) struct Shape {
    /// What kind of thing it is, as in the project file.
    pub(super) kind: &'static str,
    pub(super) label: String,
    /// How it stands, for people.
    pub(super) says: Option<String>,
    /// How it stands, if all that it stands for stand alike.
    pub(super) state: Option<String>,
}

/// The instances of a fan-out, drawn together.
pub(super) struct Frame {
    pub(super) label: String,
    /// Their places.
    pub(super) shapes: Vec<usize>,
}

/// From what is read to what reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    /// For what flows only when a monitor collects.
    pub(super) dotted: bool,
}

#[derive(Default)]
pub(super) struct Drawing {
    pub(super) shapes: Vec<Shape>,
    /// The places of the shapes in no frame.
    pub(super) loose: Vec<usize>,
    pub(super) frames: Vec<Frame>,
    pub(super) arrows: BTreeSet<Arrow>,
}

impl Drawing {
    pub(super) fn of(desired: &Desired, state: &State<'_>) -> Self {
        let is_crowded = desired.nodes.len() > MOST;
        let mut drawing = Self::default();
        let mut places = BTreeMap::new();
        for (group, members) in groups(desired) {
            let first = drawing.shapes.len();
            match group {
                Some(group) if is_crowded => {
                    drawing.loose.push(first);
                    drawing.shapes.push(several(&group, &members, state));
                    places.extend(members.iter().map(|node| (*node, first)));
                }
                group => {
                    places.extend(members.iter().copied().zip(first..));
                    drawing.shapes.extend(members.iter().map(|node| one(node, group.as_ref(), state)));
                    drawing.enclose(group, (first..first + members.len()).collect());
                }
            }
        }
        for (node, wanted) in &desired.nodes {
            drawing.connect(node, wanted, &places);
        }
        drawing
    }

    fn enclose(&mut self, group: Option<Node>, shapes: Vec<usize>) {
        match group {
            Some(group) => self.frames.push(Frame { label: times(&group, shapes.len()), shapes }),
            None => self.loose.extend(shapes),
        }
    }

    fn connect(&mut self, node: &Node, wanted: &Wanted, places: &BTreeMap<&Node, usize>) {
        let here = places[node];
        for input in &wanted.inputs {
            self.point(places.get(input).copied(), Some(here), false);
        }
        let Some(model) = &wanted.model else { return };
        let model = places.get(&Node::Model(model.clone())).copied();
        if matches!(node, Node::Monitor(_)) {
            self.point(Some(here), model, true);
        } else {
            self.point(model, Some(here), false);
        }
    }

    fn point(&mut self, from: Option<usize>, to: Option<usize>, dotted: bool) {
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            self.arrows.insert(Arrow { from, to, dotted });
        }
    }
}

/// The nodes in their own order, the instances of each fan-out together where the first of them stands.
fn groups(desired: &Desired) -> Vec<(Option<Node>, Vec<&Node>)> {
    let mut groups: Vec<(Option<Node>, Vec<&Node>)> = Vec::new();
    let mut places: BTreeMap<Node, usize> = BTreeMap::new();
    for node in desired.nodes.keys() {
        let Some(group) = node.group() else {
            groups.push((None, vec![node]));
            continue;
        };
        if let Some(place) = places.get(&group) {
            groups[*place].1.push(node);
        } else {
            places.insert(group.clone(), groups.len());
            groups.push((Some(group), vec![node]));
        }
    }
    groups
}

/// Within its frame an instance need not repeat the name of the fan-out.
fn one(node: &Node, group: Option<&Node>, state: &State<'_>) -> Shape {
    let whole = node.to_string();
    let key = group.and_then(|group| whole.strip_prefix(&group.to_string()));
    let key = key.and_then(|key| key.strip_prefix('[')?.strip_suffix(']'));
    let state = state(node).map(str::to_owned);
    let label = key.map_or_else(|| whole.clone(), str::to_owned);
    Shape { kind: node.kind(), label, says: state.clone(), state }
}

fn several(group: &Node, members: &[&Node], state: &State<'_>) -> Shape {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for state in members.iter().filter_map(|node| state(node)) {
        *counts.entry(state).or_default() += 1;
    }
    let alike = counts.iter().find(|(_, count)| **count == members.len());
    let says: Vec<_> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    Shape {
        kind: group.kind(),
        label: times(group, members.len()),
        state: alike.map(|(state, _)| (*state).to_owned()),
        says: (!says.is_empty()).then(|| says.join(", ")),
    }
}

fn times(group: &Node, count: usize) -> String {
    format!("{group} ×{count}")
}
