//! The name under which a browser keeps a file.

/// `attachment` with the name, as RFC 6266 has it. Names of plain characters stand there as they are; others in quotation
/// marks; and what is not ASCII once more in an encoded form, which browsers prefer.
pub(super) fn attachment(name: &str) -> String {
    if !name.is_empty() && name.bytes().all(is_token) {
        return format!("attachment; filename={name}");
    }
    let plain: String = name.chars().map(|c| if matches!(c, ' '..='~') { c } else { '_' }).collect();
    let quoted = plain.replace('\\', "\\\\").replace('"', "\\\"");
    if name.is_ascii() {
        return format!("attachment; filename=\"{quoted}\"");
    }
    format!("attachment; filename=\"{quoted}\"; filename*=UTF-8''{}", encoded(name))
}

/// A character of a token of RFC 9110. The percent sign is one, but some readers decode it.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte)
}

/// Percent-encoded, as RFC 8187 has it.
fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(3 * name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'!'
            | b'#'
            | b'$'
            | b'&'
            | b'+'
            | b'-'
            | b'.'
            | b'^'
            | b'_'
            | b'`'
            | b'|'
            | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn a_name_comes_through_whatever_is_in_it() {
        assert_eq!(attachment("dog+step+20.png"), "attachment; filename=dog+step+20.png");
        assert_eq!(attachment("a b.txt"), "attachment; filename=\"a b.txt\"");
        assert_eq!(attachment("a\"b\\c"), "attachment; filename=\"a\\\"b\\\\c\"");
        let expected = "attachment; filename=\"na_ve _.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt";
        assert_eq!(attachment("naïve €.txt"), expected);
    }

    #[test]
    fn a_name_cannot_add_a_header() {
        let header = attachment("a\r\nSet-Cookie: x");
        assert!(header.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{header}");
    }
}
