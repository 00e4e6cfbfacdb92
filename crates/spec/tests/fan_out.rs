//! Fan-outs: what becomes of a step with `each`, and of those that read it.

use base::{Diagnostic, Name};
use spec::{EnvValue, Input, Pattern, Project, Step, StepAction};

fn no_env(_: &str) -> Option<String> {
    None
}

fn no_files(_: &Pattern) -> Vec<String> {
    Vec::new()
}

fn declared(steps: &str) -> Project {
    let text = format!("[project]\nname = 'p'\n[data.images]\nsource = 'images/*.jpg'\n{steps}");
    spec::parse("kaizen.toml", &text, &no_env).expect("the file is right")
}

fn expanded(steps: &str) -> Project {
    spec::expand(&declared(steps), &no_files).expect("the instances are right")
}

fn refused(steps: &str, files: &dyn Fn(&Pattern) -> Vec<String>) -> Vec<Diagnostic> {
    spec::expand(&declared(steps), files).expect_err("the instances are wrong")
}

fn names(project: &Project) -> Vec<&str> {
    project.steps.keys().map(Name::as_str).collect()
}

fn command(step: &Step) -> &str {
    match &step.action {
        StepAction::Run { command } => command,
        StepAction::Sql { query } => query,
    }
}

const TUNE: &str = "[step.tune]\nrun = 'tune ${each.lr} ${each.depth} $${each.lr} ${HOME}'\n\
                    writes = ['build/${each.lr}/${each.depth}']\nmetrics = 'build/${each.lr}/${each.depth}/m.json'\n\
                    reads = ['conf/${each.depth}.toml']\nimage = 'tune:${each.depth}'\nenv.LR = '${each.lr}'\n\
                    each = { lr = [0.1, 'a,b=c'], depth = [3, 5] }\n";

#[test]
fn a_step_becomes_an_instance_for_each_combination_of_values() {
    let project = expanded(TUNE);
    assert_eq!(project.steps.len(), 4);
    let step = &project.steps["tune[lr=0.1,depth=5]"];
    assert_eq!(command(step), "tune 0.1 5 ${each.lr} ${HOME}");
    assert_eq!(step.writes, ["build/0.1/5"]);
    assert_eq!(step.metrics.as_deref(), Some("build/0.1/5/m.json"));
    assert_eq!(step.reads, [Input::File("conf/5.toml".to_owned())]);
    assert_eq!(step.image.as_deref(), Some("tune:5"));
    assert_eq!(step.env["LR"], EnvValue::Value("0.1".to_owned()));
    assert_eq!(step.each, None);
    assert!(project.steps.keys().all(|name| name.group() == Some("tune")));
    let odd = project.steps.values().find(|step| step.writes == ["build/a,b=c/3"]).unwrap();
    assert_eq!(command(odd), "tune a,b=c 3 ${each.lr} ${HOME}");
}

#[test]
fn values_that_read_alike_in_a_key_make_instances_of_their_own() {
    let project = expanded(
        "[step.s]\nrun = 'x'\nwrites = ['b/${each.a}/${each.b}']\n\
         each = { a = ['1', '1,b=2'], b = ['3', '2,b=3'] }\n",
    );
    assert_eq!(project.steps.len(), 4);
}

#[test]
fn a_reader_reads_all_instances_in_the_order_of_the_file_and_keeps_what_it_declared() {
    let project = expanded(&format!("{TUNE}[step.collect]\nrun = 'x'\nreads = ['step.tune', 'x.py']\n"));
    let collect = &project.steps["collect"];
    let step = |name: &str| Input::Step(name.parse().unwrap());
    assert_eq!(collect.reads, [step("tune"), Input::File("x.py".to_owned())]);
    assert_eq!(collect.inputs().len(), 5);
    assert_eq!(collect.inputs()[..2], [step("tune[lr=0.1,depth=3]"), step("tune[lr=0.1,depth=5]")]);
    for input in collect.inputs() {
        let Input::Step(read) = input else { continue };
        assert!(project.steps.contains_key(read), "{read}");
    }
    // A step that reads no fan-out reads what it declares.
    let instance = &project.steps["tune[lr=0.1,depth=3]"];
    assert_eq!(instance.inputs(), instance.reads);
}

