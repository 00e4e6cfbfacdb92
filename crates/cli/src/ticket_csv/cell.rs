//! Cells that a spreadsheet would take for a formula, written so that it takes them for text.

/// What a formula begins with.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The text with an apostrophe before it if a spreadsheet would compute it.
pub(super) fn guarded(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text without that apostrophe.
pub(super) fn bare(cell: &str) -> String {
    cell.strip_prefix('\'').filter(|text| is_formula(text)).unwrap_or(cell).to_owned()
}

/// Also what begins with apostrophes and then so, so that each text comes back as it was.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

#[cfg(test)]
mod tests {
    use super::{bare, guarded};

    #[test]
    fn a_formula_is_guarded_and_every_text_comes_back() {
        for text in ["=A1", "+1", "-1", "@x", "\tx", "\rx", "'=A1", "''=A1"] {
            assert_eq!(guarded(text), format!("'{text}"));
            assert_eq!(bare(&guarded(text)), text);
        }
        for text in ["", "plain", "'quoted'", "a=b", "''"] {
            assert_eq!((guarded(text).as_str(), bare(text).as_str()), (text, text));
        }
    }
}
