//! What the tests share: a folder with executors on it, and a look at the processes of this machine.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use executor::{Attempt, Caps, Executor, Local, MARK, Running, Settings};
use tempfile::TempDir;

/// Long enough for a busy machine; nothing waits that long when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Something executors are made on, as an engine makes one when it starts.
pub(crate) trait Place: Sync {
    fn executor(&self) -> Box<dyn Executor>;

    /// An attempt at this line for `sh`, in the work folder.
    fn attempt(&self, id: &str, line: &str) -> Attempt;

    /// The folder that commands run in.
    fn work(&self) -> &Path;

    /// Where supervisors have their folders.
    fn supervisors(&self) -> PathBuf;

    fn marker(&self) -> &str;

    /// Whether commands see nothing but the variables that they were given.
    fn environment_is_exact(&self) -> bool;

    /// The numbers of the supervisors that live.
    fn living(&self) -> Vec<i32> {
        let folder = self.supervisors();
        let is_in =
            |pid: &i32| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&folder));
        processes().into_iter().filter(is_in).collect()
    }

    /// What runs in the work folder, marked or not.
    fn working(&self) -> Vec<i32> {
        let is_there = |pid: &i32| {
            fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder.starts_with(self.work()))
        };
        processes().into_iter().filter(is_there).collect()
    }

    /// Loses the machine: the supervisors are killed.
    fn lose(&self) {
        for pid in self.living() {
            kill(pid);
        }
        wait_until("the supervisors are gone", || self.living().is_empty());
    }

    /// The processes of this attempt that run; of all attempts when it is empty.
    fn left(&self, id: &str) -> Vec<i32> {
        let mark = format!("{MARK}={}/{id}", self.marker());
        let is_its = |pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|&byte| byte == 0).any(|variable| match id {
                "" => variable.starts_with(mark.as_bytes()),
                _ => variable == mark.as_bytes(),
            })
        };
        processes().into_iter().filter(is_its).collect()
    }
}

/// Local processes in a folder of their own.
pub(crate) struct LocalPlace {
    folder: TempDir,
    work: PathBuf,
    marker: String,
    pub(crate) settings: Settings,
}

impl LocalPlace {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        fs::create_dir(&work).unwrap();
        let marker = folder.path().file_name().unwrap().to_str().unwrap().to_owned();
        let supervisors = folder.path().join("supervisors");
        let program = PathBuf::from(env!("CARGO_BIN_EXE_supervise"));
        let mut settings = Settings::new(program, Vec::new(), supervisors, &marker);
        settings.logs = Caps { first: 64 << 10, last: 64 << 10 };
        Self { folder, work, marker, settings }
    }

    pub(crate) fn local(&self) -> Local {
        Local::new(self.settings.clone())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Place for LocalPlace {
    fn executor(&self) -> Box<dyn Executor> {
        Box::new(self.local())
    }

    fn attempt(&self, id: &str, line: &str) -> Attempt {
        let command = ["sh", "-c", line].map(str::to_owned).to_vec();
        let log = self.folder().join("logs").join(id);
        let mut attempt = Attempt::new(id, command, &self.work, &log);
        attempt.environment.insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
        attempt
    }

    fn work(&self) -> &Path {
        &self.work
    }

    fn supervisors(&self) -> PathBuf {
        self.settings.folder.clone()
    }

    fn marker(&self) -> &str {
        &self.marker
    }

    fn environment_is_exact(&self) -> bool {
        true
    }
}

impl Drop for LocalPlace {
    /// A test that failed half way leaves nothing on the machine.
    fn drop(&mut self) {
        self.living().into_iter().chain(self.left("")).chain(self.working()).for_each(kill);
    }
}

pub(crate) fn processes() -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

pub(crate) fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
}

pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}: waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until the log has this text.
pub(crate) async fn wait_for_log(executor: &dyn Executor, attempt: &Attempt, text: &str) {
    let start = Instant::now();
    loop {
        let chunk = executor.log(&attempt.log, 0).await.unwrap();
        let log = String::from_utf8_lossy(&chunk.bytes).into_owned();
        if log.contains(text) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "no {text:?} in the log, only {log:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The end of a run, which must come in time.
pub(crate) async fn ended(running: &mut Box<dyn Running>) -> executor::Ended {
    try_ended(running).await.unwrap()
}

pub(crate) async fn try_ended(running: &mut Box<dyn Running>) -> Result<executor::Ended, executor::Error> {
    tokio::time::timeout(PATIENCE, running.ended()).await.expect("it must end in time")
}
