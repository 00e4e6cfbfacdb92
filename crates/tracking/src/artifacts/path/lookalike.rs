//! Characters that become dots and separators for somebody: compatibility normalisation (NFKC), Windows' best fit, and
//! readers that drop what is invisible.

/// Whether some reading of the text has a `..`, or begins at a root.
pub(super) fn escapes(text: &str) -> bool {
    let folded = folded(text);
    let climbs = folded.split(['/', '\\']).any(is_dots);
    let is_rooted = folded.starts_with(['/', '\\']) && !text.starts_with('/');
    climbs || is_rooted
}

/// Nothing but dots and white space, with two dots at least: Windows takes trailing dots and spaces away.
fn is_dots(name: &str) -> bool {
    let dots = name.chars().filter(|c| *c == '.').count();
    dots >= 2 && name.chars().all(|c| c == '.' || c.is_whitespace())
}

fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // One dot leader, small full stop, fullwidth full stop, ideographic full stops, Arabic and Syriac dots.
            '\u{2024}' | '\u{fe52}' | '\u{ff0e}' | '\u{3002}' | '\u{ff61}' | '\u{06d4}' | '\u{0701}'
            | '\u{0702}' => {
                out.push('.');
            }
            // Two dot leader, presentation form of a vertical one; ellipses.
            '\u{2025}' | '\u{fe30}' => out.push_str(".."),
            '\u{2026}' | '\u{fe19}' => out.push_str("..."),
            // Fullwidth solidus, fraction slash, division slash, big solidus, mathematical rising diagonal.
            '\u{ff0f}' | '\u{2044}' | '\u{2215}' | '\u{29f8}' | '\u{27cb}' => out.push('/'),
            // Small and fullwidth reverse solidus, set minus, reverse solidus operator, big reverse solidus.
            '\u{fe68}' | '\u{ff3c}' | '\u{2216}' | '\u{29f5}' | '\u{29f9}' => out.push('\\'),
            // Soft hyphen, zero width characters, direction marks, word joiner, variation selectors, byte order mark.
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {}
            '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}' => {}
            _ => out.push(c),
        }
    }
    out
}
