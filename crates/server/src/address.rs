//! Which addresses we listen on.

use std::net::{Ipv4Addr, SocketAddr};

use crate::service::Error;

/// The address that a `listen` setting names. No name is looked up: `localhost` is 127.0.0.1, and any other name could
/// be anywhere.
pub(crate) fn named(listen: &str) -> Result<SocketAddr, Error> {
    let port = |port: &str| port.parse().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).ok();
    let named = listen.strip_prefix("localhost:").and_then(port);
    named.or_else(|| listen.parse().ok()).ok_or_else(|| Error::Address(listen.to_owned()))
}

/// Refuses an address that other machines can reach, unless requests need a token.
pub(crate) fn guarded(address: SocketAddr, asks: bool) -> Result<SocketAddr, Error> {
    if address.ip().is_loopback() || asks { Ok(address) } else { Err(Error::BeyondLoopback(address)) }
}

#[cfg(test)]
mod tests {
    use super::{Error, guarded, named};

    #[test]
    fn loopback_is_listened_on_by_number_or_by_name() {
        for (listen, address) in
            [("127.0.0.1:0", "127.0.0.1:0"), ("localhost:5151", "127.0.0.1:5151"), ("[::1]:80", "[::1]:80")]
        {
            let address = address.parse().unwrap();
            assert_eq!(named(listen).unwrap(), address);
            assert_eq!(guarded(address, false).unwrap(), address);
        }
    }

    #[test]
    fn an_address_that_others_can_reach_is_refused_unless_tokens_are_asked_for() {
        for listen in ["0.0.0.0:5151", "[::]:5151", "192.168.1.2:5151", "[::ffff:8.8.8.8]:1"] {
            let address = named(listen).unwrap();
            assert!(matches!(guarded(address, false), Err(Error::BeyondLoopback(_))), "{listen}");
            assert_eq!(guarded(address, true).unwrap(), address);
        }
    }

    #[test]
    fn what_names_no_address_is_refused() {
        for listen in ["", "5151", "127.0.0.1", "example.com:80", "localhost", "localhost:99999"] {
            assert!(matches!(named(listen), Err(Error::Address(_))), "{listen}");
        }
    }
}
