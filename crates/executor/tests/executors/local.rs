//! Local processes: the suite, and what only processes of this machine can do.

use std::{
    fs,
    time::{Duration, Instant},
};

use executor::{Error, Executor as _, Exit, Local, log_text};

use crate::{
    conformance,
    support::{self, LocalPlace, Place as _, ended, wait_for_log, wait_until},
};

conformance::conformance!(LocalPlace::new());

async fn end_of(place: &LocalPlace, local: &Local, id: &str, line: &str) -> executor::Ended {
    let mut running = local.start(&place.attempt(id, line)).await.unwrap();
    ended(&mut running).await
}

#[tokio::test]
async fn a_command_ended_by_a_signal_tells_which() {
    let place = LocalPlace::new();
    let end = end_of(&place, &place.local(), "signal", "kill -SEGV $$").await;
    assert_eq!((end.exit, end.notices), (Exit::Signal(11), vec![]));
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let place = LocalPlace::new();
    let local = place.local();
    let mut attempt = place.attempt("odd", "");
    attempt.command = vec!["no-such-program".to_owned()];
    let error = local.start(&attempt).await.err().unwrap();
    let expected = "start `odd`: `no-such-program` is not found in PATH (/usr/bin:/bin)";
    assert_eq!(error.to_string(), expected);
    let mut attempt = place.attempt("odd", "true");
    attempt.folder = place.folder().join("gone");
    let error = local.start(&attempt).await.err().unwrap().to_string();
    assert!(error.starts_with("start `odd`: its folder ") && error.ends_with("gone is not there"), "{error}");
    let text = place.work().join("text");
    fs::write(&text, "no program").unwrap();
    let mut attempt = place.attempt("odd", "");
    attempt.command = vec!["./text".to_owned()];
    let error = local.start(&attempt).await.err().unwrap().to_string();
    assert!(error.contains("text: Permission denied"), "{error}");
    for id in ["", ".hidden", "a/b", "a\nb", "-rf"] {
        let error = local.start(&place.attempt(id, "true")).await.err().unwrap();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
    }
    let mut attempt = place.attempt("a", "true");
    attempt.environment.insert("A=B".to_owned(), String::new());
    let error = local.start(&attempt).await.err().unwrap().to_string();
    assert!(error.contains("\"A=B\" is no name"), "{error}");
}

#[tokio::test]
async fn a_supervisor_that_cannot_be_started_is_an_error() {
    let mut place = LocalPlace::new();
    place.settings.program = place.folder().join("gone");
    let error = place.local().start(&place.attempt("a", "true")).await.err().unwrap();
    assert!(error.to_string().starts_with("start the supervisor "), "{error}");
}

#[tokio::test]
async fn an_attempt_that_runs_is_not_started_twice() {
    let place = LocalPlace::new();
    let local = place.local();
    let running = local.start(&place.attempt("twice", "sleep 1000")).await.unwrap();
    let error = local.start(&place.attempt("twice", "true")).await.err().unwrap();
    assert_eq!(error.to_string(), "start `twice`: it runs already");
    drop(running);
    local.discard("twice").await.unwrap();
}

#[tokio::test]
async fn names_with_odd_characters_work() {
    let place = LocalPlace::new();
    let local = place.local();
    let folder = place.work().join("a \"b\" $c 'd' ü");
    fs::create_dir(&folder).unwrap();
    let mut attempt = place.attempt("train[lr=0.1, x=ü]-17.2", "");
    attempt.folder = folder.clone();
    attempt.log = folder.join("log \n x");
    attempt.command = ["sh", "-c", "pwd; echo \"$1\"", "sh", "*; $(x)"].map(str::to_owned).to_vec();
    let mut running = local.start(&attempt).await.unwrap();
    let end = ended(&mut running).await;
    assert_eq!(end.tail, format!("{}\n*; $(x)", folder.display()));
    assert_eq!(log_text(&attempt.log).unwrap(), end.tail + "\n");
}

#[tokio::test]
async fn children_that_were_left_behind_are_killed_and_named() {
    let place = LocalPlace::new();
    let end = end_of(&place, &place.local(), "forks", "sleep 1000 & sleep 1000 & echo done").await;
    assert_eq!((end.exit, end.tail.as_str()), (Exit::Code(0), "done"));
    assert!(end.notices[0].starts_with("left running at its end, and killed: s"), "{:?}", end.notices);
    // A child that had no time yet to become `sleep` is `sh`.
    assert_eq!((end.notices.len(), end.notices[0].matches(" (").count()), (1, 2), "{:?}", end.notices);
    assert_eq!(place.left("forks"), [0_i32; 0]);
}

