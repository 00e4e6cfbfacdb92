//! A client for one HTTP/1.1 connection, so that the client costs next to nothing of what is measured.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

const GIVE_UP: Duration = Duration::from_secs(30);

/// A connection that is kept open between requests.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
}

/// What came back.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(GIVE_UP))?;
        Ok(Self { stream: BufReader::new(stream), host: address.to_string() })
    }

    /// The bytes of a request, to be made once and sent often.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        [head.as_bytes(), body.as_bytes()].concat()
    }

    pub(crate) fn send(&mut self, request: &[u8]) -> Result<Response> {
        self.stream.get_mut().write_all(request).context("send a request")?;
        read_response(&mut self.stream).context("read a response")
    }
}

fn read_response(stream: &mut impl BufRead) -> Result<Response> {
    let first = line(stream)?;
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.with_context(|| format!("`{first}` is not the first line of a response"))?;
    let mut length = None;
    loop {
        let header = line(stream)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').with_context(|| format!("`{header}` is not a header"))?;
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse::<usize>().context("read the content length")?);
        }
    }
    let mut body = vec![0; length.context("the response states no content length")?];
    stream.read_exact(&mut body)?;
    Ok(Response { status, body })
}

fn line(stream: &mut impl BufRead) -> Result<String> {
    let mut text = String::new();
    if stream.read_line(&mut text)? == 0 {
        bail!("the connection was closed");
    }
    text.truncate(text.trim_end().len());
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_responses_on_one_connection_are_told_apart() {
        let wire = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirstHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        let mut stream = &wire[..];
        let first = read_response(&mut stream).unwrap();
        let second = read_response(&mut stream).unwrap();
        assert_eq!((first.status, first.body.as_slice()), (200, &b"first"[..]));
        assert_eq!((second.status, second.body.len()), (404, 0));
    }

    #[test]
    fn a_response_cut_short_is_an_error() {
        assert!(read_response(&mut &b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfir"[..]).is_err());
        assert!(read_response(&mut &b"HTTP/1.1 200 OK\r\n\r\n"[..]).is_err());
        assert!(read_response(&mut &b""[..]).is_err());
    }
}
