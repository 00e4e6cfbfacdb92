//! What names, keys and aliases may be, in MLflow's rules and words.

use crate::{
    Error,
    checks::{self, is_unique_path, json_text, normalised, repr},
    registry::{IS_PROMPT, PROMPT_TEXT},
};

const VALUE_LIMIT: usize = 100_000;
const ALIAS_LIMIT: usize = 255;

/// The name of a registered model.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    if name.trim().is_empty() {
        return Err(missing("name"));
    }
    if name.contains(['/', ':']) {
        return Err(Error::invalid(format!("Invalid model name '{name}'. Names cannot contain '/' or ':'.")));
    }
    if is_unique_path(name) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid value {} for parameter 'name' supplied: Names may be treated as files in certain cases, and \
         must not resolve to other names when treated as such. This name would resolve to {}",
        json_text(name),
        repr(&normalised(name)),
    )))
}

/// The name that a registered model is to get.
pub(super) fn check_new_name(name: &str) -> Result<(), Error> {
    if name.trim().is_empty() { Err(missing("new_name")) } else { check_name(name) }
}

/// The number of a version as a client says it.
pub(super) fn version(text: &str) -> Result<i64, Error> {
    let number = text.trim();
    let digits = number.strip_prefix(['+', '-']).unwrap_or(number);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(Error::invalid(format!("Parameter 'version' must be an integer, got '{text}'.")));
    }
    // One that is too large is no version that there is, and neither is this.
    Ok(number.parse().unwrap_or(-1))
}

/// The alias that is asked for or taken away.
pub(super) fn check_alias(alias: &str) -> Result<(), Error> {
    if alias.is_empty() {
        return Err(Error::invalid("Registered model alias name cannot be empty."));
    }
    if !alias.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | '-')) {
        return Err(Error::invalid(format!(
            "Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )));
    }
    checks::length("Registered model alias name", ALIAS_LIMIT, alias)
}

/// The alias that is to be given: not one that means something already.
pub(super) fn check_new_alias(alias: &str) -> Result<(), Error> {
    check_alias(alias)?;
    if is_latest(alias) {
        return Err(Error::invalid("'latest' alias name (case insensitive) is reserved."));
    }
    let digits = alias.strip_prefix(['v', 'V']).unwrap_or_default();
    if !digits.is_empty() && digits.chars().all(char::is_numeric) {
        return Err(Error::invalid(format!("Version alias name '{alias}' is reserved.")));
    }
    Ok(())
}

/// Whether the alias means the latest version.
pub(super) fn is_latest(alias: &str) -> bool {
    alias.eq_ignore_ascii_case("latest")
}

/// A tag of a registered model.
pub(super) fn check_model_tag(key: &str, value: &str) -> Result<(), Error> {
    check_key(key)?;
    checks::length("key", checks::KEY, key)?;
    checks::length("value", VALUE_LIMIT, value)
}

/// A tag of a version.
pub(super) fn check_version_tag(key: &str, value: &str) -> Result<(), Error> {
    if key == PROMPT_TEXT && checks::length("value", VALUE_LIMIT, value).is_err() {
        return Err(Error::invalid(format!("Prompt text exceeds max length of {VALUE_LIMIT} characters.")));
    }
    check_model_tag(key, value)
}

/// The key of a tag.
pub(super) fn check_key(key: &str) -> Result<(), Error> {
    checks::key(key, "key")
}

/// Whether these tags make a prompt of what has them.
pub(super) fn has_prompt_tag(tags: &[(String, String)]) -> bool {
    tags.iter().any(|(key, _)| key == IS_PROMPT)
}

fn missing(what: &str) -> Error {
    Error::invalid(format!("Missing value for required parameter '{what}'."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_versions_are_whole_numbers() {
        assert_eq!(version("12"), Ok(12));
        assert_eq!(version(" 3 "), Ok(3));
        assert_eq!(version("99999999999999999999"), Ok(-1));
        let error = version("one").unwrap_err();
        assert_eq!(error.message, "Parameter 'version' must be an integer, got 'one'.");
        assert!(version("").is_err() && version("-").is_err() && version("1.0").is_err());
    }

    #[test]
    fn names_that_could_be_other_files_are_refused() {
        for good in ["a", "a b", "größe", "a.b", "50% off", "it's \"x\"", "a;--", "🙂"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", "Missing value for required parameter 'name'."),
            (" ", "Missing value for required parameter 'name'."),
            ("a/b", "Invalid model name 'a/b'. Names cannot contain '/' or ':'."),
            ("a:b", "Invalid model name 'a:b'. Names cannot contain '/' or ':'."),
        ] {
            assert_eq!(check_name(bad).unwrap_err(), Error::invalid(why));
        }
        for bad in [".", "..", "..a"] {
            assert!(
                check_name(bad).unwrap_err().message.contains("must not resolve to other names"),
                "{bad}"
            );
        }
        assert_eq!(check_new_name("").unwrap_err(), missing("new_name"));
    }

    #[test]
    fn aliases_that_mean_something_already_are_refused() {
        for good in ["champion", "a-b_c", "v", "v1a", "latest2", "ä"] {
            assert_eq!(check_new_alias(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", "Registered model alias name cannot be empty."),
            (
                "a b",
                "Invalid alias name: 'a b'. Names may only contain alphanumerics, underscores (_), and dashes (-).",
            ),
            ("LaTest", "'latest' alias name (case insensitive) is reserved."),
            ("v12", "Version alias name 'v12' is reserved."),
            ("V1", "Version alias name 'V1' is reserved."),
        ] {
            assert_eq!(check_new_alias(bad).unwrap_err(), Error::invalid(why));
        }
        let long = check_new_alias(&"a".repeat(256)).unwrap_err().message;
        assert_eq!(long, "'Registered model alias name' exceeds the maximum length of 255 characters");
    }

    #[test]
    fn tags_have_limits() {
        assert_eq!(check_version_tag("key", &"ä".repeat(VALUE_LIMIT)), Ok(()));
        let long = "ä".repeat(VALUE_LIMIT + 1);
        let message = |key: &str| check_version_tag(key, &long).unwrap_err().message;
        assert_eq!(message("key"), "'value' exceeds the maximum length of 100000 characters");
        assert_eq!(message(PROMPT_TEXT), "Prompt text exceeds max length of 100000 characters.");
        let key = check_model_tag(&"a".repeat(251), "").unwrap_err().message;
        assert_eq!(key, "'key' exceeds the maximum length of 250 characters");
        assert!(check_model_tag("a/../b", "").is_err() && check_key("a;b").is_err());
    }
}
