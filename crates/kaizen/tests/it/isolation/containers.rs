//! Steps with an image. That they run in it is tested where an image is built, in `executor`.

use crate::context::{Ran, TestContext};

fn project() -> TestContext {
    TestContext::of_steps("[step.a]\nrun = 'echo a >> ran'\nimage = 'localhost/kaizen-no-such-image:1'")
}

#[test]
fn an_image_without_podman_or_docker_is_refused_with_what_to_install() {
    let context = project();
    context.link("bin/sh", "/bin/sh");
    let mut command = context.command(&["run"]);
    command.env("PATH", context.path("bin"));
    Ran::wait(command).code(5).says("podman or docker: neither is found in PATH").says("install podman");
    assert!(context.ran().is_empty());
}

#[test]
fn an_image_that_is_not_on_the_machine_is_refused_with_how_to_get_it() {
    let context = project();
    // A client that knows no image, so that the test asks for nothing of the machine.
    context.write("bin/podman", "#!/bin/sh\necho 'Error: no such image' >&2\nexit 1\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(context.path("bin/podman"), mode).unwrap();
    let mut command = context.command(&["run"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", context.path("bin").display()));
    let ran = Ran::wait(command);
    ran.code(5).says("localhost/kaizen-no-such-image:1 is not on this machine").says("podman pull");
    assert!(context.ran().is_empty());
}
