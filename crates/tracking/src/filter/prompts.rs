//! Prompts are registered models with a tag, and searches of the registry leave them out unless the filter asks for them by it.

use super::{Comparison, Filter, Test, TextOperator};

/// The tag that marks prompts.
pub(super) const TAG: &str = "mlflow.prompt.is_prompt";

/// What a search of the registry is to do with prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompts {
    /// Leave out models, and versions, whose tag `mlflow.prompt.is_prompt` is `true`.
    Hidden,
    /// Pay no heed: the filter holds the tag to what it asks for.
    AskedFor,
}

/// Takes out of a filter what it says of that tag, unless it asks for prompts: models have no such tag, so that `!= 'true'` would
/// find none. The first comparison with the tag tells.
pub(super) fn split<F>(filter: Filter<F>, tag: fn(&F) -> Option<&str>) -> (Prompts, Filter<F>) {
    let speaks = |comparison: &Comparison<F>| tag(&comparison.field) == Some(TAG);
    if filter.comparisons.iter().find(|comparison| speaks(comparison)).is_some_and(|first| asks(&first.test))
    {
        return (Prompts::AskedFor, filter);
    }
    let comparisons = filter.comparisons.into_iter().filter(|comparison| !speaks(comparison)).collect();
    (Prompts::Hidden, Filter { comparisons })
}

fn asks(test: &Test) -> bool {
    match test {
        Test::Text(TextOperator::Equal, text) => text.eq_ignore_ascii_case("true"),
        Test::Text(TextOperator::NotEqual, text) => text.eq_ignore_ascii_case("false"),
        _ => false,
    }
}
