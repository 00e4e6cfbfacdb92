//! Addresses, and models that are served without a project.

use std::{fs, net::TcpListener};

use crate::{
    context::TestContext,
    endpoint::{get, post},
    project,
    running::Running,
};

#[test]
fn a_port_that_is_taken_is_named_with_the_way_out() {
    let context = TestContext::trained();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    context
        .run(&["up", "--listen", &taken])
        .code(1)
        .says(&taken)
        .says("taken by another process")
        .says("choose another port");
    context.run(&["serve", ".kaizen/models/late/1/model.onnx", "--listen", &taken]).code(1).says(&taken);
    // The project is free again.
    context.up_once().code(0);
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let context = TestContext::trained();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let refused = context.run(&["up", "--listen", address]);
        refused.says("loopback");
        assert!(matches!(refused.code, Some(1..=3)), "{refused:#?}");
        context
            .run(&["serve", ".kaizen/models/late/1/model.onnx", "--listen", address])
            .code(1)
            .says("loopback");
    }
    context.run(&["up", "--listen", "nowhere"]).code(1).says("`nowhere` is not an address");
    context.edit("[data.trips]", "[server]\nlisten = \"0.0.0.0:5151\"\n\n[data.trips]");
    let refused = context.run(&["up"]);
    refused.says("loopback");
    assert!(matches!(refused.code, Some(1..=3)), "{refused:#?}");
}

#[test]
fn a_file_that_is_no_model_is_named() {
    let context = TestContext::empty();
    context.write("noise.onnx", project::trips(0..50));
    context.write("empty.onnx", "");
    fs::create_dir(context.path("bare")).unwrap();
    for path in ["noise.onnx", "empty.onnx", "absent.onnx", "bare"] {
        context.run(&["serve", path, "--listen", "127.0.0.1:0"]).code(1).says(path);
    }
}

#[test]
fn a_model_file_is_served_under_its_own_name() {
    let context = TestContext::empty();
    context.write("punctual.onnx", fs::read(model().join("model.onnx")).unwrap());
    let mut serve = serve(&context, &["punctual.onnx"]);
    let (url, request) = serve.serving();
    assert!(url.ends_with("/v2/models/punctual"), "{url}");
    let answer = post(&format!("{url}/infer"), &request);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["model_name"], "punctual");
    serve.interrupt().code(0);
}

#[test]
fn a_model_is_served_under_the_name_it_is_given() {
    let context = TestContext::empty();
    let mut serve = serve(&context, &[model().to_str().unwrap(), "--name", "other"]);
    let (url, request) = serve.serving();
    assert!(url.ends_with("/v2/models/other"), "{url}");
    assert_eq!(post(&format!("{url}/infer"), &request).status, 200);
    context.run(&["serve", model().to_str().unwrap(), "--name", "../x"]).code(2).says("../x");
}

#[test]
fn a_model_directory_is_served_as_the_project_serves_it() {
    let context = TestContext::trained();
    let mut up = Running::up(&context);
    let (project, request) = up.serving();
    let mut serve = serve(&TestContext::empty(), &[model().to_str().unwrap()]);
    let (alone, _) = serve.serving();
    assert!(alone.ends_with("/v2/models/late"), "{alone}");
    let answers = [project, alone].map(|url| post(&format!("{url}/infer"), &request).body["outputs"].clone());
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].is_array(), "{answers:?}");
    serve.interrupt().code(0);
}

#[test]
fn a_request_that_does_not_fit_is_refused_with_what_would_fit() {
    let context = TestContext::trained();
    let mut up = Running::up(&context);
    let (url, request) = up.serving();
    let metadata = get(&url);
    let inputs: Vec<_> =
        metadata.body["inputs"].as_array().unwrap().iter().map(|input| &input["name"]).collect();
    assert_eq!(inputs.len(), 3, "{metadata:?}");
    let infer = format!("{url}/infer");
    for (body, word) in [
        (request.replace("\"distance\"", "\"distanse\""), "distance"),
        ("{".to_owned(), "line 1 column 1"),
        ("{\"inputs\":[]}".to_owned(), "at"),
    ] {
        let answer = post(&infer, &body);
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.body["error"].as_str().unwrap().contains(word), "{answer:?}");
    }
    assert_eq!(post(&infer.replace("/late/", "/early/"), &request).status, 404);
    assert_eq!(post(&infer, &request).status, 200);
}

/// The directory of a trained model.
fn model() -> std::path::PathBuf {
    use std::sync::OnceLock;
    static TRAINED: OnceLock<TestContext> = OnceLock::new();
    TRAINED.get_or_init(TestContext::trained).path(".kaizen/models/late/1")
}

fn serve(context: &TestContext, arguments: &[&str]) -> Running {
    Running::start(context.command(&[&["serve", "--json", "--listen", "127.0.0.1:0"], arguments].concat()))
}
