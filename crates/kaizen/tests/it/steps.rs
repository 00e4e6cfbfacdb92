//! Commands that fail, hang, flood or forget: the line stops there, says why, and loses nothing.

use std::{fs, path::PathBuf};

use crate::{context::TestContext, project};

/// A project that ran, with another command for its step since.
fn with(command: &str) -> TestContext {
    let context = TestContext::trained();
    let usual = project::TOML.lines().find(|line| line.starts_with("run = ")).unwrap();
    context.edit(usual, &format!("run = '''{command}'''"));
    context
}

#[track_caller]
fn refused(context: &TestContext, words: &[&str]) {
    let ran = context.up_once();
    ran.code(5).says("not reached");
    for word in words {
        ran.says(word);
    }
    assert_eq!(context.served(), Some(1));
    assert_eq!(context.count("run step.short", "failed"), 1);
    assert_eq!(context.count("train model.late", "done"), 1);
    context.run(&["history", "verify"]).code(0);
}

/// The log of the last run of the step.
fn log(context: &TestContext) -> PathBuf {
    let runs = fs::read_dir(context.path(".kaizen/runs")).unwrap();
    let logs = runs.map(|entry| entry.unwrap().path().join("log")).filter(|log| log.exists());
    logs.max_by_key(|log| fs::metadata(log).unwrap().modified().unwrap()).unwrap()
}

#[test]
fn a_command_that_fails_is_shown_with_its_last_lines_and_its_log() {
    let context = with("for n in $(seq 100); do echo line $n; done; echo the last word >&2; exit 3");
    refused(
        &context,
        &[
            "exit status: 3",
            "line 99",
            "line 100",
            "the last word",
            "the whole log is in .kaizen/runs/short-",
        ],
    );
    context.up_once().code(5).never_says("line 12\\n");
    assert!(fs::read_to_string(log(&context)).unwrap().starts_with("line 1\nline 2\n"));
    let usual = project::TOML.lines().find(|line| line.starts_with("run = ")).unwrap();
    let now = context.read("kaizen.toml");
    let now = now.lines().find(|line| line.starts_with("run = ")).unwrap().to_owned();
    context.edit(&now, usual);
    context.up_once().code(0);
}

#[test]
fn a_command_that_is_not_there_is_named() {
    refused(&with("no-such-program --really"), &["exit status: 127", "no-such-program"]);
}

#[test]
fn a_command_that_hangs_is_ended_in_its_time_with_all_it_started() {
    let context = with("(while :; do echo >> beat; sleep 0.1; done) & echo waiting; wait");
    context.edit("writes = [\"build/short.csv\"]", "writes = [\"build/short.csv\"]\ntimeout = \"1s\"");
    refused(&context, &["did not end within 1s", "raise `timeout`", "waiting"]);
    context.stopped("beat");
}

#[test]
fn a_command_that_will_not_end_is_killed() {
    let context = with("trap '' TERM; while :; do echo >> beat; sleep 0.1; done");
    context.edit("writes = [\"build/short.csv\"]", "writes = [\"build/short.csv\"]\ntimeout = \"1s\"");
    refused(&context, &["did not end within 1s"]);
    context.stopped("beat");
}

#[test]
fn a_command_that_leaves_a_process_behind_does_not_hold_the_line_up() {
    let context = with("setsid sleep 30 & mkdir -p build; cp trips.csv build/short.csv");
    let started = std::time::Instant::now();
    context.up_once().code(0);
    assert!(started.elapsed().as_secs() < 25, "{:?}", started.elapsed());
}

#[test]
fn a_command_that_prints_without_end_fills_neither_disk_nor_memory() {
    let context = with("yes 'a line of some length' | head -c 100000000; echo the end; exit 1");
    let mut command = context.command(&["up", "--once"]);
    let mut child = command.spawn().unwrap();
    let mut peak = 0;
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        peak = peak.max(peak_kilobytes(child.id()).unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    assert_eq!(code, Some(5));
    let first = log(&context);
    let rest = fs::read_dir(first.with_file_name("log.more")).unwrap();
    let kept = rest.map(|part| part.unwrap().metadata().unwrap().len()).sum::<u64>();
    let bytes = fs::metadata(&first).unwrap().len() + kept;
    assert!((1 << 20..=12 << 20).contains(&bytes), "{bytes}");
    let text = context.run(&["logs", "short"]).code(0).stdout.clone();
    assert!(text.contains("bytes left out") && text.ends_with("the end\n"));
    assert!(peak > 0, "its memory was never read");
    assert!(peak < 90_000, "{peak} kB at its peak");
    assert_eq!(context.served(), Some(1));
}

/// The most memory a process has held; nothing once it has ended.
fn peak_kilobytes(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_command_that_does_not_write_what_it_declares_is_told_what() {
    // What an earlier run wrote does not count.
    refused(&with("true"), &["did not write `build/short.csv`", "`writes`"]);
}

#[test]
fn a_file_that_a_command_reads_and_that_is_not_there_is_named() {
    let context = TestContext::trained();
    context.edit(r#"reads = ["data.trips"]"#, r#"reads = ["data.trips", "shorten.py"]"#);
    context.up_once().code(5).says("blocked").says("`shorten.py`").says("is not there");
    assert_eq!(context.served(), Some(1));
    context.write("shorten.py", "# It is enough that it is there.\n");
    context.up_once().code(0);
}

#[test]
fn a_command_that_writes_what_cannot_be_read_is_told_the_place() {
    let context = with("mkdir -p build; printf 'a,b\\n1,2\\n3\\n' > build/short.csv");
    refused(&context, &["build/short.csv:3", "1 fields where the header has 2"]);
}
