//! Addresses outside that Kaizen sends to.

use crate::server::{is_host, is_loopback};

/// The address without what may be secret: a password, and the query, which often holds a token.
pub(crate) fn public(url: &str) -> String {
    let address = url.split(['?', '#']).next().unwrap_or_default();
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => address.to_owned(),
    }
}

/// What is wrong with an address to which nothing goes unencrypted, unless it stays on this machine.
pub(crate) fn problem(url: &str) -> Option<&'static str> {
    match parts(url) {
        Err(problem) => Some(problem),
        Ok(("http", host)) if !is_loopback(host) => Some("is not encrypted, and goes outside this machine"),
        Ok(_) => None,
    }
}

/// What is wrong with an http or https address.
pub(crate) fn any_problem(url: &str) -> Option<&'static str> {
    parts(url).err()
}

/// Scheme and host of an http or https address.
fn parts(url: &str) -> Result<(&str, &str), &'static str> {
    let Some((scheme, rest)) = url.split_once("://") else { return Err("is not an address") };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("holds a name or a password");
    }
    let Some(host) = host(authority) else { return Err("is not an address") };
    if url.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err("has a space in it");
    }
    match scheme {
        "https" | "http" => Ok((scheme, host)),
        _ => Err("is not of https"),
    }
}

/// The host of `host` or `host:port`.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_port =
        |port: &str| port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok();
    (is_host(host) && port.is_none_or(is_port)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::{any_problem, problem};

    #[test]
    fn https_goes_anywhere_and_http_only_to_this_machine() {
        for url in [
            "https://hooks.example.com/kaizen?x=1",
            "https://h:8443",
            "http://127.0.0.1:9/x",
            "http://localhost",
            "http://[::1]/",
            "http://[::1]:80/",
        ] {
            assert_eq!(problem(url), None, "{url}");
        }
        for url in ["http://example.com", "http://127.0.0.1.example.com", "http://localhost@example.com/"] {
            assert!(problem(url).is_some(), "{url}");
            assert_eq!(any_problem(url).is_some(), url.contains('@'), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in [
            "",
            "example.com",
            "https://",
            "https://:80",
            "https://h:",
            "https://h:+1",
            "https://a b/",
            "https://h/\n",
            "ftp://h/",
            "https://u:p@h/",
        ] {
            assert!(problem(url).is_some(), "{url}");
        }
    }
}
