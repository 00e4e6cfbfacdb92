//! What runs at once, and what begins first.

use crate::context::TestContext;

/// A command that ends well only if so many of its like run at the same time.
const MEET: &str = "touch here-$KAIZEN_STEP; n=0; until [ $(ls here-* | wc -l) -ge COUNT ]; do n=$((n+1)); \
                    [ $n -lt 100 ] || exit 9; sleep 0.05; done";

/// A command that fails when another of its like runs.
const ALONE: &str = "mkdir busy || exit 9; sleep 0.1; rmdir busy";

/// Steps of these names with this command, and what else each of them says.
fn steps(names: &[&str], command: &str, more: &str) -> String {
    let step = |name: &&str| format!("[step.{name}]\nrun = '''{command}'''\n{more}\n");
    names.iter().map(step).collect()
}

#[test]
fn steps_that_do_not_depend_on_each_other_run_at_the_same_time() {
    let context = TestContext::of_steps(&steps(&["a", "b", "c"], &MEET.replace("COUNT", "3"), ""));
    context.run(&["run", "--jobs", "3"]).code(0).says("3 done");
}

#[test]
fn one_job_runs_one_step_at_a_time() {
    let context = TestContext::of_steps(&steps(&["a", "b", "c"], ALONE, ""));
    context.run(&["run", "--jobs", "1"]).code(0).says("3 done");
}

#[test]
fn the_project_says_how_many_steps_run_at_once() {
    let context = TestContext::of_steps(&format!("[run]\njobs = 1\n{}", steps(&["a", "b", "c"], ALONE, "")));
    context.run(&["run"]).code(0).says("3 done");
}

#[test]
fn processors_that_steps_claim_are_not_given_twice() {
    let claims = "resources = { cpus = 3 }";
    let context =
        TestContext::of_steps(&format!("[run]\njobs = 4\ncpus = 4\n{}", steps(&["a", "b"], ALONE, claims)));
    context.run(&["run"]).code(0).says("2 done");
    let halves = steps(&["a", "b"], &MEET.replace("COUNT", "2"), "resources = { cpus = 0.5 }");
    let context = TestContext::of_steps(&format!("[run]\njobs = 2\ncpus = 1\n{halves}"));
    context.run(&["run"]).code(0).says("2 done");
}

#[test]
fn memory_that_steps_claim_is_not_given_twice() {
    let claims = "resources = { memory = '600MiB' }";
    let run = "[run]\njobs = 4\ncpus = 4\nmemory = '1GiB'\n";
    let context = TestContext::of_steps(&format!("{run}{}", steps(&["a", "b"], ALONE, claims)));
    context.run(&["run"]).code(0).says("2 done");
    let small = steps(&["a", "b"], &MEET.replace("COUNT", "2"), "resources = { memory = '500MiB' }");
    let context = TestContext::of_steps(&format!("{run}{small}"));
    context.run(&["run"]).code(0).says("2 done");
}

#[test]
fn a_step_that_claims_more_than_there_is_fails_at_once_and_says_so() {
    let cases = [
        ("gpus = 1000", "it claims 1000 gpus and"),
        ("cpus = 9000", "it claims 9000 cpus and"),
        ("memory = '900TiB'", "it claims 900.0 TiB of memory and"),
    ];
    for (claim, said) in cases {
        let big = format!("[step.big]\nrun = 'echo big >> ran'\nresources = {{ {claim} }}\n");
        let context = TestContext::of_steps(&format!("{big}[step.other]\nrun = 'echo other >> ran'"));
        let ran = context.run(&["run", "--keep-going"]);
        ran.code(5).says(said).says("lower `resources` of step.big").says("1 done, 1 failed");
        assert_eq!(context.ran(), ["other"]);
        context.run(&["run"]).code(5).says(said);
    }
}

#[test]
fn a_step_that_asks_for_no_device_sees_none() {
    let context = TestContext::of_steps("[step.a]\nrun = 'test \"${CUDA_VISIBLE_DEVICES-unset}\" = \"\"'");
    context.run(&["run"]).code(0);
}

#[test]
fn steps_of_higher_priority_begin_first() {
    let step = |name: &str, priority: i32| {
        format!("[step.{name}]\nrun = 'echo {name} >> order'\npriority = {priority}\n")
    };
    let tables: String = [step("a", 0), step("b", -5), step("c", 7), step("d", 3)].concat();
    let context = TestContext::of_steps(&tables);
    context.run(&["run", "--jobs", "1"]).code(0);
    assert_eq!(context.read("order"), "c\nd\na\nb\n");
}

#[test]
fn a_step_begins_as_soon_as_what_it_reads_is_there() {
    let slow = "[step.slow]\nrun = 'n=0; until [ -e last ]; do n=$((n+1)); [ $n -lt 100 ] || exit 9; sleep 0.05; done'\n";
    let first = "[step.first]\nrun = 'echo 1 > first'\nwrites = ['first']\n";
    let last = "[step.last]\nrun = 'cp first last'\nreads = ['step.first']\nwrites = ['last']\n";
    let context = TestContext::of_steps(&format!("{slow}{first}{last}"));
    // The slow step waits for the end of the chain beside it.
    context.run(&["run", "--jobs", "2"]).code(0).says("3 done");
}

#[test]
fn a_hundred_steps_run_once_and_not_again() {
    let each = "each = { n = [VALUES] }\nrun = 'true ${each.n}'";
    let values: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    let context =
        TestContext::of_steps(&format!("[step.many]\n{}", each.replace("VALUES", &values.join(", "))));
    context.run(&["run"]).code(0).says("100 done");
    context.run(&["run"]).code(0).says("nothing to do: 100 steps are as before");
}
