//! A project of 60 steps whose outputs tell whether they are whole, and whose commands keep a diary.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
    process::Command,
    sync::OnceLock,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::victims;
use crate::context::{Ran, TestContext, eventually};

/// How many steps there are.
const STEPS: usize = 60;

/// `sh work.sh NAME PAUSE OUTPUT INPUT…` writes an output, or with a `/` at its end a directory of three, that is whole
/// when its last line is there; and notes in the diary when it begins and ends.
const SCRIPT: &str = r#"name=$1 pause=$2 output=$3
shift 3
echo "start $name" >> "$HOME/diary"
write() {
    { echo "$name"; sleep "$pause"; cat "$@" < /dev/null | sha256sum; echo whole; }
}
case $output in
*/)
    mkdir -p "$output"
    for part in one two three; do write "$@" > "$output$part"; done
    ;;
*)
    mkdir -p "${output%/*}"
    write "$@" > "$output"
    ;;
esac
echo "end $name" >> "$HOME/diary"
"#;

/// A project of its own with the graph in it.
pub(super) struct Graph {
    pub(super) context: TestContext,
}

impl Graph {
    /// Never run.
    pub(super) fn new() -> Self {
        let context = TestContext::empty();
        context.write("kaizen.toml", toml());
        context.write("work.sh", SCRIPT);
        context.write("source.txt", "what all of it is made from\n");
        Self { context }
    }

    pub(super) fn command(&self) -> Command {
        run(&self.context)
    }

    /// Runs it until there is nothing to do: what was interrupted needs one run more, and no more.
    pub(super) fn complete(&self, after: &str) {
        let ran = Ran::wait(self.command());
        assert_eq!(ran.code, Some(0), "after {after}: {ran:#?}");
        Ran::wait(self.command()).code(0).says("nothing to do: 60 steps are as before");
    }

    /// Nothing that lies at the path of an output is half of one. `everywhere` is where no command runs; a step that
    /// works in a copy never shows half of its output.
    pub(super) fn shows_no_half(&self, everywhere: bool, after: &str) {
        for (path, content) in self.outputs() {
            let is_whole = content.ends_with("\nwhole\n");
            assert!(
                is_whole || !(everywhere || path.contains("copy")),
                "{path} is half-written after {after}"
            );
        }
        let parts = fs::read_dir(self.context.path("build/dir")).map_or(3, Iterator::count);
        assert!(parts == 3 || !everywhere, "build/dir has {parts} files after {after}");
    }

    /// Every output is that of an undisturbed run, nothing is left behind, and no step ran that was recorded.
    pub(super) fn check(&self, after: &str) {
        self.shows_no_half(true, after);
        assert_eq!(self.outputs(), undisturbed().files, "{after}");
        assert_eq!(hashes(&self.context), undisturbed().hashes, "{after}");
        self.ran_once(after);
        eventually("no process is left", || victims::of(self.context.root()).is_empty());
        let temporary = fs::read_dir(self.context.path(".kaizen/tmp")).unwrap().count();
        assert_eq!(temporary, 0, "{after}");
        self.context.run(&["history", "verify"]).code(0);
    }

    /// Each step is recorded as done once, and that is the last that was begun of it; its command started no more often
    /// than the journal says.
    fn ran_once(&self, after: &str) {
        let entries = entries(&self.context);
        let diary = self.context.read("diary");
        let actions: BTreeSet<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
        assert_eq!(actions.len(), STEPS, "{after}");
        for action in actions {
            let its: Vec<_> = entries.iter().filter(|entry| entry["action"] == action).collect();
            let done = its.iter().filter(|entry| entry["status"] == "done").count();
            let last = its.last().unwrap();
            assert_eq!((done, &last["status"]), (1, &"done".into()), "{action} after {after}: {its:#?}");
            assert!(last["detail"]["detail"]["cached"].is_null(), "{action} after {after}: {last:#}");
            let start = format!("start {}", action.strip_prefix("run step.").unwrap());
            let started = diary.lines().filter(|line| *line == start).count();
            assert!((1..=its.len()).contains(&started), "{action} after {after}: {started} of {its:#?}");
        }
    }

    /// How often each command noted that it began.
    pub(super) fn starts(&self) -> BTreeMap<String, usize> {
        starts(&self.context)
    }

    fn outputs(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        collect(&self.context.path("build"), &mut files);
        let root = self.context.root().to_str().unwrap();
        files
            .into_iter()
            .map(|(path, content)| (path.strip_prefix(root).unwrap().to_owned(), content))
            .collect()
    }
}

/// How often each command noted in the diary that it began.
pub(super) fn starts(context: &TestContext) -> BTreeMap<String, usize> {
    let mut starts = BTreeMap::new();
    let diary = fs::read_to_string(context.path("diary")).unwrap_or_default();
    for name in diary.lines().filter_map(|line| line.strip_prefix("start ")) {
        *starts.entry(name.to_owned()).or_default() += 1;
    }
    starts
}

/// `kaizen run` with a home for the diary.
pub(super) fn run(context: &TestContext) -> Command {
    let mut command = context.command(&["run"]);
    command.env("HOME", context.root());
    command
}

/// All entries of the journal, oldest first.
pub(super) fn entries(context: &TestContext) -> Vec<Value> {
    let runs = context.json(&["runs", "--limit", "1000"]);
    let mut entries = Vec::new();
    for run in runs.as_array().unwrap() {
        let one = context.json(&["runs", &run["id"].to_string()]);
        entries.extend(one["entries"].as_array().unwrap().clone());
    }
    entries.sort_by_key(|entry| entry["id"].as_u64());
    entries
}

