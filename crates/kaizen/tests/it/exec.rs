//! `kaizen exec`: one command as a tracked, cached, resumable step, in a directory without a project.

use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader},
    os::unix::ffi::OsStringExt as _,
    time::{Duration, Instant},
};

use crate::context::{Ran, TestContext, eventually, wait};

/// `kaizen exec` with these arguments.
fn exec(context: &TestContext, arguments: &[&str]) -> Ran {
    context.run(&[&["exec"], arguments].concat())
}

/// How often the command wrote a line to `ran`.
fn count(context: &TestContext) -> usize {
    context.read("ran").lines().count()
}

#[test]
fn what_a_command_prints_is_shown_as_it_prints_it() {
    let context = TestContext::empty();
    let script = "echo one; while [ ! -e go ]; do sleep 0.02; done; echo two >&2; printf three";
    let mut child = context.command(&["exec", "--", "sh", "-c", script]).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "one\n");
    context.write("go", "");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stdout, &mut rest).unwrap();
    assert_eq!(rest, "two\nthree");
    assert_eq!(wait(&mut child), Some(0));
    assert!(!context.path("kaizen.toml").exists());
}

#[test]
fn a_command_that_fails_gives_its_exit_status_its_last_lines_and_the_place_of_its_log() {
    let context = TestContext::empty();
    let ran = exec(&context, &["--name", "failing", "--", "sh", "-c", "echo why it failed >&2; exit 3"]);
    ran.code(5).says("ended with exit status: 3").says("the whole log is in .kaizen/runs/failing-1/log");
    assert!(ran.stderr.contains("why it failed"), "{ran:#?}");
    assert_eq!(context.json(&["runs"])[0]["status"], "failed");
    // A failure is never taken from a cache.
    exec(&context, &["--name", "failing", "--", "sh", "-c", "echo why it failed >&2; exit 3"]).code(5);
    assert_eq!(context.json(&["runs"]).as_array().unwrap().len(), 2);
}

#[test]
fn a_command_that_is_not_there_is_named() {
    exec(&TestContext::empty(), &["--", "no-such-program", "x"]).code(5).says("no-such-program").says("127");
}

#[test]
fn the_same_command_on_the_same_file_is_not_run_twice_and_says_so() {
    let context = TestContext::empty();
    context.write("in.txt", "content\n");
    let cat = ["--reads", "in.txt", "--", "cat", "in.txt"];
    assert_eq!(exec(&context, &cat).code(0).stdout, "content\n");
    let again = exec(&context, &cat);
    again
        .code(0)
        .says("nothing to do")
        .says("with the same inputs before in run 1")
        .says("--no-cache runs it again");
    assert_eq!(again.stdout, "");
    let name = again.stderr.split("`kaizen logs ").nth(1).unwrap().split('`').next().unwrap();
    assert_eq!(context.run(&["logs", name]).code(0).stdout, "content\n");
    let again = exec(&context, &[&["--no-cache"], &cat[..]].concat());
    assert_eq!(again.code(0).never_says("name what it reads").stdout, "content\n");
}

#[test]
fn a_changed_file_among_its_words_runs_it_again_and_the_old_content_does_not() {
    let context = TestContext::empty();
    let words = ["--writes", "out.txt", "--", "sh", "-c", "echo >> ran; cp \"$1\" out.txt", "sh", "in.txt"];
    for (text, times) in [("one", 1), ("two", 2), ("one", 2)] {
        context.write("in.txt", text);
        exec(&context, &words).code(0);
        assert_eq!((context.read("out.txt").as_str(), count(&context)), (text, times));
    }
    exec(&context, &words).code(0).says("nothing to do");
    context.write("in.txt", "three");
    exec(&context, &words).code(0).says("input changed: in.txt");
}

#[test]
fn what_it_reads_and_writes_can_be_declared() {
    let context = TestContext::empty();
    context.write("data/a", "a");
    let words = [
        "--reads",
        "data",
        "--writes",
        "out",
        "--",
        "sh",
        "-c",
        "echo >> ran; mkdir out; cat data/* > out/all",
    ];
    exec(&context, &words).code(0);
    assert_eq!(context.read("out/all"), "a");
    // Its output is kept, and comes back without a run.
    std::fs::remove_dir_all(context.path("out")).unwrap();
    exec(&context, &words).code(0).says("from the cache");
    assert_eq!((context.read("out/all"), count(&context)), ("a".to_owned(), 1));
    context.write("data/b", "b");
    exec(&context, &words).code(0);
    assert_eq!((context.read("out/all"), count(&context)), ("ab".to_owned(), 2));
}

