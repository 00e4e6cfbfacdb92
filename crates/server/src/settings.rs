use std::time::Duration;

use base::Size;

/// How a server listens and how much it takes. Memory is bounded by `connections` and `bodies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Host and port: a loopback address or `localhost`; port 0 takes any free one.
    pub listen: String,
    /// The largest request body.
    pub body_limit: Size,
    /// Request bodies that may be in memory at once, all together.
    pub bodies: Size,
    /// The most rows in one request.
    pub row_limit: usize,
    /// The most open connections; others wait to be accepted.
    pub connections: usize,
    /// How long a request may take, from its headers to its answer.
    pub request_timeout: Duration,
    /// How long the requests in flight may take once the server is told to stop.
    pub drain_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:5151".to_owned(),
            body_limit: Size::bytes(16 << 20),
            bodies: Size::bytes(256 << 20),
            row_limit: 100_000,
            connections: 1_024,
            request_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
        }
    }
}
