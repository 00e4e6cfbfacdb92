//! `${each.NAME}` in the texts of a step.

use base::{Diagnostic, nearest};

use super::Each;
use crate::{
    env::{Problem, fill},
    reader::Node,
};

/// Which `${each.…}` the texts of a step may hold.
#[derive(Debug)]
pub(super) enum Scope {
    /// None: the step is no fan-out.
    Nothing,
    /// Those of these names.
    Names(Vec<String>),
    /// Any: its `each` has an error of its own.
    Anything,
}

impl Scope {
    /// The scope of a step with this `each`, as far as there is one and it could be read.
    pub(super) fn of(each: Option<&Option<Each>>) -> Self {
        match each {
            None => Self::Nothing,
            Some(None) => Self::Anything,
            Some(Some(each)) => Self::Names(each.names().map(str::to_owned).collect()),
        }
    }

    fn knows(&self, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Names(names) => names.iter().any(|known| known == name),
            Self::Anything => true,
        }
    }

    /// The value as a text of this step: of a fan-out as it is to be filled in for each instance,
    /// else as it is.
    pub(super) fn text(&self, node: &Node<'_>) -> Option<String> {
        let text = node.template()?;
        if !text.contains('$') {
            return Some(text);
        }
        match fill(&text, &|name| self.knows(name).then(String::new)) {
            Ok(filled) if matches!(self, Self::Nothing) => Some(filled),
            Ok(_) => Some(text),
            Err(problems) => {
                problems.iter().for_each(|problem| node.refuse(self.finding(problem)));
                None
            }
        }
    }

    fn finding(&self, problem: &Problem) -> Diagnostic {
        let name = match problem {
            Problem::Missing(name) => name,
            Problem::Malformed(text) => {
                return Diagnostic::error(format!("`{text}` does not begin a value of `each`"))
                    .expected("${each.NAME}, the name of letters, digits and `_`")
                    .hint("for the text itself write $${");
            }
        };
        let Self::Names(names) = self else {
            let alone =
                Diagnostic::error(format!("`${{each.{name}}}` stands for nothing: the step has no `each`"));
            return alone.hint(format!(
                "add each = {{ {name} = [ … ] }}; for the text itself write $${{each.{name}}}"
            ));
        };
        let unknown = Diagnostic::error(format!("`each` has no `{name}`"));
        let unknown = unknown.expected(format!("one of {}", names.join(", ")));
        match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => unknown.hint(format!("did you mean ${{each.{near}}}?")),
            None => unknown.hint(format!("for the text itself write $${{each.{name}}}")),
        }
    }
}

/// The names of `${each.NAME}` in a text that is to be filled in.
pub(crate) fn placeholders(text: &str) -> Vec<String> {
    if !text.contains('$') {
        return Vec::new();
    }
    let found = std::cell::RefCell::new(Vec::new());
    let note = |name: &str| {
        found.borrow_mut().push(name.to_owned());
        Some(String::new())
    };
    // What is malformed has a finding of its own.
    let _ = fill(text, &note);
    found.into_inner()
}

#[cfg(test)]
mod tests {
    use super::placeholders;

    #[test]
    fn placeholders_are_those_that_will_be_filled_in() {
        assert_eq!(placeholders("a/${each.lr}/$${each.x}/${HOME}/${each.depth}"), ["lr", "depth"]);
        assert!(placeholders("plain").is_empty());
    }
}
