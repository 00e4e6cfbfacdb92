use std::net::Ipv4Addr;

use base::Diagnostic;
use serde::Serialize;

use crate::{
    field::{Field, Shape},
    reader::{Node, shown},
};

/// Where the services are offered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Server {
    /// The address to listen at, `host:port`; always one that only this machine reaches.
    pub listen: String,
}

impl Default for Server {
    fn default() -> Self {
        Self { listen: "127.0.0.1:5151".to_owned() }
    }
}

pub(crate) const FIELDS: &[Field] = &[Field::optional(
    "listen",
    Shape::Text,
    "The address to listen at, host:port; 127.0.0.1:5151 unless given, port 0 for any free one.",
)];

const EXPECTED: &str = "an address host:port such as \"127.0.0.1:5151\" or \"[::1]:5151\"";

pub(crate) fn read(node: &Node<'_>) -> Option<Server> {
    let section = node.section()?;
    let Some(field) = section.get("listen") else { return Some(Server::default()) };
    let listen = field.text()?;
    let refuse = |message: String| Diagnostic::error(message).expected(EXPECTED);
    let shown = shown(&listen);
    match host(&listen) {
        None => field.refuse(refuse(format!("`{shown}` is not an address"))),
        Some(host) if !is_loopback(host) => {
            field.refuse(refuse(format!("`{shown}` can be reached from outside this machine")).hint(
                "a project file listens on loopback alone; create a token, and say `kaizen up --listen HOST:PORT` where others may call",
            ))
        }
        Some(_) => return Some(Server { listen }),
    }
    None
}

/// The host of `host:port`.
fn host(address: &str) -> Option<&str> {
    let (host, port) = address.rsplit_once(':')?;
    port.bytes().all(|digit| digit.is_ascii_digit()).then_some(())?;
    port.parse::<u16>().ok()?;
    is_host(host).then_some(host)
}

/// Whether this can be a host: a name, an address, or one in brackets.
pub(crate) fn is_host(host: &str) -> bool {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '.' || letter == '-';
    let is_name = !host.is_empty() && host.chars().all(bare);
    let is_bracketed = host.starts_with('[') && host.ends_with(']');
    is_name || is_bracketed
}

/// Whether this host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let by_number = host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback());
    by_number || host == "localhost" || host == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::{host, is_loopback};

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for address in ["127.0.0.1:5151", "localhost:0", "[::1]:80", "127.8.8.8:65535"] {
            assert!(host(address).is_some_and(is_loopback), "{address}");
        }
        for address in ["0.0.0.0:80", "[::]:80", "example.com:80", "127.0.0.1.example.com:80"] {
            assert!(host(address).is_some_and(|host| !is_loopback(host)), "{address}");
        }
    }

    #[test]
    fn what_has_no_host_or_no_port_is_no_address() {
        for address in
            ["", ":", ":80", "localhost", "localhost:", "localhost:+1", "a b:1", "::1:80", "h:65536"]
        {
            assert_eq!(host(address), None, "{address}");
        }
    }
}