#[tokio::test]
async fn a_child_in_a_session_of_its_own_is_killed_and_those_of_other_runs_are_not() {
    let place = LocalPlace::new();
    let local = place.local();
    let line = "setsid sh -c 'echo other; exec sleep 1000' & sleep 1000";
    let other = place.attempt("other", line);
    let _running = local.start(&other).await.unwrap();
    wait_for_log(&local, &other, "other").await;
    // The daemon of the other run is an orphan too, while its run goes on.
    let daemon = place.attempt("daemon", "setsid sleep 1000 >/dev/null 2>&1 & echo done; sleep 0.1");
    let mut running = local.start(&daemon).await.unwrap();
    let end = ended(&mut running).await;
    assert_eq!((end.exit, end.tail.as_str()), (Exit::Code(0), "done"));
    assert!(end.notices[0].starts_with("left running at its end, and killed: sleep ("), "{:?}", end.notices);
    assert_eq!(place.left("daemon"), [0_i32; 0]);
    assert_eq!(place.left("other").len(), 3);
    local.discard("other").await.unwrap();
    assert_eq!(place.left("other"), [0_i32; 0]);
}

#[tokio::test]
async fn a_daemon_that_wipes_its_environment_is_killed_too() {
    let place = LocalPlace::new();
    let seconds = 1_000_000 + std::process::id();
    let line = format!("setsid env -i /bin/sleep {seconds} & sleep 0.2; echo done");
    let end = end_of(&place, &place.local(), "wiped", &line).await;
    assert_eq!((end.exit, end.tail.as_str(), end.notices.len()), (Exit::Code(0), "done", 1), "{end:?}");
    let command = format!("/bin/sleep\0{seconds}\0");
    let is_it =
        |pid: &i32| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|found| found == command.as_bytes());
    assert!(!support::processes().iter().any(is_it));
}

