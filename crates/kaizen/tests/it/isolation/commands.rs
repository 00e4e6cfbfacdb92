//! Commands that leave children, flood, close their output, or touch their inputs: a clear error or a defined outcome.

use std::{fs, path::Path, time::Instant};

use crate::context::{TestContext, eventually};

fn step(command: &str, more: &str) -> TestContext {
    let context = TestContext::of_steps(&format!("[step.a]\nrun = '''{command}'''\n{more}"));
    context.write("in.txt", "input");
    context
}

#[test]
fn children_that_are_left_behind_end_with_the_step() {
    let beat = "while :; do echo >> beat; sleep 0.05; done";
    let context =
        step(&format!("({beat}) & until [ -e beat ]; do sleep 0.02; done; echo > out"), "writes = ['out']");
    let began = Instant::now();
    context.run(&["run"]).code(0).says("left running at its end, and killed");
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    context.stopped("beat");
}

#[test]
fn children_that_left_the_process_group_end_with_the_step() {
    let beat = "trap \"\" TERM HUP; while :; do echo >> beat; sleep 0.05; done";
    let context =
        step(&format!("setsid sh -c '{beat}' & until [ -e beat ]; do sleep 0.02; done; exit 4"), "");
    context.run(&["run"]).code(5).says("exit status: 4").says("left running at its end, and killed");
    context.stopped("beat");
}

#[test]
fn children_of_a_step_that_is_too_slow_end_though_they_left_the_process_group() {
    let beat = "while :; do echo >> beat; sleep 0.05; done";
    let context = step(&format!("setsid sh -c '{beat}' & sleep 30"), "timeout = '300ms'");
    context.run(&["run"]).code(5).says("did not end within 300ms");
    context.stopped("beat");
}

#[test]
fn output_without_end_fills_the_log_to_its_cap_and_keeps_both_ends() {
    let context = step("echo the first; head -c 20000000 /dev/zero | tr '\\0' x; echo; echo the last", "");
    context.run(&["run"]).code(0);
    // The first 4 MiB, and between 4 and 8 of the end.
    let bytes = size(&context.path(".kaizen/runs/a-1"));
    assert!((8 << 20..13 << 20).contains(&bytes), "{bytes} bytes");
    let shown = context.run(&["logs", "a"]);
    shown.code(0).says("bytes left out");
    assert!(shown.stdout.starts_with("the first\n") && shown.stdout.ends_with("the last\n"));
}

/// The bytes of all files below a directory.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let bytes = |entry: fs::DirEntry| {
        let found = entry.metadata().unwrap();
        if found.is_dir() { size(&entry.path()) } else { found.len() }
    };
    entries.map(bytes).sum()
}

#[test]
fn a_step_that_closes_its_output_is_seen_to_its_end() {
    let context = step("echo before; exec >&- 2>&-; sleep 0.2; echo ended > out", "writes = ['out']");
    context.run(&["run"]).code(0);
    assert_eq!(
        (context.read("out").as_str(), context.run(&["logs", "a"]).stdout.as_str()),
        ("ended\n", "before\n")
    );
}

#[test]
fn a_step_that_reads_its_standard_input_finds_it_empty() {
    let context = step("cat > out", "writes = ['out']\ntimeout = '20s'");
    context.run(&["run"]).code(0);
    assert_eq!(context.read("out"), "");
}

#[test]
fn a_step_that_deletes_its_input_fails() {
    let context = step("rm in.txt; echo > out", "reads = ['in.txt']\nwrites = ['out']");
    context.run(&["run"]).code(5).says("`in.txt` went away while it ran");
    assert!(!context.path("out").exists(), "nobody could say what it was made from");
    context.run(&["run"]).code(5).says("blocked").says("in.txt");
}

#[test]
fn a_step_that_changes_its_input_fails() {
    let context = step("cp in.txt out; echo more >> in.txt", "reads = ['in.txt']\nwrites = ['out']");
    context.run(&["run"]).code(5).says("`in.txt` changed while it ran");
    assert!(!context.path("out").exists());
    context.edit("; echo more >> in.txt", "");
    context.run(&["run"]).code(0);
    assert_eq!(context.read("out"), "inputmore\n");
}

#[test]
fn an_input_that_others_change_while_the_step_runs_fails_it() {
    let command = "cp in.txt out; echo > began; until [ -e go ]; do sleep 0.02; done";
    let context = step(command, "reads = ['in.txt']\nwrites = ['out']");
    let child = context.command(&["run"]).spawn().unwrap();
    eventually("the step has begun", || context.path("began").exists());
    context.write("in.txt", "other");
    context.write("go", "");
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(5) && said.contains("`in.txt` changed while it ran"), "{said}");
    context.run(&["run"]).code(0);
    assert_eq!(context.read("out"), "other");
}

#[test]
fn a_step_that_writes_to_the_store_through_its_input_fails_and_the_next_run_heals_it() {
    let up = "[step.up]\nrun = 'echo up >> ran; echo good > up'\nwrites = ['up']";
    let command = "chmod u+w \"$KAIZEN_INPUT_UP\"; echo evil > \"$KAIZEN_INPUT_UP\"; echo > out";
    let context = step(command, &format!("reads = ['step.up']\nwrites = ['out']\n{up}"));
    context.run(&["run"]).code(5).says("it changed its input step.up");
    assert_eq!((context.ran(), context.read("up").as_str()), (vec!["up".to_owned()], "good\n"));
    context.edit("echo evil > \"$KAIZEN_INPUT_UP\"; echo > out", "cat \"$KAIZEN_INPUT_UP\" > out");
    context.run(&["run"]).code(0);
    assert_eq!((context.ran(), context.read("out").as_str()), (vec!["up".to_owned()], "good\n"));
}

#[test]
fn a_step_that_writes_to_a_data_set_through_its_input_fails_and_the_next_run_heals_it() {
    let data = "[data.rows]\nsource = 'rows.csv'";
    let command = "chmod u+w \"$KAIZEN_INPUT_ROWS\"; echo 666 >> \"$KAIZEN_INPUT_ROWS\"; echo > out";
    let context = step(command, &format!("reads = ['data.rows']\nwrites = ['out']\n{data}"));
    context.write("rows.csv", "a\n1\n");
    context.run(&["run"]).code(5).says("it changed its input data.rows");
    assert_eq!(context.read("rows.csv"), "a\n1\n");
    context.edit("echo 666 >> \"$KAIZEN_INPUT_ROWS\"; echo > out", "cat \"$KAIZEN_INPUT_ROWS\" > out");
    context.run(&["run"]).code(0);
    assert_eq!(context.read("out"), "a\n1\n");
}

#[test]
fn a_step_that_takes_its_own_directory_away_fails_and_kaizen_does_not() {
    let context = step("rm -r \"$PWD\"; echo gone", "reads = ['in.txt']\nwrites = ['out']\nin = 'copy'");
    context.run(&["run"]).code(5).says("did not write `out`");
    assert_eq!(context.read("in.txt"), "input");
}
