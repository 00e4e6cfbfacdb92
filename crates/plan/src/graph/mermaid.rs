use std::{collections::BTreeMap, fmt::Write};

use super::drawing::{Drawing, Shape};
use crate::{Desired, Node};

/// Colours of how a node stands, readable on light and on dark ground.
const STYLES: [(&str, &str); 4] = [
    ("done", "fill:#d4edda,stroke:#2e7d32,color:#111"),
    ("running", "fill:#d6e9ff,stroke:#1565c0,color:#111"),
    ("failed", "fill:#f8d7da,stroke:#c62828,color:#111"),
    ("blocked", "fill:#fff3cd,stroke:#b26a00,color:#111"),
];

/// The graph as a Mermaid flowchart. `state` says in a word how a node stands, which is written below its name; `done`,
/// `running`, `failed` and `blocked` have colours.
pub fn mermaid<'a>(desired: &Desired, state: &(dyn Fn(&Node) -> Option<&'a str> + 'a)) -> String {
    let drawing = Drawing::of(desired, state);
    let mut text = "flowchart LR\n".to_owned();
    for place in &drawing.loose {
        line(&mut text, &format!("  {}", shape(*place, &drawing.shapes[*place])));
    }
    for (number, frame) in drawing.frames.iter().enumerate() {
        line(&mut text, &format!("  subgraph g{number}[\"{}\"]", escaped(&frame.label)));
        for place in &frame.shapes {
            line(&mut text, &format!("    {}", shape(*place, &drawing.shapes[*place])));
        }
        line(&mut text, "  end");
    }
    for arrow in &drawing.arrows {
        let sign = if arrow.dotted { "-.->" } else { "-->" };
        line(&mut text, &format!("  n{} {sign} n{}", arrow.from, arrow.to));
    }
    styles(&mut text, &drawing);
    text
}

fn styles(text: &mut String, drawing: &Drawing) {
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (place, shape) in drawing.shapes.iter().enumerate() {
        if let Some(state) = &shape.state {
            places.entry(state).or_default().push(format!("n{place}"));
        }
    }
    for (state, style) in STYLES {
        if let Some(places) = places.get(state) {
            line(text, &format!("  classDef {state} {style}"));
            line(text, &format!("  class {} {state}", places.join(",")));
        }
    }
}

fn shape(place: usize, shape: &Shape) -> String {
    let (open, close) = match shape.kind {
        "data" => ("[(", ")]"),
        "model" => ("([", "])"),
        "service" => ("{{", "}}"),
        "monitor" => (">", "]"),
        _ => ("[", "]"),
    };
    let says = shape.says.as_ref().map(|says| format!("<br/>{}", escaped(says))).unwrap_or_default();
    format!("n{place}{open}\"{}{says}\"{close}", escaped(&shape.label))
}

/// Whatever could mean something to Mermaid, or to the page around it, as a character code.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if letter.is_alphanumeric() || " .,_=+-×".contains(letter) {
            escaped.push(letter);
        } else if letter.is_control() {
            escaped.push(' ');
        } else {
            // Writing into memory cannot fail.
            let _ = write!(escaped, "#{};", u32::from(letter));
        }
    }
    escaped
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}