#[tokio::test]
async fn a_command_that_closes_its_output_runs_to_its_end() {
    let place = LocalPlace::new();
    let line = "echo begun; exec >&- 2>&-; sleep 0.2; exit 4";
    let end = end_of(&place, &place.local(), "closes", line).await;
    assert_eq!((end.exit, end.tail.as_str()), (Exit::Code(4), "begun"));
    assert!(end.usage.wall >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_stopped_command_ends_on_request() {
    let place = LocalPlace::new();
    let local = place.local();
    let attempt = place.attempt("stopped", "echo ready; kill -STOP $$; sleep 1000");
    let mut running = local.start(&attempt).await.unwrap();
    wait_for_log(&local, &attempt, "ready").await;
    running.end();
    assert_eq!(ended(&mut running).await.exit, Exit::Ended);
}

#[tokio::test]
async fn endless_output_is_bounded_on_disk_and_never_holds_the_command_up() {
    let place = LocalPlace::new();
    let line = "yes 0123456789abcdef0123456789abcdef | head -c 300000000; echo; echo end";
    let attempt = place.attempt("endless", line);
    let mut running = place.local().start(&attempt).await.unwrap();
    let end = ended(&mut running).await;
    assert_eq!(end.exit, Exit::Code(0));
    assert!(end.tail.ends_with("\nend"));
    assert!(end.usage.written.unwrap() >= 300_000_000, "{:?}", end.usage);
    let text = log_text(&attempt.log).unwrap();
    let kept = 3 * (64 << 10);
    assert!(text.len() < kept + 100 && text.contains(" bytes left out …") && text.ends_with("end\n"));
    let more = fs::read_dir(attempt.log.with_file_name("endless.more")).unwrap();
    assert!(more.flatten().map(|file| file.metadata().unwrap().len()).sum::<u64>() <= 2 * (64 << 10));
}

#[tokio::test]
async fn nothing_is_made_for_a_command_without_output() {
    let place = LocalPlace::new();
    let attempt = place.attempt("silent", "true");
    let mut running = place.local().start(&attempt).await.unwrap();
    assert_eq!(ended(&mut running).await.exit, Exit::Code(0));
    assert!(!attempt.log.parent().unwrap().exists());
    assert_eq!(log_text(&attempt.log).unwrap(), "");
}

#[tokio::test]
async fn a_log_that_cannot_be_written_is_a_notice_and_the_command_goes_on() {
    let place = LocalPlace::new();
    let mut attempt = place.attempt("unwritable", "echo begun; head -c 1000000 /dev/zero; exit 6");
    fs::write(place.folder().join("file"), "").unwrap();
    attempt.log = place.folder().join("file/log");
    let mut running = place.local().start(&attempt).await.unwrap();
    let end = ended(&mut running).await;
    assert_eq!(end.exit, Exit::Code(6));
    assert!(end.notices[0].starts_with("its log is not whole: "), "{:?}", end.notices);
}

#[tokio::test]
async fn a_command_that_needs_a_container_is_refused() {
    let place = LocalPlace::new();
    let mut attempt = place.attempt("image", "true");
    let folder = place.work().to_owned();
    attempt.container =
        Some(executor::Container { image: "x".into(), mounts: vec![], folder, network: false });
    let error = place.local().start(&attempt).await.err().unwrap().to_string();
    assert_eq!(error, "`image` cannot be run: it wants a container, and this executor has none");
}

#[tokio::test]
async fn a_traced_command_tells_its_files() {
    let place = LocalPlace::new();
    fs::write(place.work().join("in"), "1").unwrap();
    let mut attempt = place.attempt("traced", "cat in >out; exit 9");
    let trace = place.folder().join("trace");
    attempt.trace = Some(trace.clone());
    let mut running = place.local().start(&attempt).await.unwrap();
    assert_eq!(ended(&mut running).await.exit, Exit::Code(9));
    let found = executor::audit::read(&trace, place.work()).unwrap();
    assert!(found.read.contains(&place.work().join("in")), "{found:?}");
    assert!(found.written.contains(&place.work().join("out")), "{found:?}");
    let mut settings = place.settings.clone();
    settings.path = "/nowhere".to_owned();
    let error = Local::new(settings).start(&attempt).await.err().unwrap().to_string();
    assert!(error.ends_with("`strace` is not found in PATH (/nowhere); install it"), "{error}");
}

#[tokio::test]
async fn what_is_settled_is_tidied_away_and_what_is_not_stays() {
    let place = LocalPlace::new();
    let first = place.local();
    let attempt = place.attempt("unsettled", "echo ready; sleep 1000");
    let _running = first.start(&attempt).await.unwrap();
    wait_for_log(&first, &attempt, "ready").await;
    assert_eq!(first.tidy().await.unwrap(), 0, "its supervisor lives");
    place.lose();
    let second = place.local();
    assert_eq!(second.tidy().await.unwrap(), 0, "a process is not settled");
    assert_eq!(end_of(&place, &second, "settled", "true").await.exit, Exit::Code(0));
    second.discard("unsettled").await.unwrap();
    assert_eq!(second.tidy().await.unwrap(), 1);
    drop(second);
    wait_until("the supervisor goes", || place.living().is_empty());
    // Its lock goes a moment after its place among the processes.
    while place.local().tidy().await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(fs::read_dir(place.supervisors()).unwrap().count(), 0);
}

#[tokio::test]
async fn another_process_with_a_recorded_number_is_not_killed() {
    let place = LocalPlace::new();
    let mut stranger = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
    let folder = place.supervisors().join("1");
    fs::create_dir_all(&folder).unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let record = format!(
        "{{\"Opened\":{{\"version\":1,\"boot\":\"{}\"}}}}\n\
         {{\"Started\":{{\"id\":\"old\",\"process\":{{\"pid\":{},\"start\":1}}}}}}\n",
        boot.trim(),
        stranger.id()
    );
    fs::write(folder.join("record"), record).unwrap();
    let local = place.local();
    assert!(local.adopt("old").await.unwrap().is_none());
    local.discard("old").await.unwrap();
    assert!(stranger.try_wait().unwrap().is_none(), "it must still run");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    assert_eq!(local.tidy().await.unwrap(), 1);
}

#[tokio::test]
async fn a_killed_supervisor_loses_no_output_that_was_written() {
    let place = LocalPlace::new();
    let local = place.local();
    let attempt = place.attempt("kept", "i=0; while :; do i=$((i+1)); echo line $i; done");
    let _running = local.start(&attempt).await.unwrap();
    wait_for_log(&local, &attempt, "line 1000\n").await;
    place.lose();
    let text = log_text(&attempt.log).unwrap();
    assert!(text.starts_with("line 1\nline 2\n") && text.contains("\nline 999\nline 1000\n"));
    local.discard("kept").await.unwrap();
}

#[tokio::test]
async fn many_commands_run_at_once() {
    let place = LocalPlace::new();
    let local = place.local();
    let start = Instant::now();
    let mut all = Vec::new();
    for number in 0..100 {
        let line = format!("sleep 0.5; echo {number}; exit {}", number % 7);
        all.push(local.start(&place.attempt(&format!("many-{number}"), &line)).await.unwrap());
    }
    for (number, running) in all.iter_mut().enumerate() {
        let end = ended(running).await;
        assert_eq!((end.exit, end.tail), (Exit::Code((number % 7) as i32), number.to_string()));
    }
    assert!(start.elapsed() < Duration::from_secs(25), "they must not wait for each other");
}

#[tokio::test]
async fn a_supervisor_goes_with_the_engine_when_nothing_runs() {
    let place = LocalPlace::new();
    let local = place.local();
    assert_eq!(local.supervisor(), None, "it is started when there is something to do");
    assert_eq!(end_of(&place, &local, "a", "true").await.exit, Exit::Code(0));
    assert_eq!(place.living(), [i32::try_from(local.supervisor().unwrap()).unwrap()]);
    drop(local);
    wait_until("the supervisor goes", || place.living().is_empty());
}

#[tokio::test]
async fn nothing_shown_of_an_attempt_has_its_secrets() {
    let place = LocalPlace::new();
    let mut attempt = place.attempt("shown", "login --key hunter22");
    attempt.environment.insert("KEY".to_owned(), "x-hunter22".to_owned());
    attempt.secrets = vec![executor::Secret::new("hunter22")];
    let shown = format!("{attempt:?} {:?}", attempt.secrets);
    assert!(
        shown.contains("login --key ***") && shown.contains("x-***") && !shown.contains("hunter22"),
        "{shown}"
    );
}