#[test]
fn a_project_without_fan_outs_stays_as_it_is() {
    let project = declared("[step.s]\nrun = 'echo $${each.x}'\nreads = ['images']\n");
    assert_eq!(command(&project.steps["s"]), "echo ${each.x}");
    assert_eq!(spec::expand(&project, &|_| panic!("nothing is asked for")), Ok(project));
}

#[test]
fn an_instance_over_a_file_reads_that_file_alone() {
    let steps = "[step.thumb]\nrun = 'x ${each.file}'\nwrites = ['out/${each.name}.png']\n\
                 reads = ['data.images', 'x.py']\neach.file = 'data.images'\n\
                 [step.all]\nrun = 'x'\nreads = ['step.thumb']\n";
    let files = |pattern: &Pattern| {
        assert_eq!(*pattern, Pattern::Data("images".parse().unwrap()));
        ["images/b.jpg", "images/a.jpg", "images/sub/a b.jpg"].map(str::to_owned).to_vec()
    };
    let project = spec::expand(&declared(steps), &files).unwrap();
    assert_eq!(names(&project)[..3], ["all", "thumb[a.jpg]", "thumb[b.jpg]"]);
    let step = &project.steps["thumb[b.jpg]"];
    assert_eq!(command(step), "x images/b.jpg");
    assert_eq!(step.writes, ["out/b.png"]);
    assert_eq!(step.reads, ["x.py", "images/b.jpg"].map(|file| Input::File(file.to_owned())));
    assert_eq!(project.steps["all"].inputs().len(), 3);
}

#[test]
fn a_file_that_comes_leaves_the_other_instances_as_they_were() {
    let steps = "[step.s]\nrun = 'x'\nwrites = ['out/${each.file}']\neach.file = 'in/*'\n";
    let with = |files: &'static [&'static str]| {
        spec::expand(&declared(steps), &|_| files.iter().map(|file| (*file).to_owned()).collect())
            .unwrap()
            .steps
    };
    let (before, after) = (with(&["in/a.csv"]), with(&["in/a.csv", "in/x/a.csv"]));
    assert_eq!(after.len(), 2);
    assert!(before.iter().all(|(name, step)| after.get(name) == Some(step)));
}

#[test]
fn files_that_are_none_or_outside_the_project_are_refused() {
    let steps = "[step.s]\nrun = 'x'\nwrites = ['out/${each.name}']\neach.file = 'data.images'\n";
    let none = refused(steps, &no_files);
    assert_eq!(none[0].message, "no file matches `images/*.jpg`, so the step has no instance");
    for file in ["/mnt/a.jpg", "../a.jpg", ".kaizen/a.jpg", "a\nb.jpg"] {
        let outside = refused(steps, &|_| vec![file.to_owned()]);
        assert_eq!(outside.len(), 1, "{outside:?}");
        assert_eq!(outside[0].field.as_deref(), Some("step.s.each"));
        assert!(outside[0].message.starts_with("the file `"), "{}", outside[0].message);
    }
}

#[test]
fn instances_that_meet_in_one_path_are_refused() {
    let steps = "[step.s]\nrun = 'x'\nwrites = ['out/${each.a}']\neach.a = ['x', './x']\n";
    let found = refused(steps, &no_files);
    assert!(found[0].message.starts_with("`out/x` is also written by the step `s["), "{found:?}");
    let same_name = "[step.s]\nrun = 'x'\nwrites = ['out/${each.name}']\neach.file = 'in/*'\n";
    let files = |_: &Pattern| vec!["in/a.csv".to_owned(), "in/a.json".to_owned()];
    let found = refused(same_name, &files);
    assert!(found[0].message.contains("`out/a` is also written by"), "{found:?}");
    let other = "[step.s]\nrun = 'x'\nwrites = ['out/${each.a}']\neach.a = [1, 2]\n\
                 [step.t]\nrun = 'x'\nwrites = ['out/2/y']\n[step.u]\nrun = 'x'\nreads = ['out/1/z']\n";
    let found = refused(other, &no_files);
    let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert!(messages.iter().any(|message| message.contains("`out/2/y` overlaps `out/2`")), "{messages:?}");
    assert!(
        messages.iter().any(|message| message.contains("`out/1/z` is written by the step `s[")),
        "{messages:?}"
    );
    let reader = found.iter().find(|finding| finding.message.contains("out/1/z")).unwrap();
    assert_eq!(reader.hint.as_deref(), Some("write \"step.s\", so that the file is there before it is read"));
}

