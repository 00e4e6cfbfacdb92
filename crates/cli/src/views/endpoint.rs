//! An endpoint, and a request to try it with.

/// A `curl` line that works when pasted into a shell.
pub(crate) fn curl(model_url: &str, body: &str) -> String {
    format!("curl -s {model_url}/infer -d {}", quoted(body))
}

/// Where a service answers, on standard output so that it can be piped.
pub(crate) fn text(service: &str, model_url: &str, body: &str) -> String {
    format!("service.{service} answers at {model_url}\ntry it:\n  {}", curl(model_url, body))
}

/// Text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::curl;

    #[test]
    fn a_body_with_a_quote_stays_one_word() {
        assert_eq!(curl("http://h/m", r#"{"a":"it's"}"#), r#"curl -s http://h/m/infer -d '{"a":"it'\''s"}'"#);
    }
}
