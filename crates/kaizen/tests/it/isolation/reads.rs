//! What a command finds at the paths that it reads, and what nobody may read.

use std::process::Command;

use crate::context::TestContext;

/// A step that reads the directory `code`.
fn reader(isolation: &str) -> TestContext {
    let step = "run = 'cat code/*/* > out'\nreads = ['code']\nwrites = ['out']";
    let context = TestContext::of_steps(&format!("[step.a]\n{step}\nin = '{isolation}'"));
    context.write("code/deep/one", "1");
    context.write("elsewhere/two", "2");
    context
}

#[test]
fn a_linked_directory_is_part_of_what_is_read() {
    for isolation in ["place", "copy"] {
        let context = reader(isolation);
        context.link("code/linked", "../elsewhere");
        context.run(&["run"]).code(0);
        assert_eq!(context.read("out"), "12");
        context.run(&["run"]).code(0).says("nothing to do");
        context.write("elsewhere/two", "3");
        context.run(&["run"]).code(0).says("1 done");
        assert_eq!(context.read("out"), "13");
    }
}

#[test]
fn a_link_that_leads_back_is_refused_and_named() {
    for isolation in ["place", "copy"] {
        let context = reader(isolation);
        context.link("code/deep/back", "..");
        let ran = context.run(&["run"]);
        ran.says("code/deep/back: it is a link to a directory that it lies in");
        assert!(!context.path("out").exists());
    }
}

#[test]
fn a_fifo_among_what_is_read_is_refused_and_named_and_nobody_waits_for_it() {
    let context = reader("place");
    let made = Command::new("mkfifo").arg(context.path("code/deep/fifo")).status().unwrap();
    assert!(made.success());
    context.run(&["run"]).says("code/deep/fifo: it is a FIFO");
    assert!(!context.path("out").exists());
}

/// A step that reads what another one made, at its path in the project.
fn chain(command: &str) -> TestContext {
    let up = "[step.up]\nrun = 'mkdir -p up; echo up > up/file'\nwrites = ['up']";
    let rest = "reads = ['step.up']\nwrites = ['out']";
    TestContext::of_steps(&format!("{up}\n[step.a]\nrun = '''{command}'''\n{rest}"))
}

#[test]
fn a_command_that_changes_what_another_step_made_gives_no_result() {
    let context = chain("cat up/file > out; [ -e good ] || echo evil > up/file");
    let message = "`up/file` of step.up changed while it ran; the next run makes it again";
    context.run(&["run"]).code(5).says(message);
    context.write("good", "");
    context.run(&["run"]).code(0);
    assert_eq!((context.read("up/file").as_str(), context.read("out").as_str()), ("up\n", "up\n"));
}

#[test]
fn a_command_that_removes_what_another_step_made_gives_no_result() {
    let context = chain("cat up/file > out; rm up/file");
    context.run(&["run"]).code(5).says("`up/file` of step.up went away while it ran");
}

#[test]
fn another_attempt_in_a_working_copy_finds_what_the_first_one_found() {
    let first = "[ -e $KAIZEN_PROJECT/tried ] || { echo > $KAIZEN_PROJECT/tried; rm -r up; exit 1; }";
    let command = format!("ls > out; echo more >> in.txt; echo > stray; {first}; cat in.txt up/file >> out");
    let step = "reads = ['in.txt', 'step.up']\nwrites = ['out']\nin = 'copy'";
    let retry = "retry = { attempts = 2, backoff = '1ms' }";
    let up = "[step.up]\nrun = 'mkdir -p up; echo up > up/file'\nwrites = ['up']";
    let context = TestContext::of_steps(&format!("[step.a]\nrun = '''{command}'''\n{step}\n{retry}\n{up}"));
    context.write("in.txt", "in\n");
    context.run(&["run"]).code(0).says("again in");
    assert_eq!(context.read("out"), "in.txt\nout\nup\nin\nmore\nup\n");
}
