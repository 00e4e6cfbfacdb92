//! One line of a trace, taken apart.

/// A system call that has returned.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call<'a> {
    pub(super) name: &'a [u8],
    pub(super) arguments: Vec<&'a [u8]>,
    /// What stands after the `=`.
    pub(super) result: &'a [u8],
}

impl<'a> Call<'a> {
    /// `name(arguments) = result`; nothing else is one.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let open = line.iter().position(|&byte| byte == b'(')?;
        let (name, rest) = (&line[..open], &line[open + 1..]);
        if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
            return None;
        }
        let mut arguments = Vec::new();
        let (mut begin, mut at, mut depth) = (0, 0, 0_usize);
        loop {
            match rest.get(at)? {
                b'"' => at = end_of(rest, at, b'"')?,
                // A path beside a descriptor: `3</a/b>`.
                b'<' if rest.get(at + 1) == Some(&b'/') => at = end_of(rest, at, b'>')?,
                b'(' | b'[' | b'{' => depth += 1,
                b')' if depth == 0 => break,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b',' if depth == 0 => {
                    arguments.push(rest[begin..at].trim_ascii());
                    begin = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        arguments.push(rest[begin..at].trim_ascii());
        let result = rest[at + 1..].trim_ascii().strip_prefix(b"=")?.trim_ascii();
        Some(Self { name, arguments, result })
    }

    pub(super) fn succeeded(&self) -> bool {
        !self.result.starts_with(b"-") && !self.result.starts_with(b"?")
    }

    /// The text in quotes.
    pub(super) fn text(&self, index: usize) -> Option<Vec<u8>> {
        let argument = self.arguments.get(index)?.strip_prefix(b"\"")?;
        let end = argument.iter().rposition(|&byte| byte == b'"')?;
        Some(unescaped(&argument[..end]))
    }

    /// The path beside a descriptor.
    pub(super) fn described(&self, index: usize) -> Option<Vec<u8>> {
        let argument = self.arguments.get(index)?;
        let begin = argument.iter().position(|&byte| byte == b'<')?;
        Some(unescaped(argument[begin + 1..].strip_suffix(b">")?))
    }

    pub(super) fn has_flag(&self, index: usize, flag: &str) -> bool {
        let argument = self.arguments.get(index).copied().unwrap_or_default();
        // `openat2` has them within a structure.
        argument
            .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
            .any(|word| word == flag.as_bytes())
    }
}

/// Where the quotation ends that begins here.
fn end_of(text: &[u8], begin: usize, mark: u8) -> Option<usize> {
    let mut at = begin + 1;
    loop {
        match *text.get(at)? {
            b'\\' => at += 2,
            byte if byte == mark => return Some(at),
            _ => at += 1,
        }
    }
}

/// The bytes that were written as a C string.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let Some((&escape, after)) = rest.split_first() else { break };
        let digits = rest.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
        if digits > 0 {
            let value = rest[..digits].iter().fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            bytes.push(u8::try_from(value & 0xff).unwrap_or_default());
            rest = &rest[digits..];
            continue;
        }
        rest = after;
        bytes.push(match escape {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'v' => 0x0b,
            b'f' => 0x0c,
            other => other,
        });
    }
    bytes
}
