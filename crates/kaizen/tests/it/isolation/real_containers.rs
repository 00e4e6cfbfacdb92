//! Steps in real containers, by podman, from an image that `cargo xtask containers` makes.

use std::{process::Command, time::Duration};

use crate::context::{TestContext, eventually};

/// For machines where containers are inside of others.
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../executor/tests/executors/containers.conf");

const PROJECT: &str = r#"
[project]
name = "contained"

[step.inside]
image = "localhost/kaizen-test:1"
run = "cat in.txt > inside.txt; env | cat >> inside.txt"
reads = ["in.txt"]
writes = ["inside.txt"]
env = { TOKEN = { secret = "env:KAIZEN_TEST_TOKEN" } }

[step.copied]
image = "localhost/kaizen-test:1"
in = "copy"
run = "cat inside.txt > copied.txt"
reads = ["step.inside"]
writes = ["copied.txt"]

[step.outside]
run = "cat in.txt > outside.txt"
reads = ["in.txt"]
writes = ["outside.txt"]
"#;

fn contained(toml: &str) -> TestContext {
    let context = TestContext::empty();
    context.write("kaizen.toml", toml);
    context.write("in.txt", "in\n");
    context
}

fn run(context: &TestContext) -> Command {
    let mut command = context.command(&["run", "--keep-going"]);
    command.env("KAIZEN_TEST_TOKEN", "a long secret");
    command.env("CONTAINERS_CONF", CONFIG);
    command
}

#[test]
fn steps_in_containers_and_beside_them_share_a_project() {
    let context = contained(PROJECT);
    let ended = run(&context).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let inside = context.read("inside.txt");
    assert!(inside.starts_with("in\n") && inside.contains("TOKEN=a long secret"), "{inside}");
    assert!(!inside.contains("SHELL="), "the caller's environment reached the container: {inside}");
    assert_eq!(context.read("copied.txt"), inside);
    assert_eq!(context.read("outside.txt"), "in\n");
    let again = run(&context).output().unwrap();
    assert!(String::from_utf8_lossy(&again.stderr).contains("nothing to do"));
}

#[test]
fn a_missing_image_beside_a_step_without_one_is_named_at_once() {
    let context = contained(&PROJECT.replacen("kaizen-test:1", "kaizen-nonesuch:1", 1));
    let ended = run(&context).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(5), "{said}");
    assert!(said.contains("the image localhost/kaizen-nonesuch:1 is not on this machine"), "{said}");
    assert_eq!(context.read("outside.txt"), "in\n");
}

#[test]
fn a_container_whose_kaizen_was_killed_is_gone_on_with() {
    let slow = PROJECT.replacen("cat in.txt > inside.txt;", "sleep 3; cat in.txt > inside.txt;", 1);
    let context = contained(&slow);
    let mut child = run(&context).spawn().unwrap();
    eventually("the step beside it is done", || context.path("outside.txt").exists());
    std::thread::sleep(Duration::from_secs(1));
    child.kill().unwrap();
    child.wait().unwrap();
    let ended = run(&context).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(context.read("copied.txt").starts_with("in\n"));
    let entries = context.json(&["why", "step.inside"]);
    assert_eq!(entries["entries"].as_array().unwrap().len(), 1, "it began once: {entries:#}");
}
