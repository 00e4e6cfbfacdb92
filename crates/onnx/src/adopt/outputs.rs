//! From the outputs of a model made elsewhere to `label` and `probabilities`, or `prediction`.

use table::Kind;

use super::{Adoption, Refusal, described, inner};
use crate::{
    Element, Port, Signature, Tensor,
    build::{Attribute, GraphBuilder, Node},
};

/// The names that exporters give to scores.
const SCORES: [&str; 7] =
    ["probabilities", "probability", "output_probability", "prediction", "predictions", "variable", "output"];

/// The output with the scores: by a name that exporters use, else the only one that could be it.
pub(super) fn scores<'a>(ports: &'a [Port], signature: &Signature) -> Result<&'a Port, Refusal> {
    let could = |port: &&Port| matches!(port.element, Element::Float | Element::Double);
    let possible: Vec<&Port> = ports.iter().filter(could).collect();
    let named = SCORES.iter().find_map(|name| possible.iter().find(|port| port.name == *name));
    match (named, possible.as_slice()) {
        (Some(port), _) | (None, [port]) => Ok(port),
        _ => Err(Refusal::Outputs {
            found: ports.iter().map(described).collect::<Vec<_>>().join(", "),
            expected: if signature.classes.is_empty() {
                "one output of floats, the prediction,".to_owned()
            } else {
                "one output of floats, the probabilities of the classes,".to_owned()
            },
        }),
    }
}

/// Writes the outputs of ours behind the model's scores.
pub(super) fn write(
    graph: &mut GraphBuilder,
    port: &Port,
    (signature, adoption): (&Signature, &Adoption<'_>),
) -> Result<(), Refusal> {
    let mut scores = inner(&port.name);
    if port.element != Element::Float {
        let to = Attribute::element(Element::Float);
        scores = graph.node(Node::new("Cast", &[&scores]).attribute("to", to));
    }
    let outputs = Outputs { signature, target: adoption.target };
    if signature.classes.is_empty() {
        outputs.value(graph, &scores);
        return Ok(());
    }
    let order = order(&adoption.classes, &signature.classes)?;
    let is_positive_alone = signature.classes.len() == 2 && (port.columns == Some(1) || port.rank == Some(1));
    let probabilities = if is_positive_alone {
        outputs.of_one(graph, &scores, order[1] == 0)
    } else {
        outputs.in_order(graph, &scores, &order)
    };
    outputs.label(graph, &probabilities);
    Ok(())
}

/// For each of our classes its place among the model's.
fn order(model: &[String], ours: &[String]) -> Result<Vec<i64>, Refusal> {
    let place = |class: &String| model.iter().position(|other| other == class).map(|place| place as i64);
    let places: Option<Vec<i64>> = ours.iter().map(place).collect();
    places
        .filter(|places| places.len() == model.len())
        .ok_or_else(|| Refusal::Classes { found: model.join(", "), expected: ours.join(", ") })
}

struct Outputs<'a> {
    signature: &'a Signature,
    target: Kind,
}

impl Outputs<'_> {
    fn value(&self, graph: &mut GraphBuilder, scores: &str) {
        let shape = graph.constant(Tensor::integers([2], [-1, 1]));
        let name = self.name("prediction");
        graph.node(Node::new("Reshape", &[scores, &shape]).output(&name));
        graph.output(&name, Element::Float, Some(1));
    }

    /// From the probability of the model's last class to those of both of ours.
    fn of_one(&self, graph: &mut GraphBuilder, scores: &str, is_other_way_round: bool) -> String {
        let shape = graph.constant(Tensor::integers([2], [-1, 1]));
        let last = graph.node(Node::new("Reshape", &[scores, &shape]));
        let one = graph.constant(Tensor::floats([1], [1.0]));
        let first = graph.node(Node::new("Sub", &[&one, &last]));
        let parts = if is_other_way_round { [&last, &first] } else { [&first, &last] };
        self.probabilities(graph, Node::new("Concat", &parts.map(String::as_str)).attribute("axis", 1))
    }

    fn in_order(&self, graph: &mut GraphBuilder, scores: &str, order: &[i64]) -> String {
        if order.iter().zip(0..).all(|(place, at)| *place == at) {
            return self.probabilities(graph, Node::new("Identity", &[scores]));
        }
        let order = graph.constant(Tensor::integers([order.len()], order));
        self.probabilities(graph, Node::new("Gather", &[scores, &order]).attribute("axis", 1))
    }

    fn probabilities(&self, graph: &mut GraphBuilder, node: Node) -> String {
        let name = self.name("probabilities");
        graph.node(node.output(&name));
        name
    }

    /// The class of each row, as the target column spells it: by the threshold, or the most probable.
    fn label(&self, graph: &mut GraphBuilder, probabilities: &str) {
        let numbers = match self.signature.threshold {
            Some(threshold) if self.signature.classes.len() == 2 => {
                reached(graph, probabilities, threshold as f32)
            }
            _ => {
                let most = Node::new("ArgMax", &[probabilities]);
                graph.node(most.attribute("axis", 1).attribute("keepdims", 0))
            }
        };
        let classes = graph.constant(self.classes());
        let element = match self.target {
            Kind::Boolean => Element::Boolean,
            Kind::Number => Element::Int64,
            Kind::Text | Kind::Time => Element::Text,
        };
        let name = self.name("label");
        graph.node(Node::new("Gather", &[&classes, &numbers]).attribute("axis", 0).output(&name));
        graph.output(&name, element, None);
        graph.output(probabilities, Element::Float, Some(self.signature.classes.len()));
    }

    fn classes(&self) -> Tensor {
        let classes = &self.signature.classes;
        let count = classes.len();
        match self.target {
            Kind::Boolean => {
                Tensor::booleans([count], classes.iter().map(|class| class == "true").collect::<Vec<_>>())
            }
            // Number classes are whole: `learn` refuses others.
            Kind::Number => {
                let numbers = classes.iter().map(|class| class.parse().unwrap_or_default());
                Tensor::integers([count], numbers.collect::<Vec<i64>>())
            }
            Kind::Text | Kind::Time => Tensor::texts([count], classes.iter().cloned()),
        }
    }

    /// The usual name of an output, or a longer one when a raw column is already called that.
    fn name(&self, usual: &str) -> String {
        let mut name = usual.to_owned();
        while self.signature.inputs.iter().any(|field| field.name == name) {
            name.push('_');
        }
        name
    }
}

/// 1 where the probability of the positive class has reached the threshold.
fn reached(graph: &mut GraphBuilder, probabilities: &str, threshold: f32) -> String {
    let second = graph.constant(Tensor::integers([1], [1]));
    let positive = graph.node(Node::new("Gather", &[probabilities, &second]).attribute("axis", 1));
    let threshold = graph.constant(Tensor::floats([1], [threshold]));
    // In the words of every version of the operators.
    let below = graph.node(Node::new("Less", &[&positive, &threshold]));
    let reached = graph.node(Node::new("Not", &[&below]));
    let column =
        graph.node(Node::new("Cast", &[&reached]).attribute("to", Attribute::element(Element::Int64)));
    let flat = graph.constant(Tensor::integers([1], [-1]));
    graph.node(Node::new("Reshape", &[&column, &flat]))
}