#[test]
fn a_command_that_does_not_write_what_it_declares_fails() {
    let ran = exec(&TestContext::empty(), &["--writes", "model.bin", "--", "true"]);
    ran.code(5).says("did not write `model.bin`");
}

#[test]
fn a_command_that_names_neither_what_it_reads_nor_what_it_writes_runs_each_time_and_says_why() {
    let context = TestContext::empty();
    context.write("in.txt", "content");
    for times in 1..=2 {
        // A file among its words does not say that it reads nothing else.
        let ran = exec(&context, &["--", "sh", "-c", "echo >> ran; echo more >> $1", "sh", "in.txt"]);
        ran.code(0).says("not cached: name what it reads and writes with --reads and --writes");
        assert_eq!(count(&context), times);
        assert_eq!(context.json(&["runs"]).as_array().unwrap().len(), times);
    }
    exec(&context, &["--writes", "out", "--", "cp", "in.txt", "out"]).code(0).never_says("not cached");
}

#[test]
fn a_command_that_is_not_cached_is_gone_on_with_all_the_same() {
    let context = TestContext::empty();
    let words =
        ["exec", "--", "sh", "-c", "echo >> ran; while [ ! -e go ]; do sleep 0.02; done; echo result"];
    let mut child = context.command(&words).spawn().unwrap();
    eventually("the command runs", || context.path("ran").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    context.write("go", "");
    assert_eq!(context.run(&words).code(0).stdout, "result\n");
    assert_eq!(count(&context), 1);
    context.run(&words).code(0);
    assert_eq!(count(&context), 2);
}

#[test]
fn a_secret_reaches_the_command_and_nothing_else() {
    let context = TestContext::empty();
    context.write("kept", "of-the-file\n");
    let script = "echo >> ran; printf '%s|' \"$TOKEN\" \"$OTHER\" \"$KEPT\" | tee out";
    let options = [
        "--writes",
        "out",
        "--secret",
        "TOKEN",
        "--secret",
        "OTHER=env:HIDDEN",
        "--secret",
        "KEPT=file:kept",
    ];
    let words = [&["exec", "--name", "hush"][..], &options, &["--", "sh", "-c", script]].concat();
    let run = |arguments: &[&str], token: &str| {
        let mut command = context.command(arguments);
        command.env("TOKEN", token).env("HIDDEN", "hidden-value");
        Ran::wait(command)
    };
    assert_eq!(run(&words, "first-token").code(0).stdout, "***|***|***|");
    assert_eq!(context.read("out"), "first-token|hidden-value|of-the-file|");
    // Another value is no reason to run again.
    run(&words, "second-token").code(0).says("nothing to do");
    context.remove("out");
    let told = context.json(&["runs", "1"]);
    assert_eq!(
        told["detail"]["exec"]["secret"],
        serde_json::json!(["TOKEN", "OTHER=env:HIDDEN", "KEPT=file:kept"])
    );
    let logged = context.run(&["logs", "hush"]);
    for said in [told.to_string(), logged.code(0).stdout.clone(), context.json(&["why", "hush"]).to_string()]
    {
        for value in ["first-token", "hidden-value", "of-the-file"] {
            assert!(!said.contains(value), "{value} is in {said}");
        }
    }
    let retry =
        ["exec", "--no-cache", "--secret", "TOKEN", "--", "sh", "-c", "printf $TOKEN > out; test -e mended"];
    run(&retry, "third-token").code(5);
    context.write("mended", "");
    run(&["retry", "2"], "fourth-token").code(0);
    assert_eq!(context.read("out"), "fourth-token");
}

#[test]
fn its_environment_is_what_is_asked_for() {
    let context = TestContext::empty();
    let script = "printf '%s|' \"$GREETING\" \"$TAKEN\" \"$OTHER\" > out; echo >> ran";
    let run = |greeting: &str, taken: &str| {
        let words =
            ["exec", "--writes", "out", "--env", greeting, "--env", "TAKEN", "--", "sh", "-c", script];
        let mut command = context.command(&words);
        command.env("TAKEN", taken).env("OTHER", "never");
        Ran::wait(command).code(0);
        (context.read("out"), count(&context))
    };
    assert_eq!(run("GREETING=it's  = me", "a"), ("it's  = me|a||".to_owned(), 1));
    assert_eq!(run("GREETING=it's  = me", "a").1, 1);
    assert_eq!(run("GREETING=it's  = me", "b"), ("it's  = me|b||".to_owned(), 2));
    assert_eq!(run("GREETING=", "b"), ("|b||".to_owned(), 3));
}

#[test]
fn it_is_tried_as_often_as_is_asked_for() {
    let context = TestContext::empty();
    let script = "echo >> ran; test $(wc -l < ran) = 2";
    exec(&context, &["--attempts", "2", "--", "sh", "-c", script])
        .code(0)
        .says("attempt 1 ended with exit status: 1");
    assert_eq!(count(&context), 2);
    exec(&context, &["--", "sh", "-c", script]).code(5);
    assert_eq!(count(&context), 3);
}

#[test]
fn it_is_ended_when_its_time_is_over() {
    let began = Instant::now();
    let ran = exec(&TestContext::empty(), &["--timeout", "300ms", "--", "sleep", "60"]);
    ran.code(5).says("did not end within 300ms");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn its_name_is_the_one_that_is_given_or_the_programs_with_a_hash() {
    let context = TestContext::empty();
    exec(&context, &["--name", "nightly", "--", "echo", "hello"]).code(0);
    assert_eq!(context.run(&["logs", "nightly"]).code(0).stdout, "hello\n");
    exec(&context, &["--", "/bin/echo", "hello"]).code(0);
    exec(&context, &["--", "/bin/echo", "hallo"]).code(0);
    let named = |run: &str| context.json(&["runs", run])["entries"][0]["node"].as_str().unwrap().to_owned();
    assert_eq!(named("1"), "step.nightly");
    assert!(named("2").starts_with("step.echo-") && named("3").starts_with("step.echo-"));
    assert_ne!(named("2"), named("3"));
}

#[test]
fn its_words_arrive_as_they_were_given() {
    let words = [
        "it's",
        "a \"b\"",
        "$HOME",
        "`id`",
        "*",
        "",
        "two  words",
        "a\tb",
        "line\nbreak",
        "-n",
        "\\",
        "ünï",
        "a;b|c&d",
        "~",
        "#x",
    ];
    let arguments = [&["--", "printf", "<%s>"][..], &words].concat();
    let expected: String = words.iter().map(|word| format!("<{word}>")).collect();
    assert_eq!(exec(&TestContext::empty(), &arguments).code(0).stdout, expected);
}

#[test]
fn a_command_whose_kaizen_was_killed_goes_on_and_the_next_exec_takes_its_result() {
    let context = TestContext::empty();
    let script = "echo >> ran; while [ ! -e go ]; do sleep 0.02; done; echo result > out";
    let words = ["exec", "--writes", "out", "--", "sh", "-c", script];
    let mut child = context.command(&words).spawn().unwrap();
    eventually("the command runs", || context.path("ran").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    context.write("go", "");
    context.run(&words).code(0);
    assert_eq!((context.read("out").as_str(), count(&context)), ("result\n", 1));
    assert_eq!(context.json(&["runs", "2"])["entries"][0]["status"], "done");
}

#[test]
fn a_path_outside_the_directory_is_refused_before_anything_runs() {
    let context = TestContext::empty();
    for option in ["--reads", "--writes"] {
        for path in ["../x", "/etc/passwd", "a/../../x", ""] {
            let ran = exec(&context, &[option, path, "--", "sh", "-c", "echo >> ran"]);
            ran.code(2).says("name a path inside");
        }
    }
    assert!(!context.path("ran").exists() && !context.path(".kaizen").exists());
    // A file elsewhere among the words is the command's own business.
    exec(&context, &["--", "cat", "/etc/passwd"]).code(0);
}

#[test]
fn a_path_given_from_the_root_of_the_disk_is_taken_when_it_is_inside() {
    let context = TestContext::empty();
    context.write("in.txt", "content");
    let path = context.root().canonicalize().unwrap().join("in.txt");
    let words = ["--reads", path.to_str().unwrap(), "--", "cat", path.to_str().unwrap()];
    assert_eq!(exec(&context, &words).code(0).stdout, "content");
    exec(&context, &words).code(0).says("nothing to do");
    context.write("in.txt", "changed");
    assert_eq!(exec(&context, &words).code(0).stdout, "changed");
}

#[test]
fn what_makes_no_sense_is_answered_with_the_way_out() {
    let context = TestContext::empty();
    for (arguments, words) in [
        (&["true"][..], "Usage: kaizen exec [OPTIONS] -- <COMMAND>..."),
        (&["--"], "<COMMAND>..."),
        (&["--reads", "nothere", "--", "true"], "--reads nothere: there is no such file or directory"),
        (&["--env", "=1", "--", "true"], "--env: `` is no name of a variable; write letters"),
        (&["--env", "A B=1", "--", "true"], "--env: `A B` is no name of a variable"),
        (&["--env", "1A=1", "--", "true"], "no digit first"),
        (&["--env", "KAIZEN_STEP=x", "--", "true"], "is set by Kaizen; give the variable another name"),
        (&["--secret", "A B", "--", "true"], "--secret: `A B` is no name of a variable"),
        (
            &["--secret", "TOKEN=hunter2", "--", "true"],
            "--secret: `TOKEN` does not say where the secret is kept; write TOKEN=env:OTHER or TOKEN=file:PATH",
        ),
        (&["--secret", "TOKEN=file:", "--", "true"], "write TOKEN=env:OTHER"),
        (&["--secret", "TOKEN", "--env", "TOKEN=1", "--", "true"], "--secret: `TOKEN` is given twice"),
        (
            &["--env", "NOT_SET_HERE", "--", "true"],
            "the environment variable NOT_SET_HERE it takes is not set",
        ),
        (&["--name", "a b", "--", "true"], "`a b` cannot be a name; use a letter first"),
        (
            &["--timeout", "5", "--", "true"],
            "--timeout: `5` is not a duration; write a whole number and a unit",
        ),
        (&["--attempts", "0", "--", "true"], "--attempts"),
    ] {
        exec(&context, arguments).code(2).says(words);
    }
    let mut command = context.command(&["exec", "--", "echo"]);
    command.arg(OsString::from_vec(vec![0x66, 0xff]));
    Ran::wait(command).code(2).says("is not UTF-8");
}

#[test]
fn it_works_beside_a_project_and_with_another_directory() {
    let context = TestContext::empty();
    context.write("kaizen.toml", "[project]\nname = \"other\"\n\n[step.own]\nrun = \"true\"\n");
    exec(&context, &["--name", "beside", "--", "echo", "hello"]).code(0);
    assert_eq!(context.run(&["logs", "beside"]).code(0).stdout, "hello\n");
    context.write("kaizen.toml", "this is not a project");
    exec(&context, &["--name", "beside", "--", "echo", "again"]).code(0);
    assert_eq!(context.run(&["logs", "beside"]).code(0).stdout, "again\n");
    context.write("below/in.txt", "below");
    let ran = context.run(&["-C", "below", "exec", "--", "cat", "in.txt"]);
    assert_eq!(ran.code(0).stdout, "below");
    assert!(context.path("below/.kaizen").exists());
}

#[test]
fn a_command_beside_a_project_leaves_what_serves_alone() {
    let context = TestContext::trained();
    exec(&context, &["--", "true"]).code(0);
    assert_eq!(context.served(), Some(1));
}

#[test]
fn what_it_ran_is_explained_beside_a_project_and_without_one() {
    let context = TestContext::empty();
    context.run(&["why", "alone"]).code(3).says("there is no");
    exec(&context, &["--name", "alone", "--", "sh", "-c", "exit 3"]).code(5);
    let alone = context.run(&["why", "alone"]);
    alone.code(0).says("step.alone").says("`kaizen exec` ran it").says("it ended with exit status: 3");
    alone.never_says("nothing to do").never_says("last output:");
    context.run(&["why", "another"]).code(3).says("there is no");
    context.write("kaizen.toml", "[project]\nname = \"other\"\n\n[step.own]\nrun = \"true\"\n");
    for name in ["alone", "step.alone", "step alone"] {
        context.run(&["why", name]).code(0).says("step.alone").says("failed").never_says("nothing to do");
    }
    assert_eq!(context.json(&["why", "alone"])["declared"], false);
    assert_eq!(context.json(&["why", "own"])["declared"], true);
    context.run(&["why", "on"]).code(2).says("the project has no step `on`; did you mean `own`?");
}
