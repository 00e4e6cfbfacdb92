//! What is meant to exhaust the server or to slip past it: too much of everything, and requests from elsewhere.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use serde_json::{Value, json};

use super::{
    API,
    client::{Answer, Client, Request},
};
use crate::{
    context::{PATIENCE, TestContext},
    running::Running,
    server_command::server,
};

fn post(client: &mut Client, route: &str, body: impl Into<Vec<u8>>) -> Answer {
    client.ask(&Request::new("POST", &format!("{API}/{route}"), body)).unwrap()
}

#[track_caller]
fn refused(answer: &Answer, status: u16) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{text}");
    let error = answer.json();
    assert!(error["error_code"].is_string(), "{text}");
    error["message"].as_str().unwrap().to_owned()
}

/// Sends bytes that are no proper HTTP, and gives the status line.
fn raw(client: &Client, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(&client.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may be cut off in the middle.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

/// The most memory that the process has had, in kilobytes.
fn peak(running: &Running) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", running.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn searches_of_any_length_are_answered_or_refused() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let mut client = Client::new(&url);
    let run = client.run();
    let point = json!({"run_id": run, "key": "m", "value": 2, "timestamp": 1});
    client.send("runs/log-metric", &point);
    for count in [40, 70, 1_100, 3_000, 40_000] {
        for body in long_searches(count) {
            let answer = post(&mut client, "runs/search", body.to_string());
            let start: String = body.to_string().chars().take(120).collect();
            match answer.status {
                200 => {
                    assert_eq!(answer.json()["runs"].as_array().map(Vec::len), Some(1), "{count} of {start}")
                }
                _ => drop(refused(&answer, 400)),
            }
            assert!(count > 40 || answer.status == 200, "{start}: {}", String::from_utf8_lossy(&answer.body));
            for route in ["experiments/search", "logged-models/search"] {
                let answer = post(&mut client, route, body.to_string());
                assert!(answer.status == 200 || !refused(&answer, 400).is_empty());
            }
        }
    }
    let ended = running.interrupt();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

/// Searches with so many of everything, all of which find the one run.
fn long_searches(count: usize) -> Vec<Value> {
    let search = |filter: String, order_by: Vec<String>| json!({"experiment_ids": ["0"], "filter": filter, "order_by": order_by, "max_results": 10});
    let repeated = |one: &str, between: &str| vec![one; count].join(between);
    let distinct = |one: &str, between: &str| {
        (0..count).map(|at| one.replace('#', &at.to_string())).collect::<Vec<_>>().join(between)
    };
    let orders = |one: &str| (0..count).map(|at| one.replace('#', &at.to_string())).collect::<Vec<_>>();
    let many_ids: Vec<_> = (0..count).map(|at| at.to_string()).collect();
    vec![
        search(repeated("metrics.m > 1", " AND "), Vec::new()),
        search(distinct("metrics.m != #.5", " AND "), Vec::new()),
        search(distinct("params.p# IS NULL", " AND "), Vec::new()),
        search(distinct("tags.t# IS NULL", " AND "), Vec::new()),
        search(format!("run_id NOT IN ({})", distinct("'a#'", ",")), Vec::new()),
        search(format!("run_name LIKE '%{}'", "%".repeat(count)), Vec::new()),
        search(String::new(), orders("metrics.m#")),
        search(String::new(), orders("params.`p#` DESC")),
        json!({"experiment_ids": many_ids}),
    ]
}

#[test]
fn a_body_that_is_too_large_or_would_grow_in_memory_is_refused_at_little_cost() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let mut client = Client::new(&url);
    let before = peak(&running);
    let size = 30 << 20;
    for body in [
        "[".repeat(size),
        format!("{{\"a\":[{}0]}}", "0,".repeat(size / 2)),
        format!("{{\"a\":[{}0]}}", "{},".repeat(size / 3)),
        format!("{{{}\"a\":0}}", "\"a\":{},".repeat(size / 7)),
        format!("\"[{}0]\"", "[],".repeat(size / 3)),
    ] {
        let start: String = body.chars().take(20).collect();
        let answer = post(&mut client, "runs/set-tag", body.clone());
        assert!((400..500).contains(&answer.status), "{start}: {answer:?}");
        let answer = post(&mut client, "runs/log-batch", body);
        assert!((400..500).contains(&answer.status), "{start}: {answer:?}");
    }
    let grown = (peak(&running) - before) / 1_024;
    assert!(grown < 150, "{grown} MiB");
    // One that says how large it is need not be sent.
    let head = format!(
        "POST {API}/runs/log-batch HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nConnection: close\r\nContent-Length: 9999999999999\r\n\r\n",
        client.address
    );
    assert_eq!(raw(&client, head.as_bytes()), "HTTP/1.1 413 Payload Too Large");
    assert_eq!(running.interrupt().code, Some(0));
}

#[test]
fn bombs_of_headers_and_crooked_http_end_with_a_refusal_of_their_own_connection() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let client = Client::new(&url);
    let address = client.address.clone();
    let start =
        format!("POST {API}/runs/create HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n");
    let lines = |count: usize| (0..count).map(|at| format!("X-{at}: a\r\n")).collect::<String>();
    for (bytes, status) in [
        (format!("{start}{}\r\n", lines(10_000)), "431"),
        (format!("{start}X: {}\r\n\r\n", "a".repeat(2_000_000)), "431"),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(2_000_000)), "4"),
        (format!("{start}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"), "400"),
        (format!("{start}Content-Length: -2\r\n\r\n{{}}"), "400"),
        (format!("{start}Transfer-Encoding: gzip\r\n\r\n{{}}"), "4"),
        (format!("{start}Content-Length: 2\r\nTransfer-Encoding: identity, chunked, x\r\n\r\n{{}}"), "400"),
        (format!("{start}Bad Header: a\r\n\r\n"), "400"),
        (format!("{start} folded: a\r\n\r\n"), "400"),
        ("GET /a b HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), "4"),
        ("\0\u{1}\u{2}\r\n\r\n".to_owned(), "400"),
    ] {
        let line = raw(&client, bytes.as_bytes());
        let shown: String = bytes.chars().take(250).collect();
        assert!(line.starts_with(&format!("HTTP/1.1 {status}")), "{line:?} to {shown}");
    }
    assert_eq!(Client::new(&url).get("/health").status, 200);
    let ended = running.interrupt();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn nothing_of_a_second_request_hides_in_the_body_of_a_first() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let mut client = Client::new(&url);
    let address = &client.address;
    let hidden = format!(
        "POST {API}/experiments/create HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: 17\r\n\r\n{{\"name\":\"hidden\"}}"
    );
    for framing in [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", hidden.len() + 5),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n\r\n0\r\n\r\n", hidden.len() + 5),
        format!("Transfer-Encoding: xchunked\r\nContent-Length: {}\r\n\r\n", hidden.len()),
        format!("Content-Length: {}\r\n\r\n", hidden.len()),
    ] {
        let first = format!("POST {API}/runs/create HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        raw(&client, format!("{first}Content-Type: application/json\r\n{framing}{hidden}").as_bytes());
    }
    let found = client.get(&format!("{API}/experiments/get-by-name?experiment_name=hidden"));
    assert_eq!(found.status, 404, "{found:?}");
    running.interrupt().code(0);
}

