//! Processes that are killed while a client logs.

use serde_json::json;

use super::{Scene, said, stopped};
use crate::context::eventually;

const TRAIN: &str = "id = run()\nprint(json.dumps([id, train(id)]))";

#[test]
fn training_does_not_notice_that_its_server_is_killed_again_and_again() {
    let mut scene = Scene::new();
    let client = scene.client(TRAIN);
    scene.reaches(20);
    for _ in 0..3 {
        scene.kill_server();
        let count = scene.progress();
        scene.reaches(count + 60);
        assert!(scene.waiting() > 0);
        scene.start_server();
        scene.drained();
        let count = scene.progress();
        scene.reaches(count + 20);
    }
    let said = stopped(&scene, client);
    scene.drained();
    scene.holds(said[0].as_str().unwrap(), said[1].as_u64().unwrap());
}

#[test]
fn nothing_that_was_acknowledged_is_lost_when_the_spool_is_killed_too() {
    let mut scene = Scene::new();
    let id = scene.says("print(json.dumps(run()))");
    let id = id.as_str().unwrap();
    // What broke off may have arrived: the client sends it again, as MLflow's does, and it may be there twice.
    let client = scene.client(&format!("print(json.dumps(train('{id}', patient)))"));
    scene.reaches(10);
    scene.kill_server();
    let count = scene.progress();
    scene.reaches(count + 30);
    for _ in 0..2 {
        scene.kill_spool();
        scene.start_spool();
        let count = scene.progress();
        scene.reaches(count + 30);
    }
    scene.start_server();
    let count = stopped(&scene, client).as_u64().unwrap();
    scene.drained();
    let history = scene.asked(&format!("metrics/get-history?run_id={id}&metric_key=loss"));
    let steps: Vec<_> =
        history["metrics"].as_array().unwrap().iter().map(|point| point["step"].as_u64().unwrap()).collect();
    let mut once = steps.clone();
    once.dedup();
    assert_eq!(once, (0..count).collect::<Vec<_>>());
    assert!(steps.len() as u64 <= count + 2, "only what broke off may be there twice: {steps:?}");
}

#[test]
fn what_a_killed_spool_left_is_sent_by_flush() {
    let mut scene = Scene::new();
    let id = scene.says("print(json.dumps(run()))");
    let id = id.as_str().unwrap();
    scene.kill_server();
    scene.says(&format!("[point('{id}', step) for step in range(25)]\nprint(1)"));
    scene.kill_spool();
    let standing = scene.context.json(&["spool", "--dir", "spools"]);
    assert_eq!(
        (&standing[0]["waiting"], &standing[0]["running"]),
        (&json!(25), &json!(false)),
        "{standing:#}"
    );
    let stuck = scene.context.run(&["spool", "--dir", "spools", "flush", "--within", "1s"]);
    stuck.code(1).says("does not answer");
    scene.start_server();
    scene.context.run(&["spool", "--dir", "spools", "flush"]).code(0).says("sent 25, 0 wait");
    scene.holds(id, 25);
    scene.context.run(&["spool", "--dir", "spools", "flush"]).code(0).says("sent 0, 0 wait");
}

#[test]
fn four_clients_at_once_lose_nothing() {
    let mut scene = Scene::new();
    let code = "id = run()\nopen('begun-' + id, 'w').close()\ncount = 0\nwhile not os.path.exists('stop'):\n    point(id, count); count += 1\n\
        print(json.dumps([id, count]))";
    let clients: Vec<_> = (0..4).map(|_| scene.client(code)).collect();
    eventually("all have begun", || {
        let names = scene.context.root().read_dir().unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_str().is_some_and(|name| name.starts_with("begun-"))).count() == 4
    });
    for _ in 0..3 {
        std::thread::sleep(std::time::Duration::from_millis(400));
        scene.kill_server();
        std::thread::sleep(std::time::Duration::from_millis(400));
        scene.start_server();
    }
    scene.context.write("stop", "");
    let said: Vec<_> = clients.into_iter().map(said).collect();
    scene.drained();
    for one in said {
        let count = one[1].as_u64().unwrap();
        assert!(count > 0, "{one}");
        scene.holds(one[0].as_str().unwrap(), count);
    }
}
