//! A server that hangs, or answers late.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::Scene;

#[test]
fn a_server_that_hangs_costs_a_client_one_wait_and_no_write_is_done_twice() {
    let scene = Scene::new();
    let id = scene.says("print(json.dumps(run()))");
    let id = id.as_str().unwrap();
    scene.says(&format!("[point('{id}', step) for step in range(5)]\nprint(1)"));
    scene.server().signal(Signal::STOP);
    let start = Instant::now();
    let times = scene.says(&format!(
        "times = []\nfor step in range(5, 60):\n    start = time.monotonic()\n    point('{id}', step)\n    \
         times.append(time.monotonic() - start)\nprint(json.dumps(times))"
    ));
    let times: Vec<f64> = times.as_array().unwrap().iter().map(|time| time.as_f64().unwrap()).collect();
    assert!(times[0] > 2.0, "the first waits for an answer: {times:?}");
    let rest: f64 = times[1..].iter().sum();
    assert!(rest < 10.0 && times[1..].iter().all(|time| *time < 2.0), "none of the others does: {times:?}");
    assert!(start.elapsed() < Duration::from_secs(30));
    // What it was sent lies on its connections, and is sent once more.
    scene.server().signal(Signal::CONT);
    scene.drained();
    scene.holds(id, 60);
}
