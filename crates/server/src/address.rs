//! Which addresses we listen on, and which names mean this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::service::Error;

/// The loopback address that a `listen` setting names. No name is looked up: `localhost` is
/// 127.0.0.1, and any other name could be anywhere.
pub(crate) fn loopback(listen: &str) -> Result<SocketAddr, Error> {
    let port = |port: &str| port.parse().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).ok();
    let named = listen.strip_prefix("localhost:").and_then(port);
    let address: SocketAddr =
        named.or_else(|| listen.parse().ok()).ok_or_else(|| Error::Address(listen.to_owned()))?;
    if address.ip().is_loopback() { Ok(address) } else { Err(Error::BeyondLoopback(address)) }
}

/// Whether a host, with or without a port, is this machine by a name that no one else controls.
pub(crate) fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    if let Some(inside) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inside.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Error, is_local, loopback};

    #[test]
    fn loopback_is_listened_on_by_number_or_by_name() {
        for (listen, address) in
            [("127.0.0.1:0", "127.0.0.1:0"), ("localhost:5151", "127.0.0.1:5151"), ("[::1]:80", "[::1]:80")]
        {
            assert_eq!(loopback(listen).unwrap(), address.parse().unwrap());
        }
    }

    #[test]
    fn an_address_that_others_can_reach_is_refused() {
        for listen in ["0.0.0.0:5151", "[::]:5151", "192.168.1.2:5151", "[::ffff:8.8.8.8]:1"] {
            assert!(matches!(loopback(listen), Err(Error::BeyondLoopback(_))), "{listen}");
        }
        for listen in ["", "5151", "127.0.0.1", "example.com:80", "localhost", "localhost:99999"] {
            assert!(matches!(loopback(listen), Err(Error::Address(_))), "{listen}");
        }
    }

    #[test]
    fn only_names_that_nobody_else_controls_are_local() {
        for host in ["localhost", "LOCALHOST:5151", "127.0.0.1:80", "127.8.8.8", "[::1]", "[::1]:5151"] {
            assert!(is_local(host), "{host}");
        }
        for host in
            ["", "evil.com", "evil.com:5151", "localhost.evil.com", "127.0.0.1.evil.com", "0.0.0.0", "[::]"]
        {
            assert!(!is_local(host), "{host}");
        }
    }
}
