//! A running server on a port of its own, and a client that says exactly what it is told to.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use onnx::{
    Element, Tensor,
    build::{GraphBuilder, Node},
};
use serde_json::Value;
use server::{Drain, Error, Failure, Service, Settings};
use serving::{Catalog, Loaded};
use tokio::sync::oneshot;

/// A model that gives its number column `x` back as `y`.
pub(crate) fn echo(name: &str, version: &str) -> Loaded {
    model(name, version, |_| Node::new("Identity", &["x"]))
}

/// A model `late` of version 3 that says it predicts a class, `true` or `false`.
pub(crate) fn trained() -> Loaded {
    let signature = r#"{"inputs":[{"name":"x","kind":"number"}],"task":"binary","classes":["false","true"]}"#;
    model("late", "3", |graph| {
        graph.metadata("kaizen.signature", signature);
        Node::new("Identity", &["x"])
    })
}

/// A model that loads and then fails on every request of other than seven rows.
pub(crate) fn broken() -> Loaded {
    model("broken", "1", |graph| {
        let shape = graph.constant(Tensor::integers([2], [7, 1]));
        Node::new("Reshape", &["x", &shape])
    })
}

fn model(name: &str, version: &str, node: impl FnOnce(&mut GraphBuilder) -> Node) -> Loaded {
    let mut graph = GraphBuilder::new(name);
    graph.input("x", Element::Float, 1);
    let node = node(&mut graph);
    graph.node(node.output("y"));
    graph.output("y", Element::Float, Some(1));
    Loaded::from_bytes(name, version, &graph.finish()).unwrap()
}

pub(crate) const BODY: &str =
    r#"{"id":"7","inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1.5,null]}]}"#;

/// A body with this many rows.
pub(crate) fn rows(count: usize) -> String {
    let data = vec!["1"; count].join(",");
    format!(r#"{{"inputs":[{{"name":"x","shape":[{count}],"datatype":"FP32","data":[{data}]}}]}}"#)
}

/// Any free port, and otherwise what is usual.
pub(crate) fn settings() -> Settings {
    Settings { listen: "127.0.0.1:0".to_owned(), ..Settings::default() }
}

/// A server with the models that its test gives it.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) catalog: Catalog,
    pub(crate) failures: Arc<Mutex<Vec<Failure>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<Result<Drain, Error>>>,
}

impl Running {
    /// With a model `late` of version 3.
    pub(crate) fn usual() -> Self {
        Self::start(settings(), [echo("late", "3")])
    }

    pub(crate) fn start(settings: Settings, models: impl IntoIterator<Item = Loaded>) -> Self {
        Self::start_with(settings, models, |service| service)
    }

    /// With what else the test gives the service.
    pub(crate) fn start_with(
        settings: Settings,
        models: impl IntoIterator<Item = Loaded>,
        equip: impl FnOnce(Service) -> Service,
    ) -> Self {
        let catalog = Catalog::new();
        for model in models {
            catalog.set(model);
        }
        let failures = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&failures);
        let service = Service::bind(settings, catalog.clone()).unwrap();
        let report = Arc::new(move |failure: &Failure| heard.lock().unwrap().push(failure.clone()));
        let service = equip(service.report_to(report));
        let address = service.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.unwrap().block_on(service.run(async {
                let _ = stopped.await;
            }))
        });
        Self { address, catalog, failures, stop: Some(stop), thread: Some(thread) }
    }

    /// Tells the server to stop, without waiting.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits for the end of a server that was told to stop.
    pub(crate) fn ended(mut self) -> Drain {
        self.stop();
        self.thread.take().unwrap().join().unwrap().unwrap()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], "")
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.call("POST", path, &[], body)
    }

    /// One request on a connection of its own.
    pub(crate) fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = self.connect();
        let host = headers.iter().any(|(name, _)| *name == "Host");
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !host {
            head += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        // A server that refuses early may close while we still write; its answer counts.
        let _ = stream.write_all(format!("{head}\r\n{body}").as_bytes());
        Answer::read(&mut stream).unwrap()
    }
}

/// Ends the server with its test.
impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Answer {
    /// Reads one answer and leaves the connection as it is.
    pub(crate) fn read(stream: &mut TcpStream) -> io::Result<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let status = head[9..12].parse().unwrap();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        stream.read_exact(&mut body)?;
        assert!(head.contains("content-type: application/json\r\n"), "{head}");
        Ok(Self { status, head, body: serde_json::from_slice(&body).unwrap() })
    }

    /// The error in the protocol's form, which has nothing else in it.
    pub(crate) fn error(&self) -> &str {
        assert_eq!(self.body.as_object().unwrap().len(), 1, "{:?}", self.body);
        self.body["error"].as_str().unwrap()
    }
}
