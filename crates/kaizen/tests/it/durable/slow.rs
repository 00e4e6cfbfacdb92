//! A project with a step that runs until it is let go, and one that reads what it wrote.

use std::process::{Child, Stdio};

use serde_json::Value;

use super::{graph, victims};
use crate::context::{Ran, TestContext, eventually};

const TOML: &str = r#"
[project]
name = "slow"

[step.first]
run = 'cat source.txt > first.txt'
reads = ["source.txt"]
writes = ["first.txt"]

[step.slow]
run = '''
echo "start slow" >> "$HOME/diary"
echo half > slow.txt
while [ ! -e "$HOME/go" ]; do sleep 0.02; done
cat "$KAIZEN_INPUT_FIRST" >> slow.txt
echo "end slow" >> "$HOME/diary"
'''
reads = ["step.first"]
writes = ["slow.txt"]

[step.after]
run = 'echo "start after" >> "$HOME/diary"; cat "$KAIZEN_INPUT_SLOW" > after.txt'
reads = ["step.slow"]
writes = ["after.txt"]
"#;

pub(super) struct Slow {
    pub(super) context: TestContext,
}

impl Slow {
    pub(super) fn new() -> Self {
        let context = TestContext::empty();
        context.write("kaizen.toml", TOML);
        context.write("source.txt", "whole\n");
        Self { context }
    }

    /// The usual project, whose Kaizen was killed while the step ran.
    pub(super) fn orphaned() -> Self {
        let slow = Self::new();
        slow.orphan();
        slow
    }

    /// Runs it until its step has begun, and kills Kaizen.
    pub(super) fn orphan(&self) {
        let mut kaizen = self.begin();
        kaizen.kill().unwrap();
        kaizen.wait().unwrap();
    }

    /// A Kaizen that has begun to run the step.
    pub(super) fn begin(&self) -> Child {
        let began = self.starts("slow");
        let kaizen = self.start();
        eventually("the step runs", || self.starts("slow") > began);
        kaizen
    }

    pub(super) fn start(&self) -> Child {
        graph::run(&self.context).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    pub(super) fn run(&self) -> Ran {
        Ran::wait(graph::run(&self.context))
    }

    /// Lets the step come to its end.
    pub(super) fn let_go(&self) {
        self.context.write("go", "");
    }

    /// How often the step began.
    pub(super) fn starts(&self, step: &str) -> usize {
        graph::starts(&self.context).get(step).copied().unwrap_or_default()
    }

    pub(super) fn has_processes(&self) -> bool {
        !victims::of(self.context.root()).is_empty()
    }

    /// What the journal has of the slow step, oldest first.
    pub(super) fn entries(&self) -> Vec<Value> {
        let mut entries = graph::entries(&self.context);
        entries.retain(|entry| entry["action"] == "run step.slow");
        entries
    }

    /// The slow step ran this often, its outcome was used, and no process is left.
    #[track_caller]
    pub(super) fn is_whole(&self, starts: usize) {
        assert_eq!(self.context.read("slow.txt"), "half\nwhole\n");
        assert_eq!(self.context.read("after.txt"), "half\nwhole\n");
        assert_eq!((self.starts("slow"), self.starts("after")), (starts, 1));
        eventually("no process is left", || !self.has_processes());
        self.run().code(0).says("nothing to do");
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        // After a test that failed the step would wait for ever.
        victims::kill_all(self.context.root());
    }
}
