//! `[webhook.NAME]`: an address outside that is told of what happens.

use base::Diagnostic;
use serde::Serialize;

use crate::{
    Secret,
    field::{Field, Shape, Word, words},
    reader::{Node, Section, shown},
    server::{is_host, is_loopback},
};

/// An address outside that is told of what happens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Webhook {
    /// Where to: https, or http on this machine.
    pub url: String,
    /// What messages are signed with; at least 16 bytes.
    pub secret: Secret,
    /// Of what.
    pub events: Vec<Topic>,
}

/// What a webhook can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// An incident opens, is confirmed or is resolved.
    Incident,
    /// A ticket opens, changes or closes.
    Ticket,
    /// The gate judges a candidate.
    Verdict,
    /// A service moves to another version.
    Release,
}

impl Word for Topic {
    const ALL: &'static [Self] = &[Self::Incident, Self::Ticket, Self::Verdict, Self::Release];

    fn word(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Ticket => "ticket",
            Self::Verdict => "verdict",
            Self::Release => "release",
        }
    }
}

/// As RFC 2104 has it a key should not be shorter than is hard to guess; 128 bits are.
const SHORTEST_SECRET: usize = 16;

pub(crate) const FIELDS: &[Field] = &[
    Field::required("url", Shape::Text, "Where to send: an https address, or an http one of this machine."),
    Field::required(
        "secret",
        Shape::Text,
        "What messages are signed with, at least 16 bytes; from the environment: \"${env.NAME}\".",
    ),
    Field::optional(
        "events",
        Shape::List(&Shape::Choice(words::<Topic>)),
        "What to tell of: incident, ticket, verdict, release; all unless given.",
    ),
];

pub(crate) fn read(node: &Node<'_>) -> Option<Webhook> {
    let section = node.section()?;
    let url = section.get("url").and_then(|node| url(&node));
    let secret = secret(&section);
    let events = events(section.get("events").as_ref());
    Some(Webhook { url: url?, secret: secret?, events })
}

fn url(node: &Node<'_>) -> Option<String> {
    let url = node.text()?;
    let problem = match problem(&url) {
        None => return Some(url),
        Some(problem) => problem,
    };
    let wrong = Diagnostic::error(format!("`{}` {problem}", shown(&public(&url))));
    node.refuse(wrong.expected("an address such as \"https://hooks.example.com/kaizen\""));
    None
}

/// The address without what may be secret: a password, and the query, which often holds a token.
fn public(url: &str) -> String {
    let address = url.split(['?', '#']).next().unwrap_or_default();
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => address.to_owned(),
    }
}

fn problem(url: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = url.split_once("://") else { return Some("is not an address") };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some("holds a name or a password");
    }
    let Some(host) = host(authority) else { return Some("is not an address") };
    if url.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Some("has a space in it");
    }
    match scheme {
        "https" => None,
        "http" if is_loopback(host) => None,
        "http" => Some("is not encrypted, and goes outside this machine"),
        _ => Some("is not of https"),
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

fn secret(section: &Section<'_>) -> Option<Secret> {
    let text = section.text("secret")?;
    if text.len() < SHORTEST_SECRET {
        let short = Diagnostic::error(format!("the secret has {} bytes, which can be guessed", text.len()));
        section.place("secret").refuse(
            short
                .expected(format!("at least {SHORTEST_SECRET} bytes"))
                .hint("make one: openssl rand -base64 32; and keep it in the environment"),
        );
        return None;
    }
    Some(Secret::new(text))
}

fn events(node: Option<&Node<'_>>) -> Vec<Topic> {
    let Some(node) = node else { return Topic::ALL.to_vec() };
    if node.items().is_some_and(|items| items.is_empty()) {
        node.refuse(Diagnostic::error("the list is empty").hint("remove it to be told of everything"));
    }
    node.distinct(|item| item.word()).into_iter().map(|(topic, _)| topic).collect()
}

#[cfg(test)]
mod tests {
    use super::problem;

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
