//! A small HTTP server that takes webhooks, as slow or unwilling as it is told to be.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::Value;

/// What came in one request.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    /// The headers by their names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Delivery {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other == name);
        &found.unwrap_or_else(|| panic!("no {name} in {self:#?}")).1
    }

    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn kind(&self) -> String {
        self.event()["type"].as_str().unwrap().to_owned()
    }
}

/// How it answers the request of this number, counted from 0.
pub(crate) type Manner = fn(usize) -> Answer;

/// An answer to a delivery.
pub(crate) enum Answer {
    /// With this status.
    Status(u16),
    /// Never, while the connection stays open.
    Nothing,
}

/// A server that notes what it is sent.
pub(crate) struct Receiver {
    pub(crate) url: String,
    taken: Arc<Mutex<Vec<Delivery>>>,
}

impl Receiver {
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let taken = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&taken);
        // Both threads end with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let list = Arc::clone(&list);
                thread::spawn(move || serve(stream, &list, manner));
            }
        });
        Self { url, taken }
    }

    /// What has come so far, in its order.
    pub(crate) fn taken(&self) -> Vec<Delivery> {
        self.taken.lock().unwrap().clone()
    }

    /// The types of what has come so far.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.taken().iter().map(Delivery::kind).collect()
    }
}

/// Takes the requests of one connection until its end.
fn serve(stream: TcpStream, list: &Mutex<Vec<Delivery>>, manner: Manner) {
    let mut reader = BufReader::new(stream);
    while let Some(delivery) = read(&mut reader) {
        let number = {
            let mut list = list.lock().unwrap();
            list.push(delivery);
            list.len() - 1
        };
        let Answer::Status(status) = manner(number) else {
            loop {
                thread::park();
            }
        };
        let answer = format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n");
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Delivery> {
    let mut line = String::new();
    // The request line says nothing new.
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Delivery { headers, body: String::from_utf8(body).unwrap() })
}