#[test]
fn values_that_cannot_stand_in_a_path_or_an_image_are_refused() {
    for (field, value) in [
        ("writes = ['${each.a}/y']", "../x"),
        ("reads = ['${each.a}']", "/etc/passwd"),
        ("image = '${each.a}'", "--privileged"),
    ] {
        let steps = format!("[step.s]\nrun = 'x'\n{field}\neach.a = ['{value}', 'fine']\n");
        let found = refused(&steps, &no_files);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].field, Some(format!("step.s.{}", field.split(' ').next().unwrap())));
        assert!(found[0].message.contains(value), "{found:?}");
    }
}

#[test]
fn too_many_instances_are_refused_before_they_are_made() {
    let ten: Vec<String> = (0..10).map(|value| value.to_string()).collect();
    let values =
        ["a", "b", "c", "d", "e", "f"].map(|name| format!("{name} = [{}]", ten.join(", "))).join(", ");
    let text = format!("[project]\nname = 'p'\n[step.s]\nrun = 'x'\neach = {{ {values} }}\n");
    let found = spec::parse("kaizen.toml", &text, &no_env).unwrap_err();
    assert_eq!(found[0].message, "1000000 instances are too many");
    let steps = "[step.s]\nrun = 'x'\neach.file = '*'\n[step.t]\nrun = 'x'\neach.file = '*'\n";
    let files = |_: &Pattern| (0..60_000).map(|file| format!("f{file}")).collect();
    let found = refused(steps, &files);
    assert_eq!(found[0].message, "60000 instances are too many");
    assert_eq!(found[0].field.as_deref(), Some("step.t.each"));
}

#[test]
fn a_finding_about_an_instance_is_placed_at_its_fan_out() {
    let text = "[project]\nname = 'p'\n[step.s]\nrun = 'x'\nwrites = ['${each.a}']\neach.a = ['x', './x']\n";
    let project = spec::parse("kaizen.toml", text, &no_env).unwrap();
    let found = spec::place("kaizen.toml", text, spec::expand(&project, &no_files).unwrap_err());
    assert_eq!((found[0].line, found[0].column), (Some(5), Some(10)), "{found:?}");
    assert!(spec::render(&found, text).contains("writes = ['${each.a}']"));
    // A text that changed meanwhile has the place no more, but the finding stays.
    let found = spec::place("kaizen.toml", "[", found);
    assert_eq!((found.len(), found[0].line), (1, None));
}

#[test]
fn the_step_of_a_condition_is_read() {
    let project = declared(
        "[step.judge]\nrun = 'x'\nwrites = ['m.json']\nmetrics = 'm.json'\n\
         [step.deploy]\nrun = 'x'\nwhen = { step = 'judge', metric = 'a', min = 0 }\n\
         [step.tell]\nrun = 'x'\nreads = ['judge']\nwhen = { step = 'step.judge', metric = 'a', max = 0 }\n",
    );
    let judge = [Input::Step("judge".parse().unwrap())];
    assert_eq!(project.steps["deploy"].reads, judge);
    assert_eq!(project.steps["tell"].reads, judge);
}

#[test]
fn a_command_alone_makes_a_step_and_steps_alone_a_project() {
    let step = Step::command("make all");
    let read = declared("[step.s]\nrun = 'make all'\n").steps.remove("s").unwrap();
    assert_eq!(step, read);
    let name: Name = "exec".parse().unwrap();
    let project = Project::of_steps(name.clone(), [(name, step)].into());
    assert_eq!(spec::expand(&project, &no_files), Ok(project));
}
