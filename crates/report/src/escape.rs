/// Text as HTML and SVG show it, in an element or an attribute: what would be markup, and what would
/// turn the direction of the text around it or cannot be shown, is replaced.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if is_invisible(letter) => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}

/// The first so many letters of a text, with an ellipsis where it was longer; not yet escaped.
pub(crate) fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters - 1).chain(['…']).collect()
}

/// Control characters, and those that change the direction of what follows.
fn is_invisible(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{escaped, shortened};

    #[test]
    fn markup_in_text_is_shown_and_not_obeyed() {
        let safe = escaped("<script>alert(\"1\")</script> & 'x'");
        assert_eq!(safe, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;");
        assert_eq!(escaped("a\u{202e}b\0c\nd"), "a\u{fffd}b\u{fffd}c\u{fffd}d");
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(shortened("Zürich Flughafen", 7), "Zürich…");
        assert_eq!(shortened("Zürich", 6), "Zürich");
    }
}
