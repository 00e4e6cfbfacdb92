//! How a server begins and ends.

use std::{io::Write, net::TcpStream, time::Duration};

use crate::support::{Answer, BODY, Running, echo, settings};
use server::{Drain, Error, Service, Settings};
use serving::Catalog;

#[test]
fn a_taken_port_is_refused_with_the_address_and_the_way_out() {
    let server = Running::usual();
    let taken = Settings { listen: server.address.to_string(), ..Settings::default() };
    let error = Service::bind(taken, Catalog::new()).err().unwrap().to_string();
    assert!(error.starts_with(&format!("{} is taken by another process", server.address)), "{error}");
    assert!(error.contains("listen = \"127.0.0.1:0\" takes any free one"), "{error}");
}

#[test]
fn an_address_beyond_loopback_is_refused_for_lack_of_authentication() {
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let open = Settings { listen: listen.to_owned(), ..Settings::default() };
        let error = Service::bind(open, Catalog::new()).err().unwrap();
        assert!(matches!(error, Error::BeyondLoopback(_)));
        assert!(error.to_string().contains("create a token first (`kaizen token create"), "{error}");
    }
}

/// A request that has arrived but for its last byte.
fn almost_sent(server: &Running) -> TcpStream {
    let mut stream = server.connect();
    let length = BODY.len();
    let head =
        format!("POST /v2/models/late/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n");
    write!(stream, "{head}Expect: 100-continue\r\n\r\n").unwrap();
    // Once the server asks for the body, the request is in flight.
    std::io::Read::read_exact(&mut stream, &mut [0; 25]).unwrap();
    stream.write_all(&BODY.as_bytes()[..length - 1]).unwrap();
    stream
}

#[test]
fn a_request_in_flight_is_answered_before_the_server_ends() {
    let mut server = Running::usual();
    let mut stream = almost_sent(&server);
    server.stop();
    let address = server.address;
    while TcpStream::connect(address).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
    stream.write_all(b"}").unwrap();
    assert_eq!(Answer::read(&mut stream).unwrap().status, 200);
    assert_eq!(server.ended(), Drain::Complete);
}

#[test]
fn a_request_that_never_ends_does_not_keep_the_server_beyond_its_drain_timeout() {
    let drain_timeout = Duration::from_millis(50);
    let server = Running::start(Settings { drain_timeout, ..settings() }, [echo("late", "3")]);
    let _held = almost_sent(&server);
    assert_eq!(server.ended(), Drain::Cut);
}

#[test]
fn an_idle_connection_does_not_delay_the_end() {
    let server = Running::usual();
    let mut idle = server.connect();
    idle.write_all(b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(Answer::read(&mut idle).unwrap().status, 200);
    assert_eq!(server.ended(), Drain::Complete);
}
