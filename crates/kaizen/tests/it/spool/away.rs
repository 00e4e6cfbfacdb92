//! What is made while the server is away.

use serde_json::{Value, json};

use super::{Scene, post};
use crate::wire::call;

/// What training does that logs a model, as MLflow's client does it.
const MODEL: &str = r#"
def model(name):
    try:
        experiment = call("GET", "experiments/get-by-name", experiment_name=name)["experiment"]["experiment_id"]
    except SystemExit as missing:
        assert ": 404 " in str(missing), missing
        experiment = call("POST", "experiments/create", name=name)["experiment_id"]
    info = call("POST", "runs/create", experiment_id=experiment, start_time=5, run_name="quick")["run"]["info"]
    id = info["run_id"]
    assert call("GET", "runs/get", run_id=id)["run"]["info"] == info
    call("POST", "runs/log-batch", run_id=id, params=[{"key": "lr", "value": "0.1"}],
         metrics=[{"key": "loss", "value": 0.1 / 3, "timestamp": 1000, "step": 0}], tags=[{"key": "a", "value": "b"}])
    model = call("POST", "logged-models", experiment_id=experiment, name="forest", source_run_id=id)["model"]["info"]
    def put(uri, name, data):
        path = uri.split(":/")[1].lstrip("/") + "/" + name
        send("PUT", "/api/2.0/mlflow-artifacts/artifacts/" + path, data, "application/octet-stream")
        return path
    file = put(model["artifact_uri"], "MLmodel", b"a: 1\n" * 50000)
    plot = put(info["artifact_uri"], "plots/a b.txt".replace(" ", "%20"), b"plot")
    call("PATCH", f"logged-models/{model['model_id']}", status="LOGGED_MODEL_READY")
    call("POST", "runs/outputs", run_id=id, models=[{"model_id": model["model_id"], "step": 0}])
    assert [file["path"] for file in call("GET", "artifacts/list", run_id=id)["files"]] == ["plots"]
    call("POST", "runs/update", run_id=id, status="FINISHED", end_time=9)
    shown = call("GET", "runs/get", run_id=id)["run"]
    assert shown["info"]["status"] == "FINISHED" and shown["data"]["metrics"][0]["value"] == 0.1 / 3, shown
    print(json.dumps(dict(experiment=experiment, run=id, model=model["model_id"], file=file, plot=plot)))
"#;

fn made(scene: &Scene, name: &str) -> Value {
    scene.says(&format!("{MODEL}\nmodel('{name}')"))
}

fn file(scene: &Scene, path: &str) -> String {
    let reply = call(&scene.url, ("GET", &format!("/api/2.0/mlflow-artifacts/artifacts/{path}")), &[], "");
    assert_eq!(reply.status, 200, "{reply:#?}");
    reply.body
}

/// Checks that the server has what the client was told of, in this experiment.
fn is_there(scene: &Scene, made: &Value, experiment: &str) {
    let text = |name: &str| made[name].as_str().unwrap();
    let run = &scene.asked(&format!("runs/get?run_id={}", text("run")))["run"];
    let info = &run["info"];
    assert_eq!(
        (&info["experiment_id"], &info["status"]),
        (&json!(experiment), &json!("FINISHED")),
        "{run:#}"
    );
    assert_eq!((&info["run_name"], &info["end_time"]), (&json!("quick"), &json!(9)), "{run:#}");
    assert_eq!(run["data"]["params"], json!([{ "key": "lr", "value": "0.1" }]));
    assert_eq!(run["outputs"]["model_outputs"][0]["model_id"], text("model"), "{run:#}");
    let model = &scene.asked(&format!("logged-models/{}", text("model")))["model"]["info"];
    assert_eq!(
        (&model["status"], &model["name"]),
        (&json!("LOGGED_MODEL_READY"), &json!("forest")),
        "{model:#}"
    );
    let own = |path: &str| path.replace(text("experiment"), experiment);
    assert_eq!(file(scene, &own(text("file"))), "a: 1\n".repeat(50000));
    assert_eq!(file(scene, &own(text("plot"))), "plot");
    let listed = scene.asked(&format!("artifacts/list?run_id={}", text("run")));
    assert_eq!(listed["files"][0]["path"], "plots", "{listed:#}");
}