#[test]
fn no_route_writes_for_a_page_of_another_site_or_by_another_name() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let mut client = Client::new(&url);
    for (method, target, body) in [
        ("POST", format!("{API}/experiments/create"), "{\"name\":\"foreign\"}"),
        ("POST", "/ajax-api/2.0/mlflow/experiments/create".to_owned(), "{\"name\":\"foreign\"}"),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/foreign".to_owned(), "a"),
        ("POST", format!("{API}/experiments/search"), "{\"max_results\":5}"),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts".to_owned(), ""),
    ] {
        for (name, value) in [
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
            ("Origin", "http://127.0.0.1.evil.example"),
        ] {
            let mut request = Request::new(method, &target, body);
            request.headers.push((name.to_owned(), value.to_owned()));
            let answer = client.ask(&request).unwrap();
            assert!(!answer.head.contains("access-control-allow"), "{answer:?}");
            assert_eq!(answer.json()["error_code"], "PERMISSION_DENIED", "{method} {target} {name}: {value}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "0.0.0.0",
            "",
            "[::ffff:1.2.3.4]",
        ] {
            let request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
            let json =
                format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let line = raw(&client, format!("{request}{json}").as_bytes());
            assert!(
                line.starts_with("HTTP/1.1 403") || host.is_empty() && line.starts_with("HTTP/1.1 40"),
                "{host}: {line}"
            );
        }
        // The name of the target counts as much as that of the header.
        let line = raw(
            &client,
            format!(
                "GET http://evil.example{target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            .as_bytes(),
        );
        assert!(line.starts_with("HTTP/1.1 403"), "{line}");
    }
    // A form of another site needs no leave of the browser's, but cannot say that it sends JSON.
    let mut form = Request::new("POST", &format!("{API}/experiments/create"), "{\"name\":\"foreign\"}");
    form.headers[0].1 = "text/plain".to_owned();
    assert_eq!(client.ask(&form).unwrap().status, 400);
    assert_eq!(client.get(&format!("{API}/experiments/get-by-name?experiment_name=foreign")).status, 404);
    assert!(!context.path("data/artifacts/foreign").exists());
    running.interrupt().code(0);
}
