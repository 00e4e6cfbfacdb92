//! A step that is run for each of many values or files, and what collects its results.

use crate::context::TestContext;

#[test]
fn a_fan_out_over_parameters_runs_every_combination() {
    let tune = "[step.tune]\neach = { lr = [0.1, 0.01], kind = ['a', 'b'] }\n";
    let run = "run = 'echo ${each.lr}-${each.kind} >> ran; echo $LR > tune-${each.lr}-${each.kind}'\n";
    let rest = "env = { LR = '${each.lr}' }\nwrites = ['tune-${each.lr}-${each.kind}']";
    let context = TestContext::of_steps(&format!("{tune}{run}{rest}"));
    context.run(&["run"]).code(0).says("step.tune[lr=0.1,kind=a]").says("4 done");
    assert_eq!(context.ran(), ["0.01-a", "0.01-b", "0.1-a", "0.1-b"]);
    assert_eq!(context.read("tune-0.01-b"), "0.01\n");
    context.edit("[0.1, 0.01]", "[0.1, 0.01, 0.5]");
    context.run(&["run"]).code(0).says("2 done");
    assert_eq!(context.ran(), ["0.5-a", "0.5-b"], "the others are as before");
    context.run(&["why", "tune[lr=0.5,kind=b]"]).code(0).says("never ran");
}

#[test]
fn one_instance_can_be_asked_for() {
    let context =
        TestContext::of_steps("[step.tune]\neach = { lr = [1, 2] }\nrun = 'echo ${each.lr} >> ran'");
    context.run(&["run", "tune[lr=2]"]).code(0).says("1 done");
    assert_eq!(context.ran(), ["2"]);
    context.run(&["run", "tune"]).code(0).says("1 done");
    assert_eq!(context.ran(), ["1"]);
}

/// A step for each file of any kind, and one that collects.
const LOUD: &str = r#"
[step.loud]
each = { file = "in/*.txt" }
run = "echo ${each.name} >> ran; mkdir -p loud; tr a-z A-Z < ${each.file} > loud/${each.name}"
writes = ["loud/${each.name}"]

[step.all]
run = "echo all >> ran; cat $(find -L $KAIZEN_INPUT_LOUD -type f | sort) > all"
reads = ["step.loud"]
writes = ["all"]
"#;

#[test]
fn a_new_file_adds_one_instance_and_runs_that_and_what_collects_them() {
    let context = TestContext::of_steps(LOUD);
    context.write("in/a.txt", "a");
    context.write("in/b.txt", "b");
    context.run(&["run"]).code(0).says("3 done");
    assert_eq!((context.ran().len(), context.read("all").as_str()), (3, "AB"));
    context.write("in/c.txt", "c");
    context.run(&["run"]).code(0).says("2 done");
    assert_eq!(
        (context.ran(), context.read("all").as_str()),
        (vec!["all".to_owned(), "c".to_owned()], "ABC")
    );
    context.write("in/b.txt", "x");
    context.run(&["run"]).code(0);
    assert_eq!(
        (context.ran(), context.read("all").as_str()),
        (vec!["all".to_owned(), "b".to_owned()], "AXC")
    );
}

#[test]
fn a_file_that_is_gone_takes_its_instance_along() {
    let context = TestContext::of_steps(LOUD);
    context.write("in/a.txt", "a");
    context.write("in/b.txt", "b");
    context.run(&["run"]).code(0);
    context.ran();
    context.remove("in/a.txt");
    context.run(&["run"]).code(0);
    assert_eq!((context.ran(), context.read("all").as_str()), (vec!["all".to_owned()], "B"));
    context.run(&["run"]).code(0).says("nothing to do: 2 steps are as before");
}

#[test]
fn the_name_of_a_file_is_never_a_command() {
    let command = r#"echo file >> ran; mkdir -p out; cat "${each.file}" > "out/${each.name}"; cat ${each.file} || true"#;
    let step = format!("[step.a]\neach = {{ file = 'in/*.txt' }}\nrun = '''{command}'''");
    let context = TestContext::of_steps(&format!("{step}\nwrites = ['out/${{each.name}}']"));
    let names =
        ["with space", "it's", "\"", "x;touch pwned;", "$(touch pwned)", "`touch pwned`", "&touch pwned"];
    for name in names {
        context.write(&format!("in/{name}.txt"), name);
    }
    context.run(&["run", "--keep-going"]).code(0).says("7 done");
    assert_eq!(context.ran().len(), names.len());
    for name in names {
        assert_eq!(context.read(&format!("out/{name}")), name);
    }
    assert!(!context.path("pwned").exists(), "the name of a file was run");
}

#[test]
fn a_fan_out_over_no_file_is_an_error_with_its_place() {
    let context = TestContext::of_steps(LOUD);
    context.run(&["run"]).code(3).says("no file matches `in/*.txt`").says("step.loud.each");
}

#[test]
fn a_fan_out_over_a_data_set_reads_one_file_each() {
    let data = "[data.rows]\nsource = 'rows/*.csv'\n";
    let step = "[step.count]\neach = { file = 'data.rows' }\nwrites = ['count/${each.name}']\n";
    let run = "run = 'echo ${each.name} >> ran; mkdir -p count; wc -l < ${each.file} > count/${each.name}'\n";
    let context = TestContext::of_steps(&format!("{data}{step}{run}"));
    context.write("rows/one.csv", "a\n1\n");
    context.write("rows/two.csv", "a\n1\n2\n");
    context.run(&["run"]).code(0);
    assert_eq!(
        (context.ran(), context.read("count/two").trim()),
        (vec!["one".to_owned(), "two".to_owned()], "3")
    );
    context.write("rows/three.csv", "a\n");
    context.run(&["run"]).code(0);
    assert_eq!(context.ran(), ["three"], "a new file runs one instance");
    context.write("rows/one.csv", "a\n5\n6\n");
    context.run(&["run"]).code(0);
    assert_eq!((context.ran(), context.read("count/one").trim()), (vec!["one".to_owned()], "3"));
}

#[test]
fn two_fan_outs_that_one_step_reads_do_not_mix() {
    let fan_out = |name: &str| {
        let run = format!("run = 'echo {name} > {name}-${{each.n}}'\nwrites = ['{name}-${{each.n}}']");
        format!("[step.{name}]\neach = {{ n = [1, 2] }}\n{run}\n")
    };
    let run = "run = 'cat $(find -L $KAIZEN_INPUT_A -type f) > of_a; cat $(find -L $KAIZEN_INPUT_B -type f) > of_b'\n";
    let both = format!("[step.both]\n{run}reads = ['step.a', 'step.b']\nwrites = ['of_a', 'of_b']");
    let context = TestContext::of_steps(&format!("{}{}{both}", fan_out("a"), fan_out("b")));
    context.run(&["run"]).code(0).says("5 done");
    assert_eq!((context.read("of_a").as_str(), context.read("of_b").as_str()), ("a\na\n", "b\nb\n"));
}
