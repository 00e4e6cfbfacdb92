//! The names by which a server may be called.
//!
//! A page of another site can point its own name at our address and then ask as if it were ours (DNS rebinding), but it
//! cannot make the browser send another name than its own. So names are allowed one by one. An address in numbers is
//! nobody's to point elsewhere; but a server on loopback is not called by any other address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// What the `Host` header may say.
#[derive(Debug, Clone)]
pub(crate) struct Hosts {
    /// Where the server listens.
    address: IpAddr,
    /// Further hosts: `name`, `name:port`, `*.name`, or `*` for any.
    allowed: Vec<String>,
}

impl Hosts {
    pub(crate) fn of(address: SocketAddr, allowed: &[String]) -> Self {
        let allowed = allowed.iter().map(|host| host.to_ascii_lowercase()).collect();
        Self { address: address.ip(), allowed }
    }

    /// Whether a server may be called by this host, with or without a port.
    pub(crate) fn allow(&self, host: &str) -> bool {
        if is_local(host) {
            return true;
        }
        let host = host.to_ascii_lowercase();
        let name = name(&host);
        let by_number = number(name).is_some_and(|number| self.is_ours(number));
        by_number || self.allowed.iter().any(|pattern| fits(pattern, &host, name))
    }

    fn is_ours(&self, number: IpAddr) -> bool {
        let anywhere = self.address.is_unspecified() && !number.is_unspecified();
        anywhere || !self.address.is_unspecified() && number == self.address
    }
}

/// Whether a host, with or without a port, is this machine by a name that no one else controls.
pub(crate) fn is_local(host: &str) -> bool {
    let name = name(host);
    name.eq_ignore_ascii_case("localhost") || number(name).is_some_and(|number| number.is_loopback())
}

fn fits(pattern: &str, host: &str, name: &str) -> bool {
    if let Some(parent) = pattern.strip_prefix("*.") {
        return name.strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
    }
    !name.is_empty() && (pattern == "*" || pattern == name || pattern == host)
}

/// The host without its port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    }
}

fn number(name: &str) -> Option<IpAddr> {
    if let Some(inside) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inside.parse::<Ipv6Addr>().ok().map(IpAddr::from);
    }
    name.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Hosts, is_local};

    fn hosts(address: &str, allowed: &[&str]) -> Hosts {
        let allowed: Vec<_> = allowed.iter().map(|host| (*host).to_owned()).collect();
        Hosts::of(address.parse().unwrap(), &allowed)
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

    #[test]
    fn a_server_on_loopback_is_called_by_no_other_address() {
        let hosts = hosts("127.0.0.1:80", &[]);
        assert!(hosts.allow("localhost:80"));
        for host in ["", "192.168.1.2", "10.0.0.1:80", "[fe80::1]", "0.0.0.0", "machine"] {
            assert!(!hosts.allow(host), "{host}");
        }
    }

    #[test]
    fn a_server_for_others_is_called_by_the_addresses_it_listens_on() {
        let one = hosts("192.168.1.2:80", &[]);
        assert!(one.allow("192.168.1.2:80") && one.allow("localhost"));
        assert!(!one.allow("192.168.1.3") && !one.allow("machine"));
        let all = hosts("0.0.0.0:80", &[]);
        assert!(all.allow("192.168.1.3:80") && all.allow("[2001:db8::1]"));
        for host in ["0.0.0.0", "machine", "192.168.1.3.evil.com", "1.2.3.4.5"] {
            assert!(!all.allow(host), "{host}");
        }
    }

    #[test]
    fn other_names_are_those_that_the_operator_allows() {
        let hosts = hosts("127.0.0.1:80", &["Tracking.example.com", "*.ci.example.com", "gate:8443"]);
        for host in ["tracking.example.com", "TRACKING.example.com:80", "a.ci.example.com", "gate:8443"] {
            assert!(hosts.allow(host), "{host}");
        }
        for host in ["example.com", "ci.example.com", ".ci.example.com", "xci.example.com", "gate", "gate:1"]
        {
            assert!(!hosts.allow(host), "{host}");
        }
        let any = Hosts::of("127.0.0.1:80".parse().unwrap(), &["*".to_owned()]);
        assert!(any.allow("anything:1") && !any.allow("") && !any.allow(":80"));
    }
}
