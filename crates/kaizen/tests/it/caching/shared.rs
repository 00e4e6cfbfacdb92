//! A cache that machines share. Each machine is a project of its own with the same content.

use std::{fs, path::PathBuf};

use base::Hash;
use tempfile::TempDir;

use super::damage;
use crate::context::TestContext;

/// The directory that the machines see, with room for the cache in it.
struct Team(TempDir);

impl Team {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn cache(&self) -> PathBuf {
        self.0.path().join("cache")
    }

    /// A machine that has never run anything.
    fn machine(&self, more: &str) -> TestContext {
        let cache = format!("[cache]\nshared = {:?}\n{more}\n", self.cache());
        let step =
            "[step.made]\nrun = 'echo made >> ran; mkdir -p out; cp in.txt out/one; cp in.txt out/two'\n";
        let context = TestContext::of_steps(&format!("{cache}{step}reads = ['in.txt']\nwrites = ['out']"));
        context.write("in.txt", "team");
        context
    }
}

#[test]
fn the_second_machine_takes_what_the_first_one_made() {
    let team = Team::new();
    let (one, two) = (team.machine(""), team.machine(""));
    one.run(&["run"]).code(0).never_says("from the shared cache");
    assert_eq!(one.ran(), ["made"]);
    two.run(&["run"]).code(0).says("from the shared cache: 2 files");
    assert!(two.ran().is_empty());
    assert_eq!((two.read("out/one"), two.read("out/two")), ("team".to_owned(), "team".to_owned()));
    two.run(&["run"]).code(0).says("nothing to do");
    fs::remove_dir_all(team.cache()).unwrap();
    two.remove("out/one");
    two.run(&["run"]).code(0).says("as before, from the cache");
    assert_eq!(two.read("out/one"), "team");
}

#[test]
fn a_machine_with_other_inputs_runs_the_step() {
    let team = Team::new();
    team.machine("").run(&["run"]).code(0);
    let other = team.machine("");
    other.write("in.txt", "other");
    other.run(&["run"]).code(0).never_says("from the shared cache");
    assert_eq!((other.ran(), other.read("out/one")), (vec!["made".to_owned()], "other".to_owned()));
}

#[test]
fn a_damaged_shared_object_is_a_miss_with_a_notice_and_is_made_anew() {
    let team = Team::new();
    team.machine("").run(&["run"]).code(0);
    damage(team.cache().join("objects"), "team", "evil");
    let two = team.machine("");
    two.run(&["run"]).code(0).says("the shared cache had a damaged result, and is not used");
    assert_eq!((two.ran(), two.read("out/one")), (vec!["made".to_owned()], "team".to_owned()));
    let three = team.machine("");
    three.run(&["run"]).code(0).says("from the shared cache");
    assert_eq!(three.read("out/one"), "team");
}

#[test]
fn a_shared_entry_that_is_nonsense_is_a_miss_with_a_notice() {
    let team = Team::new();
    team.machine("").run(&["run"]).code(0);
    for shard in fs::read_dir(team.cache().join("keys")).unwrap() {
        for entry in fs::read_dir(shard.unwrap().path()).unwrap() {
            let entry = entry.unwrap().path();
            fs::remove_file(&entry).unwrap();
            fs::write(entry, "{").unwrap();
        }
    }
    let two = team.machine("");
    two.run(&["run"]).code(0).says("the shared cache had a damaged result, and is not used");
    assert_eq!(two.ran(), ["made"]);
}

/// Puts another path into the output of the one entry, with hashes that are right.
fn forge(team: &Team, from: &str, to: &str) {
    let object = |hash: &str| team.cache().join("objects").join(&hash[..2]).join(&hash[2..]);
    let shard = fs::read_dir(team.cache().join("keys")).unwrap().next().unwrap().unwrap().path();
    let entry = fs::read_dir(shard).unwrap().next().unwrap().unwrap().path();
    let mut said: serde_json::Value = serde_json::from_str(&fs::read_to_string(&entry).unwrap()).unwrap();
    let before = said["output"].as_str().unwrap().to_owned();
    let output = fs::read_to_string(object(&before)).unwrap();
    let forged = output.replace(&format!("{from:?}"), &format!("{to:?}"));
    assert_ne!(forged, output);
    let hash = Hash::of(forged.as_bytes()).to_string();
    fs::create_dir_all(object(&hash).parent().unwrap()).unwrap();
    fs::write(object(&hash), &forged).unwrap();
    let objects = said["objects"].as_array_mut().unwrap();
    let listed = objects.iter_mut().find(|object| object["hash"] == before.as_str()).unwrap();
    *listed = serde_json::json!({ "hash": hash, "bytes": forged.len() });
    said["output"] = hash.into();
    fs::remove_file(&entry).unwrap();
    fs::write(entry, said.to_string()).unwrap();
}

#[test]
fn a_shared_result_that_names_a_path_the_step_does_not_write_is_a_miss_with_a_notice() {
    for path in ["out/../../evil", "../evil", "in.txt", "/out/evil", "outside"] {
        let team = Team::new();
        team.machine("").run(&["run"]).code(0);
        forge(&team, "out/one", path);
        let two = team.machine("");
        let notice = format!("has a file {path:?}, which the step does not write, and is not used");
        two.run(&["run"]).code(0).says(&notice);
        assert_eq!((two.ran(), two.read("in.txt")), (vec!["made".to_owned()], "team".to_owned()));
        assert!(!two.path("../evil").exists() && !two.path("outside").exists());
    }
}

#[test]
fn a_shared_cache_that_cannot_be_used_costs_a_remark_and_nothing_more() {
    let team = Team::new();
    fs::write(team.cache(), "a file where the directory should be").unwrap();
    let one = team.machine("");
    one.run(&["run"]).code(0).says("the shared cache").says("is not used");
    assert_eq!(one.ran(), ["made"]);
    fs::remove_file(team.cache()).unwrap();
    fs::create_dir(team.cache()).unwrap();
    fs::write(team.cache().join("kaizen-cache.json"), "{\"format\":99}").unwrap();
    let two = team.machine("");
    two.run(&["run"]).code(0).says("it has format 99");
    assert_eq!(two.ran(), ["made"]);
}

#[test]
fn a_machine_that_does_not_push_takes_and_gives_nothing() {
    let team = Team::new();
    let taker = team.machine("push = false");
    taker.run(&["run"]).code(0);
    assert_eq!(taker.ran(), ["made"]);
    let one = team.machine("");
    one.run(&["run"]).code(0).never_says("from the shared cache");
    assert_eq!(one.ran(), ["made"]);
    let second_taker = team.machine("push = false");
    second_taker.run(&["run"]).code(0).says("from the shared cache");
}

#[test]
fn what_is_not_cached_or_forced_is_not_taken_from_the_shared_cache() {
    let team = Team::new();
    team.machine("").run(&["run"]).code(0);
    let forced = team.machine("");
    forced.run(&["run", "--force"]).code(0).never_says("from the shared cache");
    assert_eq!(forced.ran(), ["made"]);
    let uncached = team.machine("");
    uncached.edit("writes", "cache = false\nwrites");
    uncached.run(&["run"]).code(0).never_says("from the shared cache");
    assert_eq!(uncached.ran(), ["made"]);
}
