//! Executables as facts: where each is looked up.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, sync::Arc};

use base::{FixedClock, Hash, Timestamp};
use store::Store;
use tempfile::TempDir;

use super::{observe, wanted};
use crate::{Project, STORE_DIRECTORY, Variables};

/// A project with programs, which Kaizen finds in its `bin`.
struct Scene {
    folder: TempDir,
}

impl Scene {
    fn with(steps: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("kaizen.toml"), format!("[project]\nname = \"rides\"\n\n{steps}"))
            .unwrap();
        Self { folder }
    }

    fn program(&self, path: &str, content: &str) -> Hash {
        let file = self.folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        Hash::of(content)
    }

    /// The content of each tool by the name of its fact, and that every step wants facts that there are.
    fn tools(&self) -> BTreeMap<String, Result<Hash, String>> {
        let [bin, other] =
            ["bin", "other"].map(|folder| self.folder.path().join(folder).display().to_string());
        let variables = Variables::new(move |name| match name {
            "PATH" => Some(bin.clone()),
            "OTHER" => Some(other.clone()),
            _ => None,
        });
        let project = Project::load(self.folder.path(), &variables).unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(0)));
        let store = Store::open(&self.folder.path().join(STORE_DIRECTORY), clock).unwrap();
        let facts = observe(&project, &store).unwrap();
        let wanted = project.spec.steps.values().flat_map(wanted).collect::<Vec<_>>();
        assert!(wanted.iter().all(|name| facts.contains_key(name)), "{wanted:?} {facts:?}");
        let tools = facts.into_iter().filter(|(name, _)| name.starts_with("tool."));
        tools.map(|(name, fact)| (name, fact.content)).collect()
    }
}

#[test]
fn a_step_with_a_path_of_its_own_has_its_tools_looked_up_there() {
    let scene = Scene::with(
        "[step.a]\nrun = 'helper'\n
        [step.b]\nrun = 'true'\ntools = ['helper']\nenv = { PATH = 'other:bin:/nowhere' }\n
        [step.c]\nrun = 'helper'\nenv = { PATH = { from = 'OTHER' } }\n
        [step.d]\nrun = 'true'\ntools = ['helper']\nenv = { PATH = '/nowhere' }\n",
    );
    let (ours, other) = (scene.program("bin/helper", "1"), scene.program("other/helper", "2"));
    let tools = scene.tools();
    let missing = "the tool `helper` it uses is not on the PATH".to_owned();
    let expected = [
        ("tool.helper", Ok(ours)),
        ("tool.helper on PATH /nowhere", Err(missing)),
        ("tool.helper on PATH env.OTHER", Ok(other)),
        ("tool.helper on PATH other:bin:/nowhere", Ok(other)),
    ];
    assert_eq!(tools, expected.map(|(name, content)| (name.to_owned(), content)).into());
}

#[test]
fn a_program_of_the_project_that_a_command_begins_with_counts_wherever_the_path_leads() {
    let scene =
        Scene::with("[step.a]\nrun = './run.sh x'\nenv = { PATH = '/nowhere' }\n\n[step.b]\nrun = 'bin/x'\n");
    let (run, x) = (scene.program("run.sh", "1"), scene.program("bin/x", "2"));
    let expected = [("tool../run.sh", Ok(run)), ("tool.bin/x", Ok(x))];
    assert_eq!(scene.tools(), expected.map(|(name, content)| (name.to_owned(), content)).into());
}

#[test]
fn a_program_that_a_step_makes_is_the_same_fact_before_and_after() {
    let scene = Scene::with(
        "[step.make]\nrun = 'cc'\nwrites = ['bin/made', 'venv']\n
        [step.a]\nrun = './bin/made'\nreads = ['step.make']\n
        [step.b]\nrun = 'true'\ntools = ['bin/made', 'python']\nreads = ['step.make']\nenv = { PATH = 'venv/bin:/nowhere' }\n
        [step.c]\nrun = 'helper'\nreads = ['step.make']\nenv = { PATH = 'venv/bin:/nowhere:other' }\n",
    );
    let helper = scene.program("other/helper", "of the machine");
    let before = scene.tools();
    for path in ["bin/made", "venv/bin/python", "venv/bin/helper"] {
        scene.program(path, "made");
    }
    assert_eq!(scene.tools(), before);
    let made = Ok(Hash::of("made by a step"));
    for name in ["tool../bin/made", "tool.bin/made", "tool.python on PATH venv/bin:/nowhere"] {
        assert_eq!(before[name], made, "{name}");
    }
    assert_eq!(before["tool.helper on PATH venv/bin:/nowhere:other"], Ok(helper));
}

#[test]
fn a_tool_that_one_step_names_and_another_begins_with_is_missed_as_a_named_one() {
    for steps in [
        "[step.a]\nrun = 'gone'\n\n[step.b]\nrun = 'true'\ntools = ['gone']\n",
        "[step.a]\nrun = 'true'\ntools = ['gone']\n\n[step.b]\nrun = 'gone'\n",
    ] {
        assert!(Scene::with(steps).tools()["tool.gone"].is_err(), "{steps}");
    }
    assert_eq!(Scene::with("[step.a]\nrun = 'echo'\n").tools()["tool.echo"], Ok(Hash::of("not a file")));
}
