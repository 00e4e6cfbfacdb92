//! A `kaizen` that stays up beside its test.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command},
    sync::mpsc::{self, Receiver},
    thread::{self, JoinHandle},
};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::Value;

use crate::{
    context::{PATIENCE, Ran, TestContext, drain, wait},
    endpoint::{Answer, post},
};

/// A running process whose standard output is JSON, one event a line. It is killed when the test ends.
pub(crate) struct Running {
    child: Child,
    events: Receiver<Value>,
    stderr: Option<JoinHandle<String>>,
    /// Everything it has said so far.
    pub(crate) seen: Vec<Value>,
}

impl Running {
    /// `kaizen up` on any free port.
    pub(crate) fn up(context: &TestContext) -> Self {
        Self::start(context.command(&["up", "--json", "--listen", "127.0.0.1:0"]))
    }

    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stderr = drain(child.stderr.take());
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines() {
                let line = line.unwrap();
                let event = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"));
                let _ = sender.send(event);
            }
        });
        Self { child, events, stderr: Some(stderr), seen: Vec::new() }
    }

    /// Waits for an event that fits, from what has not been waited for yet.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let Ok(event) = self.events.recv_timeout(PATIENCE) else {
                panic!("it never said {what}, but {:#?}", self.seen);
            };
            self.seen.push(event.clone());
            if fits(&event) {
                return event;
            }
        }
    }

    /// Waits for an event of this kind.
    #[track_caller]
    pub(crate) fn event(&mut self, kind: &str) -> Value {
        self.until(kind, |event| event["event"] == kind)
    }

    /// Waits until an action has ended, and gives what came of it.
    #[track_caller]
    pub(crate) fn finished(&mut self, verb: &str) -> Value {
        let event = self.until(&format!("that {verb} has finished"), |event| {
            event["event"] == "finished" && event["action"]["verb"] == verb
        });
        event["conclusion"].clone()
    }

    /// Whether it has said so far that an action of this verb began.
    pub(crate) fn began(&self, verb: &str) -> bool {
        self.seen.iter().any(|event| event["event"] == "started" && event["action"]["id"]["verb"] == verb)
    }

    /// Waits until the service is said to answer, and gives its place with a request to try.
    #[track_caller]
    pub(crate) fn serving(&mut self) -> (String, String) {
        let event = self.event("serving");
        (event["url"].as_str().unwrap().to_owned(), event["request"].as_str().unwrap().to_owned())
    }

    /// Takes what it has said by now, without waiting.
    pub(crate) fn look(&mut self) {
        self.seen.extend(self.events.try_iter());
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Lets it write files of any size again, after it was started under a limit.
    pub(crate) fn unlimit_files(&self) {
        let unlimited = Rlimit { current: None, maximum: None };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, unlimited).unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub(crate) fn ended(mut self) -> Ran {
        let code = wait(&mut self.child);
        let stderr = self.stderr.take().unwrap().join().unwrap();
        self.seen.extend(self.events.iter());
        let lines: Vec<_> = self.seen.iter().map(ToString::to_string).collect();
        Ran { code, stdout: lines.join("\n"), stderr }
    }

    /// Ends it as Ctrl-C does.
    #[track_caller]
    pub(crate) fn interrupt(self) -> Ran {
        self.signal(Signal::INT);
        self.ended()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request until a version answers it: the history has a rollout a moment before requests see it.
#[track_caller]
pub(crate) fn answered_by(version: &str, url: &str, request: &str) -> Answer {
    let mut last = None;
    crate::context::eventually(&format!("version {version} answers"), || {
        let answer = post(&format!("{url}/infer"), request);
        let right = answer.status == 200 && answer.body["model_version"] == version;
        last = Some(answer);
        right
    });
    last.unwrap()
}