#[test]
fn what_is_made_while_the_server_is_away_has_its_ids_and_files_there_later() {
    let mut scene = Scene::without_server();
    let made = made(&scene, "new one");
    assert!(scene.waiting() > 5);
    scene.start_server();
    scene.drained();
    is_there(&scene, &made, made["experiment"].as_str().unwrap());
    let by_name = scene.asked("experiments/get-by-name?experiment_name=new%20one");
    assert_eq!(by_name["experiment"]["experiment_id"], made["experiment"]);
    // Nothing is left of what waited.
    assert_eq!(scene.context.path("spools/1/bodies").read_dir().unwrap().count(), 0);
}

#[test]
fn what_goes_through_is_the_same() {
    let scene = Scene::new();
    let made = made(&scene, "new one");
    is_there(&scene, &made, made["experiment"].as_str().unwrap());
}

#[test]
fn an_experiment_that_the_server_has_already_is_the_one_that_runs_go_to() {
    let mut scene = Scene::new();
    let reply = post(&scene.url, "experiments/create", &json!({ "name": "late" }));
    let own = reply.json()["experiment_id"].as_str().unwrap().to_owned();
    scene.kill_server();
    let made = made(&scene, "late");
    assert_ne!(made["experiment"], own);
    scene.start_server();
    scene.drained();
    is_there(&scene, &made, &own);
    // The client may go on with the id that it was told.
    let fields = json!({ "experiment_id": made["experiment"], "start_time": 1 });
    let run = post(&scene.spool_url, "runs/create", &fields).json();
    scene.drained();
    let shown = scene.asked(&format!("runs/get?run_id={}", run["run"]["info"]["run_id"].as_str().unwrap()));
    assert_eq!(shown["run"]["info"]["experiment_id"], own, "{shown:#}");
}

#[test]
fn a_run_that_the_server_has_is_gone_on_with_while_it_is_away() {
    let mut scene = Scene::new();
    let run = post(&scene.url, "runs/create", &json!({ "experiment_id": "0", "start_time": 1 })).json();
    let id = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    let fields = json!({ "run_id": id, "key": "lr", "value": "0.1" });
    assert_eq!(post(&scene.url, "runs/log-parameter", &fields).status, 200);
    // The spool hears of it once, and knows it from then on.
    scene.says(&format!("print(json.dumps(call('GET', 'runs/get', run_id='{id}')))"));
    scene.kill_server();
    let shown = scene
        .says(&format!("point('{id}', 0)\nprint(json.dumps(call('GET', 'runs/get', run_id='{id}')['run']))"));
    assert_eq!(shown["info"], run["run"]["info"]);
    assert_eq!(shown["data"]["params"], json!([{ "key": "lr", "value": "0.1" }]));
    // A parameter that would change is refused at once, as the server would.
    let other = json!({ "run_id": id, "key": "lr", "value": "0.2" });
    assert_eq!(post(&scene.spool_url, "runs/log-parameter", &other).status, 400);
    scene.start_server();
    scene.drained();
    scene.holds(&id, 1);
}

#[test]
fn a_run_in_an_experiment_that_the_spool_never_heard_of_is_made_there() {
    let mut scene = Scene::new();
    let made = post(&scene.url, "experiments/create", &json!({ "name": "late" })).json();
    let experiment = made["experiment_id"].as_str().unwrap().to_owned();
    scene.kill_server();
    let id = scene.says(&format!("id = run('{experiment}')\npoint(id, 0)\nprint(json.dumps(id))"));
    let id = id.as_str().unwrap();
    scene.start_server();
    scene.drained();
    scene.holds(id, 1);
    assert_eq!(scene.asked(&format!("runs/get?run_id={id}"))["run"]["info"]["experiment_id"], experiment);
}

#[test]
fn what_only_the_server_knows_is_to_be_asked_again() {
    let scene = Scene::without_server();
    let unknown = format!("/api/2.0/mlflow/runs/get?run_id={}", "0".repeat(32));
    for path in [&unknown, "/api/2.0/mlflow/registered-models/get?name=a", "/v2/models/a"] {
        let reply = call(&scene.spool_url, ("GET", path), &[], "");
        assert_eq!(
            (reply.status, &reply.json()["error_code"]),
            (503, &json!("TEMPORARILY_UNAVAILABLE")),
            "{path}"
        );
    }
    let reply = post(&scene.spool_url, "registered-models/create", &json!({ "name": "a" }));
    assert_eq!(reply.status, 503, "{reply:#?}");
    assert_eq!(scene.waiting(), 0);
}
