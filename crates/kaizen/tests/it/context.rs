//! A project in a directory of its own, and the binary to run on it.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::project;

/// A run that takes longer than this hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A directory with a project, gone when the test ends.
pub(crate) struct TestContext {
    directory: TempDir,
}

impl TestContext {
    /// Nothing in it.
    pub(crate) fn empty() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// The usual project and its data, never run.
    pub(crate) fn new() -> Self {
        Self::with(project::TOML)
    }

    /// The usual data with this project file, never run.
    pub(crate) fn with(toml: &str) -> Self {
        let context = Self::empty();
        context.write("kaizen.toml", toml);
        context.write("trips.csv", project::trips(0..project::ROWS));
        context
    }

    /// A project that is nothing but these tables, never run.
    pub(crate) fn of_steps(tables: &str) -> Self {
        let context = Self::empty();
        context.write("kaizen.toml", format!("[project]\nname = \"steps\"\n{tables}"));
        context
    }

    /// What commands have said in the file `ran` since it was last asked for, in order.
    pub(crate) fn ran(&self) -> Vec<String> {
        let said = fs::read_to_string(self.path("ran")).unwrap_or_default();
        self.write("ran", "");
        let mut lines: Vec<_> = said.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// Takes a file away, which must be there.
    pub(crate) fn remove(&self, relative: &str) {
        fs::remove_file(self.path(relative)).unwrap();
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// Makes a link to something outside.
    pub(crate) fn link(&self, relative: &str, to: impl AsRef<Path>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, path).unwrap();
    }

    /// The contents of the files of this name in the folders of all runs.
    pub(crate) fn kept(&self, relative: &str) -> Vec<String> {
        let runs = fs::read_dir(self.path(".kaizen/runs")).unwrap();
        let files = runs.map(|run| run.unwrap().path().join(relative)).filter(|file| file.is_file());
        files.map(|file| fs::read_to_string(file).unwrap()).collect()
    }

    /// The usual project after its first pass: version 1 is champion and assigned to the service.
    ///
    /// The pass is made once and its directory copied, which a project must stand anyway.
    pub(crate) fn trained() -> Self {
        static TRAINED: OnceLock<TestContext> = OnceLock::new();
        let trained = TRAINED.get_or_init(|| {
            let context = Self::new();
            context.up_once().code(0);
            context
        });
        trained.copied()
    }

    /// A project of its own that begins as this one.
    pub(crate) fn copied(&self) -> Self {
        let context = Self::empty();
        copy(self.root(), context.root());
        context
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root().join(relative)
    }

    pub(crate) fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// Replaces a part of the project file, which must be there.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = self.read("kaizen.toml");
        assert!(text.contains(from), "{from} is not in the project file");
        self.write("kaizen.toml", text.replacen(from, to, 1));
    }

    /// The binary in the project's directory, with nothing of our environment that could sway it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaizen"));
        self.prepare(&mut command);
        command.args(arguments);
        command
    }

    /// The binary by way of a shell that first runs `before`, such as `ulimit -f 100`.
    pub(crate) fn command_after(&self, before: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        self.prepare(&mut command);
        command.args(["-c", &format!("{before}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_kaizen")]);
        command.args(arguments);
        command
    }

    /// Runs the binary to its end on a terminal of so many rows and columns; standard output is what the terminal was sent.
    pub(crate) fn on_terminal(&self, (rows, columns): (usize, usize), arguments: &[&str]) -> Ran {
        let mut command = Command::new("script");
        self.prepare(&mut command);
        let binary = env!("CARGO_BIN_EXE_kaizen");
        let line = format!("stty rows {rows} cols {columns}; exec {binary} {}", arguments.join(" "));
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        Ran::wait(command)
    }

    fn prepare(&self, command: &mut Command) {
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("USER", "tester");
        command.current_dir(self.root());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::wait(self.command(arguments))
    }

    /// What a command that succeeds says as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat());
        ran.code(0);
        ran.json()
    }

    /// One pass.
    pub(crate) fn up_once(&self) -> Ran {
        self.run(&["up", "--once"])
    }

    /// Checks that no process writes to this file any more.
    #[track_caller]
    pub(crate) fn stopped(&self, relative: &str) {
        let size = || fs::metadata(self.path(relative)).unwrap().len();
        let before = size();
        thread::sleep(Duration::from_secs(1));
        assert_eq!(size(), before, "a process still writes to {relative}");
    }

    /// The version that the service answers with, by the record.
    pub(crate) fn served(&self) -> Option<u64> {
        self.json(&["status"])["services"]["late"]["version"].as_u64()
    }

    /// The journal's entries on a thing, newest first.
    pub(crate) fn entries(&self, thing: &str) -> Vec<Value> {
        self.json(&["why", thing])["entries"].as_array().unwrap().clone()
    }

    /// How many entries of the journal have this action and this status.
    pub(crate) fn count(&self, action: &str, status: &str) -> usize {
        let thing = action.split(' ').nth(1).unwrap();
        let entries = self.entries(thing);
        entries.iter().filter(|entry| entry["action"] == action && entry["status"] == status).count()
    }
}

/// Copies what is in one directory into another.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            // A file with another time is one that someone touched.
            let modified = entry.metadata().unwrap().modified().unwrap();
            fs::File::options().append(true).open(target).unwrap().set_modified(modified).unwrap();
        }
    }
}

/// A run of the binary that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Nothing when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Starts a command and waits for its end.
    pub(crate) fn wait(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
        let code = wait(&mut child);
        Self { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    }

    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Checks that one of the two streams has this text.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "`{text}` is not in {self:#?}");
        self
    }

    /// Checks that neither stream has this text.
    #[track_caller]
    pub(crate) fn never_says(&self, text: &str) -> &Self {
        assert!(!self.stdout.contains(text) && !self.stderr.contains(text), "`{text}` is in {self:#?}");
        self
    }

    /// All of standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }

    /// Each line of standard output as a JSON value.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        self.stdout.lines().map(parse).collect()
    }
}

/// Reads a stream to its end, so that its writer never waits.
pub(crate) fn drain(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.unwrap().read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits for a process, and kills it when it hangs.
#[track_caller]
pub(crate) fn wait(child: &mut Child) -> Option<i32> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("the process did not end within {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "it never came that {what}");
        thread::sleep(Duration::from_millis(50));
    }
}