/// What the store says of each step.
fn hashes(context: &TestContext) -> BTreeMap<String, String> {
    let status = context.json(&["status"]);
    let inputs = status["inputs"].as_object().unwrap();
    assert!(status["pending"].as_array().unwrap().is_empty(), "{status:#}");
    inputs.iter().map(|(step, input)| (step.clone(), input["output"].as_str().unwrap().to_owned())).collect()
}

fn collect(directory: &Path, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if let Ok(content) = fs::read_to_string(&path) {
            // What is taken away while it is looked at is not half-written.
            files.insert(path.to_str().unwrap().to_owned(), content);
        }
    }
}

/// What comes of the graph when nothing is killed.
pub(super) struct Undisturbed {
    /// How long it takes on this machine, just now.
    pub(super) took: Duration,
    files: BTreeMap<String, String>,
    hashes: BTreeMap<String, String>,
}

pub(super) fn undisturbed() -> &'static Undisturbed {
    static UNDISTURBED: OnceLock<Undisturbed> = OnceLock::new();
    UNDISTURBED.get_or_init(|| {
        let graph = Graph::new();
        let start = Instant::now();
        graph.complete("nothing");
        let took = start.elapsed();
        assert!(graph.starts().values().all(|starts| *starts == 1));
        assert_eq!(graph.starts().len(), STEPS);
        Undisturbed { took, files: graph.outputs(), hashes: hashes(&graph.context) }
    })
}

/// Chains, a fan-out that is joined, a directory, a retry, copies, a file of the project.
fn toml() -> String {
    let mut toml = "[project]\nname = \"durable\"\n\n[run]\ncpus = 6\n".to_owned();
    let mut step = |name: &str, reads: &[String], more: &str| {
        let inputs: Vec<_> = reads.iter().map(|read| variable(read)).collect();
        let reads: Vec<_> = reads.iter().map(|read| source(read)).collect();
        let (command, output) = (inputs.join(" "), output(name));
        let line = format!("sh work.sh {name} 0.0{} {output} {command}", 1 + name.len() % 4);
        let writes = output.trim_end_matches('/');
        let reads = reads.join(", ");
        write!(
            toml,
            "\n[step.{name}]\nrun = '''{line}'''\nreads = [\"work.sh\", {reads}]\nwrites = [\"{writes}\"]\n{more}\n"
        )
        .unwrap();
    };
    let one = |name: &str| vec![name.to_owned()];
    step("first", &one("source.txt"), "");
    chain(&mut step, "chain", 12, "first");
    step("join", &one("fan"), "");
    step("dir", &one("join"), "");
    step("after-dir", &one("dir"), "");
    step("flaky", &one("join"), "");
    for number in 1..=6 {
        step(&format!("copy{number}"), &one("join"), "in = \"copy\"");
        step(&format!("pair{number}"), &one(&format!("copy{number}")), "");
    }
    let joined = ["after-dir", "flaky", "pair1", "pair2", "pair3", "pair4", "pair5", "pair6"];
    step("tail0", &joined.map(str::to_owned), "");
    chain(&mut step, "tail", 9, "tail0");
    step("last", &["tail9".to_owned(), "chain12".to_owned()], "in = \"copy\"");
    toml.push_str(FAN);
    toml.replacen("run = '''sh work.sh flaky", FLAKY, 1)
}

/// Each fails the first time that it is run at all, with half of an output.
const FLAKY: &str = r#"retry = { attempts = 3, backoff = "50ms", on = [75] }
run = '''if mkdir flaked 2> /dev/null; then mkdir -p build; echo half > build/flaky; exit 75; fi; sh work.sh flaky"#;

const FAN: &str = r#"
[step.fan]
each = { n = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20] }
run = 'sh work.sh "fan[n=${each.n}]" 0.02 build/fan-${each.n} "$KAIZEN_INPUT_FIRST"'
reads = ["work.sh", "step.first"]
writes = ["build/fan-${each.n}"]
"#;

fn chain(step: &mut impl FnMut(&str, &[String], &str), name: &str, length: usize, from: &str) {
    let mut before = from.to_owned();
    for number in 1..=length {
        let each = format!("{name}{number}");
        step(&each, std::slice::from_ref(&before), if number % 4 == 0 { "in = \"copy\"" } else { "" });
        before = each;
    }
}

fn output(name: &str) -> String {
    let kind = if name == "last" || is_copied(name) { "copy/" } else { "" };
    if name == "dir" { "build/dir/".to_owned() } else { format!("build/{kind}{name}") }
}

/// Whether it is one of the chain's that work in a copy.
fn is_copied(name: &str) -> bool {
    let number = name.trim_start_matches(char::is_alphabetic).parse::<usize>();
    let is_link = name.starts_with("chain") || name.starts_with("tail");
    is_link && number.is_ok_and(|number| number > 0 && number % 4 == 0)
}

fn source(read: &str) -> String {
    if read.contains('.') { format!("\"{read}\"") } else { format!("\"step.{read}\"") }
}

/// The file of an input, as a shell finds it.
fn variable(read: &str) -> String {
    let name = read.to_uppercase().replace('-', "_");
    match read {
        "source.txt" => read.to_owned(),
        "fan" => format!("\"$KAIZEN_INPUT_{name}\"/fan*/build/*"),
        "dir" => format!("\"$KAIZEN_INPUT_{name}\"/build/dir/*"),
        _ => format!("\"$KAIZEN_INPUT_{name}\""),
    }
}
