use std::fmt::Write;

use base::{Diagnostic, Severity};

/// The findings as text, each with its line of the file and a caret under the place.
///
/// `text` is the file that they are about. Control characters in it are shown as `�`.
pub fn render(diagnostics: &[Diagnostic], text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut rendered = String::new();
    for diagnostic in diagnostics {
        if !rendered.is_empty() {
            rendered.push('\n');
        }
        one(&mut rendered, diagnostic, &lines);
    }
    rendered
}

fn one(rendered: &mut String, diagnostic: &Diagnostic, lines: &[&str]) {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut write = |line: std::fmt::Arguments<'_>| {
        // A String takes everything.
        let _ = rendered.write_fmt(line);
        rendered.push('\n');
    };
    write(format_args!("{severity}: {}", diagnostic.message));
    let (line, column) = (diagnostic.line.unwrap_or(0), diagnostic.column.unwrap_or(0));
    let gutter = " ".repeat(line.to_string().len());
    if let Some(file) = &diagnostic.file {
        let place = match line {
            0 => String::new(),
            _ => format!(":{line}:{column}"),
        };
        write(format_args!("{gutter}--> {file}{place}"));
    }
    if let Some(source) = line.checked_sub(1).and_then(|index| lines.get(index)) {
        let source: Vec<char> = source.trim_end_matches('\r').chars().map(printable).collect();
        let before = column.saturating_sub(1).min(source.len());
        let length = extent(&source[before..]).max(1);
        // Tabs are kept, so that the caret stands where they take it.
        let pad: String =
            source[..before].iter().map(|letter| if *letter == '\t' { '\t' } else { ' ' }).collect();
        write(format_args!("{gutter} |"));
        write(format_args!("{line} | {}", source.iter().collect::<String>()));
        write(format_args!("{gutter} | {pad}{}", "^".repeat(length)));
    }
    let notes =
        [("field", &diagnostic.field), ("expected", &diagnostic.expected), ("hint", &diagnostic.hint)];
    for (name, note) in notes {
        if let Some(note) = note {
            write(format_args!("{gutter} = {name}: {note}"));
        }
    }
}

fn printable(letter: char) -> char {
    if letter.is_control() && letter != '\t' { '\u{fffd}' } else { letter }
}

/// How far the thing that begins here goes: a text to its quote, a header to its bracket, a word to its end.
fn extent(rest: &[char]) -> usize {
    let Some(first) = rest.first() else { return 0 };
    let closed_by =
        |close: char| rest.iter().skip(1).position(|letter| *letter == close).map(|inner| inner + 2);
    let word = || rest.iter().position(|letter| " \t=,]}#\"'".contains(*letter)).unwrap_or(rest.len());
    match first {
        '"' | '\'' => closed_by(*first).unwrap_or(rest.len()),
        '[' => closed_by(']').unwrap_or(1),
        '{' => closed_by('}').unwrap_or(1),
        _ => word(),
    }
}
