//! A disk without room for what should wait.

use rustix::process::Signal;
use serde_json::json;

use super::{Scene, port, post};
use crate::running::Running;

/// How large a file may become, in blocks of 512 bytes.
const BLOCKS: u32 = 3_000;

#[test]
fn what_finds_no_room_is_refused_and_what_was_acknowledged_arrives() {
    let mut scene = Scene::without_server();
    scene.spool.take().unwrap().interrupt().code(0);
    let (before, port) = (format!("trap '' XFSZ; ulimit -S -f {BLOCKS}"), port(&scene.spool_url));
    let url = scene.url.clone();
    let arguments = ["spool", "--json", "--dir", "spools", "serve", "--to", &url, "--port", &port];
    let mut spool = Running::start(scene.context.command_after(&before, &arguments));
    spool.event("listening");
    let id = scene.says("print(json.dumps(run()))");
    let id = id.as_str().unwrap().to_owned();
    let tag = |number: usize| {
        let fields = json!({ "run_id": id, "key": format!("t{number}"), "value": format!("{number:05000}") });
        post(&scene.spool_url, "runs/set-tag", &fields)
    };
    let mut kept = Vec::new();
    let refused = (0..2_000).find_map(|number| {
        let reply = tag(number);
        if reply.status == 200 {
            kept.push(number);
            return None;
        }
        Some((number, reply))
    });
    let (number, reply) = refused.expect("the room is limited");
    assert!(kept.len() > 10 && matches!(reply.status, 500 | 503), "{} kept, {reply:#?}", kept.len());
    spool.unlimit_files();
    assert_eq!(tag(number).status, 200);
    kept.push(number);
    // Also when the spool is killed then.
    spool.signal(Signal::KILL);
    spool.ended();
    scene.start_spool();
    scene.start_server();
    scene.drained();
    let run = scene.asked(&format!("runs/get?run_id={id}"));
    let tags = run["run"]["data"]["tags"].as_array().unwrap();
    let mut found: Vec<usize> =
        tags.iter().filter_map(|tag| tag["key"].as_str().unwrap().strip_prefix('t')?.parse().ok()).collect();
    found.sort_unstable();
    assert_eq!(found, kept);
}
