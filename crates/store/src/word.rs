//! Reads the one-word enumerations of the tables: the status of an incident, a ticket, a delivery.

/// Text that is none of the words of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the status of {kind}; use one of {known}")]
pub struct WordError {
    text: String,
    kind: &'static str,
    known: String,
}

/// The word among `all` that is spelt like the text.
pub(crate) fn choose<T: Copy>(
    text: &str,
    kind: &'static str,
    all: &[T],
    spelling: fn(T) -> &'static str,
) -> Result<T, WordError> {
    let found = all.iter().find(|word| spelling(**word) == text);
    found.copied().ok_or_else(|| {
        let known: Vec<_> = all.iter().map(|word| spelling(*word)).collect();
        WordError { text: text.chars().take(80).collect(), kind, known: known.join(", ") }
    })
}
