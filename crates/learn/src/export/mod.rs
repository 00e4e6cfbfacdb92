//! A trained model as an ONNX graph: raw columns in, predictions out.
//!
//! The transforms of `features`, the learner and the calibration each become operators that do the
//! arithmetic of their Rust side, so that any ONNX runtime gives what training measured. Called by `train`.

mod features;
mod learned;

use onnx::{
    Element, Signature, Tensor,
    build::{Attribute, GraphBuilder, Node},
};
use table::Kind;

use crate::{calibration::Calibration, features::Plan, objective::Objective, predictor::Predictor};

/// The bytes of the model.
pub(crate) fn model(plan: &Plan, predictor: &Predictor, signature: &Signature, target: Kind) -> Vec<u8> {
    let mut graph = GraphBuilder::new("kaizen");
    let matrix = features::write(&mut graph, plan);
    let margins = learned::write(&mut graph, &predictor.learned, &matrix);
    let outputs = Outputs { signature, target };
    match predictor.objective {
        Objective::Squared => outputs.value(&mut graph, &margins),
        Objective::Logistic => {
            let margins = calibrated(&mut graph, &margins, predictor.calibration);
            outputs.two_classes(&mut graph, &margins);
        }
        Objective::Softmax(_) => {
            let margins = calibrated(&mut graph, &margins, predictor.calibration);
            outputs.several_classes(&mut graph, &margins);
        }
    }
    graph.metadata(Signature::KEY, &signature.to_metadata());
    graph.finish()
}

fn calibrated(graph: &mut GraphBuilder, margins: &str, calibration: Option<Calibration>) -> String {
    let Some(calibration) = calibration else { return margins.to_owned() };
    let slope = graph.constant(Tensor::floats([1], [calibration.slope as f32]));
    let shift = graph.constant(Tensor::floats([1], [calibration.shift as f32]));
    let scaled = graph.node(Node::new("Mul", &[margins, &slope]));
    graph.node(Node::new("Add", &[&scaled, &shift]))
}

struct Outputs<'a> {
    signature: &'a Signature,
    target: Kind,
}

impl Outputs<'_> {
    fn value(&self, graph: &mut GraphBuilder, margins: &str) {
        let name = self.name("prediction");
        graph.node(Node::new("Identity", &[margins]).output(&name));
        graph.output(&name, Element::Float, Some(1));
    }

    fn two_classes(&self, graph: &mut GraphBuilder, margins: &str) {
        let positive = graph.node(Node::new("Sigmoid", &[margins]));
        let one = graph.constant(Tensor::floats([1], [1.0]));
        let negative = graph.node(Node::new("Sub", &[&one, &positive]));
        let threshold = self.signature.threshold.unwrap_or(0.5) as f32;
        let threshold = graph.constant(Tensor::floats([1], [threshold]));
        let reached = graph.node(Node::new("GreaterOrEqual", &[&positive, &threshold]));
        let column =
            graph.node(Node::new("Cast", &[&reached]).attribute("to", Attribute::element(Element::Int64)));
        let flat = graph.constant(Tensor::integers([1], [-1]));
        let numbers = graph.node(Node::new("Reshape", &[&column, &flat]));
        self.label(graph, &numbers);
        let name = self.name("probabilities");
        graph.node(Node::new("Concat", &[&negative, &positive]).attribute("axis", 1).output(&name));
        graph.output(&name, Element::Float, Some(2));
    }

    fn several_classes(&self, graph: &mut GraphBuilder, margins: &str) {
        let name = self.name("probabilities");
        graph.node(Node::new("Softmax", &[margins]).attribute("axis", 1).output(&name));
        let numbers = graph.node(Node::new("ArgMax", &[&name]).attribute("axis", 1).attribute("keepdims", 0));
        self.label(graph, &numbers);
        graph.output(&name, Element::Float, Some(self.signature.classes.len()));
    }

    /// The class of each number, as the target column spells it.
    fn label(&self, graph: &mut GraphBuilder, numbers: &str) {
        let classes = &self.signature.classes;
        let count = classes.len();
        let (element, classes) = match self.target {
            Kind::Boolean => {
                let values: Vec<bool> = classes.iter().map(|class| class == "true").collect();
                (Element::Boolean, Tensor::booleans([count], values))
            }
            Kind::Number => {
                let number = |class: &String| class.parse::<i64>().expect("number classes are whole");
                let values: Vec<i64> = classes.iter().map(number).collect();
                (Element::Int64, Tensor::integers([count], values))
            }
            Kind::Text | Kind::Time => (Element::Text, Tensor::texts([count], classes.iter().cloned())),
        };
        let classes = graph.constant(classes);
        let name = self.name("label");
        graph.node(Node::new("Gather", &[&classes, numbers]).attribute("axis", 0).output(&name));
        graph.output(&name, element, None);
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

#[cfg(test)]
mod tests;
