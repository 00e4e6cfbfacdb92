use super::drawing::{Arrow, Drawing, Shape};
use crate::{Desired, Node};

/// The graph in Graphviz's language. `state` says in a word how a node stands, which is written below its name; `done`,
/// `running`, `failed` and `blocked` have colours.
pub fn dot<'a>(desired: &Desired, state: &(dyn Fn(&Node) -> Option<&'a str> + 'a)) -> String {
    let drawing = Drawing::of(desired, state);
    let mut lines = vec![
        "digraph project {".to_owned(),
        "  rankdir=LR;".to_owned(),
        "  node [fontname=\"sans-serif\", style=filled, fillcolor=white];".to_owned(),
    ];
    lines.extend(drawing.loose.iter().map(|place| format!("  {}", shape(*place, &drawing.shapes[*place]))));
    for (number, frame) in drawing.frames.iter().enumerate() {
        lines.push(format!("  subgraph cluster_{number} {{"));
        lines.push(format!("    label={};", quoted(&frame.label)));
        let shapes = frame.shapes.iter();
        lines.extend(shapes.map(|place| format!("    {}", shape(*place, &drawing.shapes[*place]))));
        lines.push("  }".to_owned());
    }
    lines.extend(drawing.arrows.iter().map(arrow));
    lines.push("}\n".to_owned());
    lines.join("\n")
}

fn shape(place: usize, shape: &Shape) -> String {
    let outline = match shape.kind {
        "data" => "cylinder",
        "model" => "ellipse",
        "service" => "hexagon",
        "monitor" => "note",
        _ => "box",
    };
    let colour = match shape.state.as_deref() {
        Some("done") => ", fillcolor=\"#d4edda\"",
        Some("running") => ", fillcolor=\"#d6e9ff\"",
        Some("failed") => ", fillcolor=\"#f8d7da\"",
        Some("blocked") => ", fillcolor=\"#fff3cd\"",
        _ => "",
    };
    let label = match &shape.says {
        Some(says) => quoted(&format!("{}\n{says}", shape.label)),
        None => quoted(&shape.label),
    };
    format!("n{place} [shape={outline}, label={label}{colour}];")
}

fn arrow(arrow: &Arrow) -> String {
    let style = if arrow.dotted { " [style=dotted]" } else { "" };
    format!("  n{} -> n{}{style};", arrow.from, arrow.to)
}

/// A quoted string, in which only quotes and backslashes mean something.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            letter if letter.is_control() => quoted.push(' '),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
