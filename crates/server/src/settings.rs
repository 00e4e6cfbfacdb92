use std::time::Duration;

use base::Size;

/// How a server listens and how much it takes. Memory is bounded by `connections` and `bodies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Host and port, by number or as `localhost`; port 0 takes any free one. Beyond loopback only with tokens.
    pub listen: String,
    /// Further names that the server may be called by: `name`, `name:port`, `*.name`, or `*`.
    pub allowed_hosts: Vec<String>,
    /// Sites whose pages may call the server, such as `https://board.example.com`.
    pub allowed_origins: Vec<String>,
    /// The largest request body.
    pub body_limit: Size,
    /// Request bodies that may be in memory at once, all together.
    pub bodies: Size,
    /// The most rows in one request.
    pub row_limit: usize,
    /// The most open connections; others wait to be accepted.
    pub connections: usize,
    /// How long a request may take, from its headers to its answer; and its headers, from the answer before them.
    pub request_timeout: Duration,
    /// How long the requests in flight may take once the server is told to stop.
    pub drain_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:5151".to_owned(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            body_limit: Size::bytes(16 << 20),
            bodies: Size::bytes(256 << 20),
            row_limit: 100_000,
            connections: 1_024,
            request_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
        }
    }
}
