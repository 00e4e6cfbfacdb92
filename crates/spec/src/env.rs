//! `${…}` in the text of the project file: `${env.NAME}`, and `${each.NAME}` in a fan-out.

/// Why a text cannot be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// No variable has this name.
    Missing(String),
    /// What follows `${env.` is not a name and a closing brace.
    Malformed(String),
}

/// [`substitute`] or [`complete`].
pub(crate) type Complete = fn(&str, Lookup<'_>) -> Result<String, Vec<Problem>>;

/// What knows the values of variables.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

const ENV: &str = "${env.";
const EACH: &str = "${each.";
const ESCAPED: &str = "$${";

/// The text with each `${env.NAME}` replaced by what `lookup` knows of it, and `$${` by `${`.
///
/// Any other `${…}` belongs to a shell and stays as it is.
pub(crate) fn substitute(text: &str, lookup: Lookup<'_>) -> Result<String, Vec<Problem>> {
    replace(text, ENV, lookup, "${")
}

/// The text with each `${env.NAME}` replaced, and otherwise as it was written: for [`fill`] to finish.
pub(crate) fn complete(text: &str, lookup: Lookup<'_>) -> Result<String, Vec<Problem>> {
    replace(text, ENV, &|name| lookup(name).map(|value| escape(&value)), ESCAPED)
}

/// The completed text with each `${each.NAME}` replaced by what `lookup` knows of it, and `$${` by `${`.
pub(crate) fn fill(text: &str, lookup: Lookup<'_>) -> Result<String, Vec<Problem>> {
    replace(text, EACH, lookup, "${")
}

/// The text with what `open` begins replaced, and escapes written as `escape`.
fn replace(text: &str, open: &str, lookup: Lookup<'_>, escape: &str) -> Result<String, Vec<Problem>> {
    let mut completed = String::with_capacity(text.len());
    let mut problems = Vec::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        completed.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        if let Some(after) = rest.strip_prefix(ESCAPED) {
            completed.push_str(escape);
            rest = after;
        } else if let Some(after) = rest.strip_prefix(open) {
            let name_length = after.find(|letter| !is_name(letter)).unwrap_or(after.len());
            let (name, after) = after.split_at(name_length);
            rest = after;
            match after.strip_prefix('}') {
                Some(after) if !name.is_empty() => {
                    match lookup(name) {
                        Some(value) => completed.push_str(&value),
                        None => problems.push(Problem::Missing(name.to_owned())),
                    }
                    rest = after;
                }
                _ => problems.push(Problem::Malformed(format!("{open}{name}"))),
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
    use super::{Problem, complete, escape, fill, substitute};

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

    #[test]
    fn a_completed_text_keeps_its_escapes_until_it_is_filled() {
        let each = |name: &str| (name == "lr").then(|| "0.1".to_owned());
        let env = |name: &str| (name == "A").then(|| "${each.lr}".to_owned());
        let completed = complete("${env.A} $${each.lr} ${each.lr} ${HOME}", &env).unwrap();
        assert_eq!(completed, "$${each.lr} $${each.lr} ${each.lr} ${HOME}");
        assert_eq!(fill(&completed, &each).unwrap(), "${each.lr} ${each.lr} 0.1 ${HOME}");
        assert_eq!(fill("${each.depth}", &each), Err(vec![Problem::Missing("depth".to_owned())]));
    }
}
