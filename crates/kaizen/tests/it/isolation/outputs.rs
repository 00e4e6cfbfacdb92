//! Outputs with odd names, and outputs that are no files.

use std::{fs, os::unix::fs::FileTypeExt as _};

use crate::context::TestContext;

fn step(command: &str, writes: &str) -> TestContext {
    TestContext::of_steps(&format!("[step.a]\nrun = '''{command}'''\nwrites = ['{writes}']"))
}

#[test]
fn files_with_odd_names_come_and_come_back_whole() {
    let names = ["with space", "it's \"quoted\"", "new\nline", "$HOME", "*", "-rf", "ünïcode", "back\\slash"];
    let make = names.iter().map(|name| format!("printf %s made > {}; ", shell(&format!("out/{name}"))));
    let make = format!("mkdir -p out; {}", make.collect::<String>());
    let context = TestContext::of_steps(
        "[step.a]\nrun = 'sh make.sh'\nreads = ['make.sh']\nwrites = ['out']\n\
         [step.b]\nrun = 'find -L \"$KAIZEN_INPUT_A\" -type f -exec cat {} + > b'\nreads = ['step.a']\nwrites = ['b']",
    );
    context.write("make.sh", make);
    context.run(&["run"]).code(0).says("8 files");
    assert_eq!(context.read("b"), "made".repeat(names.len()));
    fs::remove_dir_all(context.path("out")).unwrap();
    context.run(&["run"]).code(0).says("from the cache");
    let mut found: Vec<_> =
        fs::read_dir(context.path("out")).unwrap().map(|file| file.unwrap().file_name()).collect();
    found.sort();
    let mut names = names.map(std::ffi::OsString::from);
    names.sort();
    assert_eq!(found, names);
}

/// As a shell takes it.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[test]
fn odd_names_in_the_project_file_work() {
    let writes = "writes = ['with space/it$HOME', 'üml&aut;']";
    let run = "run = 'mkdir -p \"with space\"; cp \"my input\" \"with space/it\\$HOME\"; cp \"my input\" \"üml&aut;\"'";
    let context = TestContext::of_steps(&format!("[step.a]\n{run}\nreads = ['my input']\n{writes}"));
    context.write("my input", "in");
    context.run(&["run"]).code(0).says("2 files");
    assert_eq!(
        (context.read("with space/it$HOME").as_str(), context.read("üml&aut;").as_str()),
        ("in", "in")
    );
    context.run(&["run"]).code(0).says("nothing to do");
}

#[test]
fn a_name_that_is_no_text_is_refused() {
    let context = step("mkdir -p out; echo > out/$(printf \"\\377\")", "out");
    context.run(&["run"]).code(5).says("\\xFF").says("whose name is not UTF-8; give it another");
}

#[test]
fn a_link_is_refused_as_an_output() {
    for (command, link) in [("ln -s /etc/passwd out", "out"), ("mkdir out; ln -s /etc out/deep", "out/deep")]
    {
        let context = step(command, "out");
        context.run(&["run"]).code(5).says(&format!("it wrote the link `{link}`"));
    }
}

#[test]
fn a_fifo_is_refused_as_an_output_and_nobody_waits_for_it() {
    for (command, fifo) in [("mkfifo out", "out"), ("mkdir out; mkfifo out/fifo", "out/fifo")] {
        let context = step(command, "out");
        context
            .run(&["run"])
            .code(5)
            .says(&format!("it wrote `{fifo}`, which is neither a file nor a directory"));
    }
}

#[test]
fn a_socket_is_refused_as_an_output() {
    // A shell cannot make a socket: the test does while the command waits.
    let context = step("until [ -e out ]; do sleep 0.02; done", "out");
    let child = context.command(&["run"]).spawn().unwrap();
    crate::context::eventually("the step runs", || context.path(".kaizen/runs/a-1/attempt.json").exists());
    let socket = std::os::unix::net::UnixListener::bind(context.path("out")).unwrap();
    assert!(fs::symlink_metadata(context.path("out")).unwrap().file_type().is_socket());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("it wrote `out`, which is neither a file nor a directory"), "{said}");
    drop(socket);
}

#[test]
fn an_output_that_a_link_would_lead_out_of_the_project_is_refused() {
    let outside = tempfile::tempdir().unwrap();
    for isolation in ["place", "copy"] {
        let step = "[step.a]\nrun = 'mkdir -p away; echo evil > away/file'\nwrites = ['away/file']";
        let context = TestContext::of_steps(&format!("{step}\nin = '{isolation}'"));
        context.link("away", outside.path());
        context.run(&["run"]).code(5).says("`away/file` leads out of the project through a link");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_path_outside_the_project_is_an_error_of_the_project_file() {
    for path in ["../out", "/tmp/out", ".kaizen/out", "a/../../out"] {
        step("true", path).run(&["run"]).code(3).says("step.a.writes").never_says("never ran");
    }
}

#[test]
fn two_steps_that_write_one_path_are_an_error_of_the_project_file() {
    let steps = "[step.a]\nrun = 'true'\nwrites = ['out']\n[step.b]\nrun = 'true'\nwrites = ['out/deep']";
    TestContext::of_steps(steps)
        .run(&["run"])
        .code(3)
        .says("`out/deep` overlaps `out`")
        .says("step.b.writes");
}

#[test]
fn steps_that_wait_for_each_other_are_an_error_of_the_project_file() {
    let steps = "[step.a]\nrun = 'true'\nreads = ['step.b']\n[step.b]\nrun = 'true'\nreads = ['step.a']";
    TestContext::of_steps(steps).run(&["run"]).code(3).says("step.a").says("step.b");
}

#[test]
fn an_output_that_was_not_written_is_named() {
    let context = step("true", "out");
    context.write("out", "of before");
    context.run(&["run"]).code(5).says("it ended well but did not write `out`");
    assert_eq!(context.read("out"), "of before");
}
