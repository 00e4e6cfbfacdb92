//! Commands that are run for their effect, and results that two steps could share.

use crate::context::TestContext;

#[test]
fn a_step_without_outputs_has_its_effect_each_time_its_inputs_change_also_back() {
    let context = TestContext::empty();
    context.write(
        "kaizen.toml",
        "[project]\nname = \"e\"\n[step.deploy]\nrun = \"cat cfg >> effects\"\nreads = [\"cfg\"]\n",
    );
    for version in ["v1", "v2", "v1"] {
        context.write("cfg", format!("{version}\n"));
        context.run(&["run"]).code(0);
    }
    context.run(&["run"]).code(0).says("nothing to do");
    assert_eq!(context.read("effects"), "v1\nv2\nv1\n");
}

#[test]
fn two_steps_with_the_same_command_both_run() {
    let context = TestContext::empty();
    let step = |name: &str| format!("[step.{name}]\nrun = \"echo $KAIZEN_STEP >> ran\"\n");
    context.write("kaizen.toml", format!("[project]\nname = \"t\"\n{}{}", step("one"), step("two")));
    context.run(&["run", "--jobs", "1"]).code(0);
    assert_eq!(context.read("ran"), "one\ntwo\n");
}
