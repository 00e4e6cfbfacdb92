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
pub(crate) fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The part of a source's pattern before its first wildcard, without a leading `./`: a file or a folder.
pub(crate) fn literal(source: &str) -> &str {
    let end = source.find(['*', '?', '[']).unwrap_or(source.len());
    let whole = &source[..end];
    let folder =
        if end < source.len() { whole.rsplit_once('/').map_or("", |(folder, _)| folder) } else { whole };
    folder.trim_start_matches("./").trim_end_matches('/')
}

/// The most bytes of a path, and of each of its parts, that file systems take.
const LONGEST: usize = 4096;
const LONGEST_PART: usize = 255;

/// The path in its plainest form, or why it is none inside the project.
pub(crate) fn plain(text: &str) -> Result<String, &'static str> {
    if text.starts_with('/') {
        return Err("is an absolute path");
    }
    if text.chars().any(char::is_control) {
        return Err("has a control character");
    }
    if text.starts_with('-') {
        return Err("begins with `-`, which commands take for an option");
    }
    if text.len() > LONGEST || text.split('/').any(|part| part.len() > LONGEST_PART) {
        return Err("is too long for a path");
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
    use super::{literal, plain, within};

    #[test]
    fn paths_are_written_in_one_way() {
        for text in ["build/a", "./build/a", "build//a/", "build/./a"] {
            assert_eq!(plain(text).unwrap(), "build/a");
        }
    }

    #[test]
    fn paths_that_leave_the_project_or_touch_its_state_are_refused() {
        for text in ["/etc/passwd", "../x", "a/../../x", "a/..", ".", "", ".kaizen/x", "./.kaizen"] {
            assert!(plain(text).is_err(), "{text}");
        }
        for text in ["a\0b", "a\nb", "-rf", &"a".repeat(256), &"a/".repeat(2049)] {
            assert!(plain(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_is_within_itself_and_what_holds_it() {
        assert!(within("build", "build") && within("build/a", "build"));
        assert!(!within("build", "build/a") && !within("builder", "build") && !within("build/a", "build/b"));
    }

    #[test]
    fn what_stands_before_a_wildcard_is_the_folder() {
        for (pattern, folder) in [("./a/b-*.csv", "a"), ("*.csv", ""), ("a/b.csv", "a/b.csv"), ("a/", "a")] {
            assert_eq!(literal(pattern), folder, "{pattern}");
        }
    }
}
