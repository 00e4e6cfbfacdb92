//! A client that keeps its connection, and says byte for byte what it is told to.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
};

use serde_json::Value;

use super::API;
use crate::context::PATIENCE;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    /// Besides `Host` and `Content-Length`.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn new(method: &str, target: &str, body: impl Into<Vec<u8>>) -> Self {
        let (method, target, body) = (method.to_owned(), target.to_owned(), body.into());
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Self { method, target, headers, body }
    }

    /// The request up to its body.
    pub(super) fn head(&self, address: &str) -> String {
        let (method, target, length) = (&self.method, &self.target, self.body.len());
        let mut head =
            format!("{method} {target} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n");
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + "\r\n"
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The status line and the headers, in lower case.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    #[track_caller]
    pub(super) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {} {text}", self.head))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(has, _)| *has == name).map(|(_, value)| value)
    }
}

/// A client of one server.
pub(super) struct Client {
    pub(super) address: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    pub(super) fn new(url: &str) -> Self {
        Self { address: url.strip_prefix("http://").unwrap().to_owned(), stream: None }
    }

    /// Asks, on the connection that it has when that is still there.
    ///
    /// An error means that no whole answer came on a connection that was there.
    pub(super) fn ask(&mut self, request: &Request) -> io::Result<Answer> {
        let kept = self.stream.take();
        if let Some(stream) = kept
            && let Ok(answer) = self.ask_on(stream, request)
        {
            return Ok(answer);
        }
        let stream = TcpStream::connect(&self.address)?;
        self.ask_on(BufReader::new(stream), request)
    }

    /// Asks once, on the connection that it has or on a new one: nothing is ever sent twice.
    pub(super) fn ask_once(&mut self, request: &Request) -> io::Result<Answer> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(TcpStream::connect(&self.address)?),
        };
        self.ask_on(stream, request)
    }

    fn ask_on(&mut self, mut stream: BufReader<TcpStream>, request: &Request) -> io::Result<Answer> {
        stream.get_ref().set_read_timeout(Some(PATIENCE))?;
        stream.get_ref().set_nodelay(true)?;
        let mut bytes = request.head(&self.address).into_bytes();
        bytes.extend_from_slice(&request.body);
        // Whoever is refused in the middle of what it sends may still read why.
        let sent = stream.get_mut().write_all(&bytes);
        let answer =
            read(&mut stream, request.method == "HEAD").map_err(|error| sent.err().unwrap_or(error))?;
        if answer.header("connection") != Some("close") {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    #[track_caller]
    pub(super) fn get(&mut self, target: &str) -> Answer {
        self.ask(&Request { headers: Vec::new(), ..Request::new("GET", target, "") }).unwrap()
    }

    /// Asks one of MLflow's routes for what it must give.
    #[track_caller]
    pub(super) fn read(&mut self, target: &str) -> Value {
        let answer = self.get(&format!("{API}/{target}"));
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        answer.json()
    }

    /// Sends one of MLflow's routes what it must take.
    #[track_caller]
    pub(super) fn send(&mut self, target: &str, body: &Value) -> Value {
        let answer = self.ask(&Request::new("POST", &format!("{API}/{target}"), body.to_string())).unwrap();
        assert_eq!(answer.status, 200, "{target} {body}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// Makes a run in the experiment `0`.
    #[track_caller]
    pub(super) fn run(&mut self) -> String {
        let made = self.send("runs/create", &serde_json::json!({"experiment_id": "0"}));
        made["run"]["info"]["run_id"].as_str().unwrap().to_owned()
    }
}

fn read(stream: &mut BufReader<TcpStream>, is_head: bool) -> io::Result<Answer> {
    let head = read_head(stream)?;
    let status = head.get(9..12).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no status line: {head:?}")))?;
    if status == 100 {
        return read(stream, is_head);
    }
    let mut answer = Answer { status, head, body: Vec::new() };
    if is_head || matches!(status, 204 | 304) {
        return Ok(answer);
    }
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = read_chunks(stream)?;
    } else {
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        answer.body = vec![0; length.ok_or_else(|| io::Error::other("no length"))?];
        stream.read_exact(&mut answer.body)?;
    }
    Ok(answer)
}

fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if stream.read_line(&mut head)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("cut after {head:?}")));
        }
        if head[before..] == *"\r\n" {
            return Ok(head.to_lowercase());
        }
    }
}

fn read_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk)?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..size]);
    }
}
