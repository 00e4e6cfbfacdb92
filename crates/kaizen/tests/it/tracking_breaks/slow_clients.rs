//! A thousand clients that hardly send, or never read: another one does not notice.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{
    API,
    client::{Client, Request},
    open_files,
};
use crate::{context::TestContext, server_command::server};

const CLIENTS: usize = 1_000;

#[test]
fn a_thousand_slow_clients_do_not_slow_another_one() {
    open_files();
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let mut client = Client::new(&url);
    let run = client.run();
    let file = "/api/2.0/mlflow-artifacts/artifacts/large";
    let content = vec![7; 8_000_000];
    assert_eq!(client.ask(&Request::new("PUT", file, content.clone())).unwrap().status, 200);
    let alone = median(&mut client, &run);
    let mut slow = slow_clients(&client.address, file);
    let beside = median(&mut client, &run);
    // A busy machine is no reason to fail; to wait for one of the thousand would take half a minute.
    assert!(beside < 10 * alone + Duration::from_secs(1), "{beside:?} instead of {alone:?}");
    assert_eq!(client.get(file).body.len(), content.len());
    // They go on as if nothing had been, and those that have said enough are answered.
    drip(&mut slow);
    drop(slow);
    assert_eq!(client.get("/health").status, 200);
    let ended = running.interrupt();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

/// How long a write and a read take, as a rule.
fn median(client: &mut Client, run: &str) -> Duration {
    let mut times: Vec<_> = (0..60)
        .map(|step| {
            let started = Instant::now();
            let point = json!({"run_id": run, "key": "m", "value": step, "timestamp": step, "step": step});
            client.send("runs/log-metric", &point);
            client.read(&format!("runs/get?run_id={run}"));
            started.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// Half a head, half a body, half a file, and a file that nobody reads, of each as many.
fn slow_clients(address: &str, file: &str) -> Vec<TcpStream> {
    let begin = |number: usize| {
        let host = format!("Host: {address}\r\n");
        let json = "Content-Type: application/json\r\nContent-Length: 400\r\n";
        match number % 4 {
            0 => format!("POST {API}/runs/create HTTP/1.1\r\n{host}X-A"),
            1 => format!("POST {API}/runs/create HTTP/1.1\r\n{host}{json}\r\n{{"),
            2 => format!("PUT {file}-{number} HTTP/1.1\r\n{host}Content-Length: 1000000\r\n\r\nabc"),
            _ => format!("GET {file} HTTP/1.1\r\n{host}\r\n"),
        }
    };
    let connect = |number| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(begin(number).as_bytes()).unwrap();
        stream
    };
    (0..CLIENTS).map(connect).collect()
}

/// Each sends a byte more, and again.
fn drip(slow: &mut [TcpStream]) {
    for _ in 0..3 {
        for stream in slow.iter_mut() {
            // Some may have taken longer than the server waits for anybody.
            let _ = stream.write_all(b"x");
        }
        thread::sleep(Duration::from_millis(20));
    }
    for stream in slow.iter_mut().skip(3).step_by(4).take(20) {
        let mut start = [0; 15];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"HTTP/1.1 200 OK");
    }
}
