//! The power is lost at every operation of random sequences, and the store is opened again: what was
//! acknowledged is there and whole.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use base::{FixedClock, Hash, Random};

use crate::{
    ActionId, Batch, Change, Concluded, Intent, Store,
    files::{
        Files,
        lossy::{Loss, Lossy, Unsynced},
    },
    testing::done,
};

/// The steps of one sequence.
const STEPS: usize = 40;

/// The database as the last commit left it on disk.
struct Committed {
    files: Vec<(&'static str, Vec<u8>)>,
    /// The outputs it names.
    named: Vec<Hash>,
}

/// A sequence being made.
struct Sequence {
    random: Random,
    dir: PathBuf,
    files: Lossy,
    store: Store,
    contents: Vec<Vec<u8>>,
    /// What was put and is not named.
    put: Vec<Hash>,
    named: Vec<Hash>,
    begun: Vec<ActionId>,
    committed: Vec<Committed>,
}

#[test]
fn power_lost_at_any_operation_leaves_every_named_object_whole() {
    let mut moments = 0;
    for seed in 0..4 {
        let dir = tempfile::tempdir().unwrap();
        let mut sequence = Sequence::begin(&dir.path().join("store"), seed);
        (0..STEPS).for_each(|_| sequence.step());
        moments += sequence.lose_power_everywhere(&dir.path().join("left"), seed);
    }
    assert!(moments > 250, "only {moments} moments");
}

impl Sequence {
    fn begin(dir: &Path, seed: u64) -> Self {
        fs::create_dir(dir).unwrap();
        let files = Lossy::below(dir);
        let store = open(files.clone(), dir);
        let mut sequence = Self {
            random: Random::new(seed),
            dir: dir.to_owned(),
            files,
            store,
            contents: Vec::new(),
            put: Vec::new(),
            named: Vec::new(),
            begun: Vec::new(),
            committed: Vec::new(),
        };
        sequence.commit();
        sequence
    }

    fn step(&mut self) {
        match self.random.below(10) {
            0..5 => self.put(),
            5..9 => self.journal(),
            _ => self.store.settle().unwrap(),
        }
        if self.random.below(8) == 0 {
            self.store.next_generation().unwrap();
            self.begun.clear();
            self.commit();
        }
        self.commit();
    }

    /// Puts something new, or again what was put before: small, or now and then large.
    fn put(&mut self) {
        if self.contents.is_empty() || self.random.below(4) > 0 {
            let size = if self.random.below(6) == 0 { 70_000 } else { 1 + self.random.below(3_000) };
            let mut content = vec![7; size];
            content.extend(self.contents.len().to_le_bytes());
            self.contents.push(content);
        }
        let content = &self.contents[self.random.below(self.contents.len())];
        self.put.push(self.store.put_bytes(content).unwrap());
    }

    /// Concludes what has begun, naming what was put, and begins something else.
    fn journal(&mut self) {
        let mut conclusions = Vec::new();
        for id in std::mem::take(&mut self.begun) {
            let changes: Vec<_> = self.put.drain(..).map(set_node).collect();
            self.named.extend(changes.iter().filter_map(output));
            conclusions.push(Concluded { id, outcome: done(), changes });
        }
        let intents = vec![intent(&self.store); self.random.below(3)];
        self.begun = self.store.journal(&Batch { conclusions, intents }).unwrap().actions;
    }

    /// Copies the database: a commit has synced it.
    fn commit(&mut self) {
        let files = ["kaizen.db", "kaizen.db-wal"].map(|name| (name, fs::read(self.dir.join(name)).unwrap()));
        self.committed.push(Committed { files: files.into(), named: self.named.clone() });
        self.files.mark(self.committed.len() - 1);
    }

    /// Returns at how many moments the power was lost.
    fn lose_power_everywhere(&self, left: &Path, seed: u64) -> usize {
        let mut random = Random::new(seed);
        let moments = self.files.moments();
        // The store is made before the first commit.
        let made = moments.iter().position(|moment| moment.mark > 0).unwrap();
        for (number, moment) in moments.iter().enumerate().skip(made) {
            let loss = [Loss::Gone, Loss::Zeros, Loss::Any][random.below(3)];
            moment.lose_power(loss, &mut random, left);
            let committed = &self.committed[moment.mark];
            for (name, bytes) in &committed.files {
                fs::write(left.join(name), bytes).unwrap();
            }
            self.check(left, committed, loss, &format!("seed {seed}, moment {number}, {loss:?}"));
            // The directories stay: making them anew for each moment is most of the work.
            remove_files(left);
        }
        moments.len() - made
    }

    fn check(&self, left: &Path, committed: &Committed, loss: Loss, when: &str) {
        let store = open(Unsynced::default(), left);
        let nodes = store.nodes().unwrap();
        let recorded: Vec<_> = nodes.iter().filter_map(|node| node.output).collect();
        for hash in &committed.named {
            assert!(recorded.contains(hash), "{when}: {hash} is not recorded");
        }
        for hash in &recorded {
            store.verify(hash).unwrap_or_else(|error| panic!("{when}: {error}"));
        }
        if loss == Loss::Gone {
            visible(left)
                .iter()
                .for_each(|hash| store.verify(hash).unwrap_or_else(|error| panic!("{when}: {error}")));
        }
        for content in &self.contents {
            let hash = store.put_bytes(content).unwrap();
            store.verify(&hash).unwrap_or_else(|error| panic!("{when}, put again: {error}"));
        }
    }
}

fn remove_files(dir: &Path) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { remove_files(&path) } else { fs::remove_file(path).unwrap() }
    }
}

/// Opens a store as ever, but for the syncs of the database: hundreds are opened.
fn open(files: impl Files + 'static, dir: &Path) -> Store {
    let store = Store::prepare(Box::new(files), dir, clock()).unwrap();
    store.database().stop_syncing();
    store.restore_pending().unwrap();
    store
}

/// Every object that is there.
fn visible(store: &Path) -> Vec<Hash> {
    let mut found = Vec::new();
    for shard in fs::read_dir(store.join("objects")).unwrap() {
        let shard = shard.unwrap();
        for object in fs::read_dir(shard.path()).unwrap() {
            let (first, rest) = (shard.file_name(), object.unwrap().file_name());
            found.push(format!("{}{}", first.display(), rest.display()).parse().unwrap());
        }
    }
    found
}

fn set_node(output: Hash) -> Change {
    let (node, facet, key) = (format!("step.{output}"), "run".to_owned(), Hash::of("inputs"));
    Change::SetNode { node, facet, key, output: Some(output), detail: serde_json::Value::Null }
}

fn output(change: &Change) -> Option<Hash> {
    if let Change::SetNode { output, .. } = change { *output } else { None }
}

fn intent(store: &Store) -> Intent {
    Intent {
        plan: Hash::of("plan"),
        action: "run step.features".to_owned(),
        node: "step.features".to_owned(),
        generation: store.generation().unwrap(),
        reason: serde_json::Value::Null,
        key: None,
        run: None,
    }
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at("2026-03-05T14:00:00Z".parse().unwrap()))
}
