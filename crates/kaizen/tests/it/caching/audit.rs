//! `kaizen run --audit`: what a command reads and writes undeclared, with the line to write. It needs `strace`, and says so.

use std::{fs, path::Path};

use crate::context::{Ran, TestContext};

fn project(step: &str) -> TestContext {
    let context = TestContext::of_steps(step);
    for file in ["in.txt", "side.txt", "reads.txt", "sub/deep"] {
        context.write(file, file);
    }
    context
}

#[test]
fn undeclared_reads_and_writes_are_warned_of_with_the_line_to_write() {
    let step =
        "run = 'cat in.txt side.txt sub/deep > out; cp in.txt extra; (cd sub; cat deep > ../reads2)'\n";
    let context = project(&format!("[step.a]\n{step}reads = ['in.txt']\nwrites = ['out']"));
    let reads = r#"write reads = ["in.txt", "side.txt", "sub/deep"]"#;
    let writes = r#"write writes = ["out", "extra", "reads2"]"#;
    let audited = context.run(&["run", "--audit"]);
    audited.code(0).says("reads `side.txt` undeclared").says("reads `sub/deep` undeclared").says(reads);
    audited.says("writes `extra` undeclared").says("writes `reads2` undeclared").says(writes);
    audited.never_says("reads `in.txt`").never_says("writes `out`");
    assert!(context.json(&["runs", "1"])["entries"].to_string().contains("reads `side.txt` undeclared"));
}

#[test]
fn what_is_declared_is_not_warned_of() {
    let maker = "[step.maker]\nrun = 'mkdir -p out; cat in.txt sub/deep > out/one; echo > t; rm t'";
    let maker = format!("{maker}\nreads = ['in.txt', 'sub']\nwrites = ['out']");
    let reader =
        "[step.reader]\nrun = 'cat out/one rows.csv \"$KAIZEN_INPUT_MAKER\" \"$KAIZEN_INPUT_ROWS\" > reader'";
    let reader = format!("{reader}\nreads = ['step.maker', 'data.rows']\nwrites = ['reader']");
    let data = "[data.rows]\nsource = '*.csv'";
    let context = project(&format!("{maker}\n{reader}\n{data}"));
    context.write("rows.csv", "a\n1\n");
    context.run(&["run", "--audit"]).code(0).never_says("undeclared");
}

#[test]
fn a_working_copy_that_reaches_into_the_project_is_warned_of() {
    let step = "run = 'cat in.txt \"$KAIZEN_PROJECT/side.txt\" > out'\nin = 'copy'";
    let context = project(&format!("[step.a]\n{step}\nreads = ['in.txt']\nwrites = ['out']"));
    context
        .run(&["run", "--audit"])
        .code(0)
        .says("reads `side.txt` undeclared")
        .never_says("`in.txt` undeclared");
}

#[test]
fn an_audit_without_strace_says_what_to_install() {
    let context = project("[step.a]\nrun = 'cat side.txt'");
    let mut command = context.command(&["run", "--audit"]);
    context.link("bin/sh", "/bin/sh");
    command.env("PATH", context.path("bin"));
    Ran::wait(command).code(5).says("`strace` is not found in PATH").says("install it");
}

const TOKEN: &str = "hunter22-in-argv";

/// The files below a directory, with what is in them.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found
}

#[track_caller]
fn audited_with_a_secret(end: &str) -> (Vec<String>, TestContext) {
    let env = "env = { TOKEN = { secret = 'env:API_TOKEN' } }";
    let step = format!("run = 'env echo \"$TOKEN\" > /dev/null; cat side.txt; {end}'");
    let context = project(&format!("[step.a]\n{step}\n{env}"));
    let mut command = context.command(&["run", "--audit"]);
    command.env("API_TOKEN", TOKEN);
    let code = if end == "exit 0" { 0 } else { 5 };
    Ran::wait(command).code(code).never_says(TOKEN);
    let files = files(&context.path(".kaizen"));
    let has_it = |content: &Vec<u8>| content.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
    let with_it: Vec<_> = files.iter().filter(|(_, content)| has_it(content)).collect();
    assert!(with_it.is_empty(), "{with_it:?}");
    let is_trace = |path: &String| path.contains("/trace");
    (files.into_iter().map(|(path, _)| path).filter(is_trace).collect(), context)
}

#[test]
fn a_trace_is_gone_once_it_was_read() {
    let (traces, context) = audited_with_a_secret("exit 0");
    assert!(traces.is_empty(), "{traces:?}");
    let entries = context.json(&["runs", "1"])["entries"].to_string();
    assert!(entries.contains("reads `side.txt` undeclared"), "{entries}");
}

#[test]
fn the_trace_of_a_command_that_fails_has_no_secret_that_a_program_was_called_with() {
    let (traces, _context) = audited_with_a_secret("exit 3");
    assert_eq!(traces.len(), 1, "{traces:?}");
}
