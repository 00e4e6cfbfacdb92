//! `${env.NAME}` in the text of the project file.

/// Why a text cannot be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// No variable has this name.
    Missing(String),
    /// What follows `${env.` is not a name and a closing brace.
    Malformed(String),
}

const OPEN: &str = "${env.";
const ESCAPED: &str = "$${";

/// The text with each `${env.NAME}` replaced by what `lookup` knows of it, and `$${` by `${`.
///
/// Any other `${…}` belongs to a shell and stays as it is.
pub(crate) fn substitute(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Vec<Problem>> {
    let mut completed = String::with_capacity(text.len());
    let mut problems = Vec::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        completed.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        if let Some(after) = rest.strip_prefix(ESCAPED) {
            completed.push_str("${");
            rest = after;
        } else if let Some(after) = rest.strip_prefix(OPEN) {
            let name_length = after.find(|letter| !is_name(letter)).unwrap_or(after.len());
            let name = &after[..name_length];
            match after[name_length..].strip_prefix('}') {
                Some(after) if !name.is_empty() => {
                    match lookup(name) {
                        Some(value) => completed.push_str(&value),
                        None => problems.push(Problem::Missing(name.to_owned())),
                    }
                    rest = after;
                }
                _ => {
                    problems.push(Problem::Malformed(format!("{OPEN}{name}")));
                    rest = &after[name_length..];
                }
            }
        } else {
            completed.push('$');
            rest = &rest[1..];
        }
    }
    completed.push_str(rest);
    if problems.is_empty() { Ok(completed) } else { Err(problems) }
}

/// The text, written so that [`substitute`] gives it back unchanged.
pub(crate) fn escape(text: &str) -> String {
    text.replace("${", ESCAPED)
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::{Problem, escape, substitute};

    fn lookup(name: &str) -> Option<String> {
        (name == "USER").then(|| "ada".to_owned())
    }

    #[test]
    fn a_variable_is_replaced_and_a_shell_expansion_is_left_alone() {
        let completed = substitute("a/${env.USER}/${HOME}/$1/${env.USER}$", &lookup);
        assert_eq!(completed.unwrap(), "a/ada/${HOME}/$1/ada$");
    }

    #[test]
    fn an_escaped_variable_is_kept_as_text() {
        assert_eq!(substitute("$${env.USER}", &lookup).unwrap(), "${env.USER}");
        for text in ["${env.USER}", "$${", "$$$${x}", "${", "$"] {
            assert_eq!(substitute(&escape(text), &lookup).unwrap(), text);
        }
    }

    #[test]
    fn every_problem_is_named() {
        let problems = substitute("${env.A} ${env.USER} ${env.B} ${env.} ${env.X", &lookup).unwrap_err();
        let missing = |name: &str| Problem::Missing(name.to_owned());
        let malformed = |text: &str| Problem::Malformed(text.to_owned());
        assert_eq!(problems, [missing("A"), missing("B"), malformed("${env."), malformed("${env.X")]);
    }
}
