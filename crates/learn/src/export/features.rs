//! The plan as operators.

use onnx::{
    Element, Tensor,
    build::{Attribute, GraphBuilder, Node},
};
use table::Kind;

use crate::features::{Encoder, Part, Plan, SECONDS_OF_DAY, Transform, YEAR_OF_DAYS};

/// Adds an input for each raw column; gives the name of the matrix made of them.
pub(crate) fn write(graph: &mut GraphBuilder, plan: &Plan) -> String {
    let mut columns = Vec::new();
    for planned in &plan.columns {
        let name = &planned.field.name;
        let element = match planned.field.kind {
            Kind::Number | Kind::Boolean => Element::Float,
            Kind::Text => Element::Text,
            Kind::Time => Element::Double,
        };
        graph.input(name, element, 1);
        match &planned.transform {
            Transform::Keep => columns.push(name.clone()),
            Transform::Calendar(parts) => columns.extend(calendar(graph, name, parts)),
            Transform::Encode(encoders) => {
                columns.extend(encoders.iter().map(|encoder| encode(graph, name, encoder)));
            }
        }
    }
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    graph.node(Node::new("Concat", &columns).attribute("axis", 1))
}

/// The arithmetic of [`Part::of`], step by step, on seconds since 1970.
fn calendar(graph: &mut GraphBuilder, seconds: &str, parts: &[Part]) -> Vec<String> {
    let days = constant(graph, "Div", seconds, SECONDS_OF_DAY);
    let day = graph.node(Node::new("Floor", &[&days]));
    let mut columns = Vec::new();
    for part in parts {
        let value = match part {
            Part::Hour => {
                let fraction = graph.node(Node::new("Sub", &[&days, &day]));
                constant(graph, "Mul", &fraction, 24.0)
            }
            Part::Weekday => {
                let from_monday = constant(graph, "Add", &day, 3.0);
                let weeks = constant(graph, "Div", &from_monday, 7.0);
                let whole_weeks = graph.node(Node::new("Floor", &[&weeks]));
                let days_of_weeks = constant(graph, "Mul", &whole_weeks, 7.0);
                graph.node(Node::new("Sub", &[&from_monday, &days_of_weeks]))
            }
            Part::Season => {
                let years = constant(graph, "Div", &days, YEAR_OF_DAYS);
                let whole_years = graph.node(Node::new("Floor", &[&years]));
                graph.node(Node::new("Sub", &[&years, &whole_years]))
            }
        };
        let to = Attribute::element(Element::Float);
        columns.push(graph.node(Node::new("Cast", &[&value]).attribute("to", to)));
    }
    columns
}

fn constant(graph: &mut GraphBuilder, operator: &str, value: &str, number: f64) -> String {
    let number = graph.constant(Tensor::doubles([1], [number]));
    graph.node(Node::new(operator, &[value, &number]))
}

fn encode(graph: &mut GraphBuilder, text: &str, encoder: &Encoder) -> String {
    let keys: Vec<String> = encoder.categories.keys().cloned().collect();
    let values: Vec<f32> = encoder.categories.values().copied().collect();
    graph.node(
        Node::new("LabelEncoder", &[text])
            .attribute("keys_strings", keys)
            .attribute("values_floats", values)
            .attribute("default_float", encoder.prior),
    )
}
