//! How long a result lasts: `cache = false`, a duration, `--force`.

use super::{CHAIN, chain};
use crate::context::{TestContext, eventually};

#[test]
fn a_step_that_is_not_cached_runs_each_time_and_what_reads_it_only_when_it_differs() {
    let context = TestContext::of_steps(&CHAIN.replacen("writes", "cache = false\nwrites", 1));
    context.write("in.txt", "x");
    context.run(&["run"]).code(0).says("2 done");
    assert_eq!(context.ran(), ["first", "second"]);
    context.run(&["run"]).code(0).says("not cached").says("1 done, 1 unchanged");
    assert_eq!(context.ran(), ["first"]);
    context.write("in.txt", "y");
    context.run(&["run"]).code(0).says("2 done");
    context.write("in.txt", "x");
    context.ran();
    context.run(&["run"]).code(0);
    assert_eq!(
        context.ran(),
        ["first"],
        "the second one was known, the first may not be taken from the cache"
    );
    assert_eq!(context.read("second"), "xx");
}

#[test]
fn a_result_that_is_too_old_is_made_again() {
    let context = TestContext::of_steps(&CHAIN.replacen("writes", "cache = \"1s\"\nwrites", 1));
    context.write("in.txt", "x");
    context.run(&["run"]).code(0).says("2 done");
    context.ran();
    eventually("the result is too old", || context.run(&["plan"]).stdout.contains("older than 1s"));
    context.run(&["run"]).code(0).says("1 done, 1 unchanged").never_says("from the cache");
    assert_eq!(context.ran(), ["first"]);
}

#[test]
fn a_result_that_is_young_enough_will_do() {
    let context = TestContext::of_steps(&CHAIN.replacen("writes", "cache = \"12h\"\nwrites", 1));
    context.write("in.txt", "x");
    context.run(&["run"]).code(0);
    context.run(&["run"]).code(0).says("nothing to do");
}

#[test]
fn force_runs_the_named_step_and_nothing_else() {
    let context = chain();
    context.run(&["run"]).code(0);
    context.ran();
    context.run(&["run", "second", "--force"]).code(0).says("forced").says("1 done");
    assert_eq!(context.ran(), ["second"]);
    context.run(&["run", "--force", "first"]).code(0).says("forced");
    assert_eq!(context.ran(), ["first"]);
    context.run(&["run", "--force"]).code(0).says("2 done");
    assert_eq!(context.ran(), ["first", "second"]);
    context.run(&["run"]).code(0).says("nothing to do");
}

#[test]
fn force_takes_nothing_from_the_cache() {
    let context = chain();
    context.run(&["run"]).code(0);
    context.write("in.txt", "ya");
    context.run(&["run"]).code(0);
    context.write("in.txt", "xa");
    context.ran();
    context.run(&["run", "--force"]).code(0).never_says("from the cache");
    assert_eq!(context.ran(), ["first", "second"]);
}

#[test]
fn force_on_a_fan_out_runs_all_its_instances() {
    let each = "each = { lr = [1, 2] }\nrun = 'echo ${each.lr} >> ran'";
    let context = TestContext::of_steps(&format!("[step.tune]\n{each}"));
    context.run(&["run"]).code(0);
    assert_eq!(context.ran(), ["1", "2"]);
    context.run(&["run", "tune", "--force"]).code(0).says("2 done");
    assert_eq!(context.ran(), ["1", "2"]);
    context.run(&["run", "tune[lr=2]", "--force"]).code(0).says("1 done");
    assert_eq!(context.ran(), ["2"]);
}
