//! What is made from what, as far as causes need it: paths from a symptom back to its sources.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Nodes such as `data.flights`, `step.features`, `model.late`, `service.late`, and an edge from each to what is made of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lineage {
    inputs: BTreeMap<String, BTreeSet<String>>,
}

impl Lineage {
    /// The graph of these edges, each from an input to what is made of it.
    pub fn of<'a>(edges: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut inputs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in edges {
            inputs.entry(to.to_owned()).or_default().insert(from.to_owned());
        }
        Self { inputs }
    }

    /// The shortest way from `from` down to `to`, both included; nothing when it does not lead there.
    pub fn path(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut next: BTreeMap<&str, &str> = BTreeMap::new();
        let mut seen = BTreeSet::from([to]);
        let mut level = vec![to];
        while !level.is_empty() && !seen.contains(from) {
            let mut above = Vec::new();
            for node in level {
                for input in self.inputs.get(node).into_iter().flatten() {
                    if seen.insert(input) {
                        next.insert(input, node);
                        above.push(input.as_str());
                    }
                }
            }
            level = above;
        }
        seen.contains(from).then(|| follow(&next, from, to))
    }

    /// The nodes that lead to this one and are made of nothing themselves; the node itself when nothing leads to it.
    pub fn sources(&self, of: &str) -> Vec<String> {
        let mut seen = BTreeSet::from([of]);
        let mut open = vec![of];
        let mut sources = BTreeSet::new();
        while let Some(node) = open.pop() {
            match self.inputs.get(node) {
                None => drop(sources.insert(node.to_owned())),
                Some(inputs) => {
                    open.extend(inputs.iter().map(String::as_str).filter(|input| seen.insert(input)));
                }
            }
        }
        sources.into_iter().collect()
    }
}

fn follow(next: &BTreeMap<&str, &str>, from: &str, to: &str) -> Vec<String> {
    let mut path = vec![from.to_owned()];
    let mut node = from;
    while node != to {
        let Some(below) = next.get(node) else { break };
        node = below;
        path.push(node.to_owned());
    }
    path
}

#[cfg(test)]
mod tests {
    use super::Lineage;

    fn line() -> Lineage {
        Lineage::of([
            ("data.flights", "step.features"),
            ("data.weather", "step.features"),
            ("step.features", "model.late"),
            ("model.late", "service.late"),
            ("data.shops", "model.demand"),
        ])
    }

    #[test]
    fn a_path_leads_from_the_source_to_the_service() {
        let path = line().path("data.flights", "service.late").unwrap();
        assert_eq!(path, ["data.flights", "step.features", "model.late", "service.late"]);
        assert_eq!(line().path("service.late", "service.late").unwrap().len(), 1);
    }

    #[test]
    fn what_leads_elsewhere_or_follows_later_has_no_path() {
        assert_eq!(line().path("data.shops", "service.late"), None);
        assert_eq!(line().path("service.late", "data.flights"), None);
    }

    #[test]
    fn the_sources_of_a_service_are_its_data_even_in_a_circle() {
        assert_eq!(line().sources("service.late"), ["data.flights", "data.weather"]);
        let circle = Lineage::of([("a", "b"), ("b", "a"), ("c", "a")]);
        assert_eq!(circle.sources("a"), ["c"]);
        assert_eq!(circle.path("c", "b").unwrap(), ["c", "a", "b"]);
        assert_eq!(line().sources("data.flights"), ["data.flights"]);
    }
}
