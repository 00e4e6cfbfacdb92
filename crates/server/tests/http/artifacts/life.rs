use std::{
    fs,
    io::{Read as _, Write as _},
    sync::Arc,
    thread,
    time::Duration,
};

use server::Settings;

use super::{Got, Keeper, PROXY};
use crate::support::settings;

#[test]
fn a_half_sent_upload_leaves_nothing() {
    let keeper = Keeper::new();
    keeper.put("a", b"before");
    let mut stream = keeper.running.connect();
    keeper.send(&mut stream, &format!("PUT {PROXY}/a"), &[], 1_000_000);
    stream.write_all(&[7; 300_000]).unwrap();
    while keeper.waiting() == 0 {
        thread::yield_now();
    }
    drop(stream);
    assert!(keeper.settled());
    assert_eq!(keeper.get(&format!("{PROXY}/a")).body, b"before");
}

#[test]
fn a_client_that_sends_nothing_more_is_told_so_and_leaves_nothing() {
    let keeper = Keeper::with(Settings { request_timeout: Duration::from_millis(300), ..settings() });
    let mut stream = keeper.running.connect();
    keeper.send(&mut stream, &format!("PUT {PROXY}/a"), &[("Expect", "100-continue")], 1_000);
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"some").unwrap();
    let got = Got::read(&mut stream, "PUT");
    assert_eq!((got.status, got.code()), (408, "BAD_REQUEST".to_owned()));
    assert!(keeper.settled());
}

#[test]
fn many_slow_clients_do_not_keep_others_from_their_files() {
    let keeper = Keeper::new();
    let path = format!("PUT {PROXY}/slow");
    let mut slow: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = keeper.running.connect();
            keeper.send(&mut stream, &path, &[], 1_000_000);
            stream.write_all(b"a little").unwrap();
            stream
        })
        .collect();
    keeper.put("large", &vec![1; 8 << 20]);
    for stream in &mut slow[..100] {
        keeper.send(stream, &format!("GET {PROXY}/large"), &[], 0);
    }
    assert_eq!(keeper.put("quick", b"1").status, 200);
    assert_eq!(keeper.get(&format!("{PROXY}/quick")).body, b"1");
    drop(slow);
    assert!(keeper.settled());
}

#[test]
fn a_body_in_chunks_of_unknown_length_is_taken() {
    let keeper = Keeper::new();
    let mut stream = keeper.running.connect();
    let head = format!(
        "PUT {PROXY}/a HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
        keeper.running.address
    );
    stream.write_all(head.as_bytes()).unwrap();
    for _ in 0..100 {
        stream.write_all(b"5\r\nhello\r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(Got::read(&mut stream, "PUT").status, 200);
    assert_eq!(keeper.get(&format!("{PROXY}/a")).body, b"hello".repeat(100));
}

#[test]
fn whoever_puts_last_wins_whole() {
    let keeper = Arc::new(Keeper::new());
    let writers: Vec<_> = (0..4_u8)
        .map(|writer| {
            let keeper = Arc::clone(&keeper);
            thread::spawn(move || {
                for _ in 0..5 {
                    assert_eq!(keeper.put("same", &vec![writer; 200_000]).status, 200);
                    let got = keeper.get(&format!("{PROXY}/same")).body;
                    assert!(got.len() == 200_000 && got.iter().all(|byte| *byte == got[0]));
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    assert_eq!(keeper.waiting(), 0);
}

#[test]
fn a_file_that_is_deleted_while_it_is_read_is_read_to_its_end() {
    let keeper = Keeper::new();
    let bytes = vec![5; 16 << 20];
    keeper.put("a", &bytes);
    let mut stream = keeper.running.connect();
    keeper.send(&mut stream, &format!("GET {PROXY}/a"), &[], 0);
    let mut first = [0; 1];
    stream.peek(&mut first).unwrap();
    keeper.call("DELETE", &format!("{PROXY}/a"), &[], b"");
    let got = Got::read(&mut stream, "GET");
    assert!(got.body == bytes);
    assert!(!keeper.root().join("a").exists());
}

#[test]
fn a_refused_upload_is_answered_though_its_client_is_still_sending() {
    let keeper = Keeper::new();
    let refused = keeper.put("../a", &vec![0; 20 << 20]);
    assert_eq!((refused.status, refused.code()), (400, "INVALID_PARAMETER_VALUE".to_owned()));
    assert!(fs::read_dir(keeper.root()).map_or(0, Iterator::count) <= 1);
}
