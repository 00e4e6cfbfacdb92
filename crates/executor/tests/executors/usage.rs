//! What processes use, and the limits on it.

use std::{fs, time::Duration};

use executor::{Executor as _, Exit};

use crate::support::{LocalPlace, Place as _, ended};

#[tokio::test]
async fn usage_counts_the_processor_memory_and_bytes_of_children() {
    let place = LocalPlace::new();
    let line = "head -c 50000000 /dev/zero >big; \
                (i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done); \
                dd if=/dev/zero of=/dev/null bs=60000000 count=1";
    let mut running = place.local().start(&place.attempt("usage", line)).await.unwrap();
    let usage = ended(&mut running).await.usage;
    assert!(usage.cpu > Duration::from_millis(10), "{usage:?}");
    assert!(usage.peak_memory.unwrap() > 55_000_000, "{usage:?}");
    assert!(usage.read.unwrap() >= 50_000_000 && usage.written.unwrap() >= 50_000_000, "{usage:?}");
}

#[tokio::test]
async fn the_memory_of_a_small_command_is_not_that_of_its_supervisor() {
    let place = LocalPlace::new();
    let mut running = place.local().start(&place.attempt("small", "true")).await.unwrap();
    assert_eq!(ended(&mut running).await.usage.peak_memory, None);
}

#[tokio::test]
async fn a_memory_limit_that_cannot_be_enforced_is_said_and_the_command_runs() {
    let mut place = LocalPlace::new();
    place.settings.cgroups = place.folder().join("gone");
    let mut attempt = place.attempt("limit", "echo runs");
    attempt.memory = Some(1 << 30);
    let mut running = place.local().start(&attempt).await.unwrap();
    let end = ended(&mut running).await;
    assert_eq!((end.exit, end.tail.as_str()), (Exit::Code(0), "runs"));
    let gone = place.settings.cgroups.display();
    assert_eq!(
        end.notices,
        [format!("its memory limit is not enforced: {gone} is not a cgroup v2 hierarchy")]
    );
}

/// A made-up cgroup hierarchy.
fn cgroups(place: &mut LocalPlace) {
    let root = place.folder().join("cgroup");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("cgroup.controllers"), "cpu memory pids\n").unwrap();
    fs::write(root.join("cgroup.subtree_control"), "memory\n").unwrap();
    place.settings.cgroups = root;
}

#[tokio::test]
async fn a_memory_limit_is_set_before_the_command_begins() {
    let mut place = LocalPlace::new();
    cgroups(&mut place);
    // As the kernel would, the command writes what happened in its group.
    let root = place.settings.cgroups.display();
    let line = format!(
        "cd {root}/kaizen-*-limit; cat memory.max; echo; [ \"$(cat cgroup.procs)\" = $$ ] && echo in; \
         echo 12345 >memory.peak; echo 'oom 0' >memory.events; echo done"
    );
    let mut attempt = place.attempt("limit", &line);
    attempt.memory = Some(123_456_789);
    let mut running = place.local().start(&attempt).await.unwrap();
    let end = ended(&mut running).await;
    assert_eq!((end.exit, end.tail.as_str()), (Exit::Code(0), "123456789\nin\ndone"), "{end:?}");
    assert_eq!((end.usage.peak_memory, end.notices), (Some(12345), vec![]));
}

#[tokio::test]
async fn a_command_killed_for_its_memory_is_out_of_memory() {
    let mut place = LocalPlace::new();
    cgroups(&mut place);
    let root = place.settings.cgroups.display();
    let line = format!(
        "printf 'low 0\\noom 1\\noom_kill 1\\n' >$(echo {root}/kaizen-*-oom)/memory.events; kill -9 $$"
    );
    let mut attempt = place.attempt("oom", &line);
    attempt.memory = Some(1 << 20);
    let mut running = place.local().start(&attempt).await.unwrap();
    assert_eq!(ended(&mut running).await.exit, Exit::OutOfMemory);
}
