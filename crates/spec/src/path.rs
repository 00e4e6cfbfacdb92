//! Paths in the project file: of data, and those that must stay inside the project.

use base::Diagnostic;

use crate::reader::{Node, shown};

const EXPECTED: &str = "a path inside the project, relative to the project file";

/// The value as a path, glob or directory of this machine, inside the project or not.
pub(crate) fn local(node: &Node<'_>) -> Option<String> {
    let source = node.text()?;
    if source.contains("://") {
        let remote = Diagnostic::error("the source is a URL").expected("a path, glob or directory");
        node.refuse(remote.hint("this version of Kaizen reads local files; download it first"));
        return None;
    }
    Some(source)
}

/// The path in its plainest form, with `/` between its parts; nothing when it escapes, with the finding recorded.
pub(crate) fn inside(node: &Node<'_>, text: &str) -> Option<String> {
    match plain(text) {
        Ok(path) => Some(path),
        Err(reason) => {
            let wrong = Diagnostic::error(format!("`{}` {reason}", shown(text)));
            node.refuse(wrong.expected(EXPECTED));
            None
        }
    }
}

/// Whether one path is the other, or inside it.
pub(crate) fn overlap(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    within(one, other) || within(other, one)
}

fn plain(text: &str) -> Result<String, &'static str> {
    if text.starts_with('/') {
        return Err("is an absolute path");
    }
    if text.chars().any(char::is_control) {
        return Err("has a control character");
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    match parts.first() {
        None => Err("is the whole project"),
        Some(&".kaizen") => Err("is where Kaizen keeps its own state"),
        Some(_) if parts.contains(&"..") => Err("leads out of its directory"),
        Some(_) => Ok(parts.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::{overlap, plain};

    #[test]
    fn paths_are_written_in_one_way() {
        for text in ["build/a", "./build/a", "build//a/", "build/./a"] {
            assert_eq!(plain(text).unwrap(), "build/a");
        }
    }

    #[test]
    fn paths_that_leave_the_project_or_touch_its_state_are_refused() {
        for text in ["/etc/passwd", "../x", "a/../../x", "a/..", ".", "", ".kaizen/x", "./.kaizen", "a\0b"] {
            assert!(plain(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_overlaps_itself_and_what_is_in_it() {
        assert!(overlap("build", "build") && overlap("build", "build/a") && overlap("build/a", "build"));
        assert!(!overlap("build", "builder") && !overlap("build/a", "build/b"));
    }
}
