//! A file system that remembers what is safe: it keeps what was written apart from what was synced, so that
//! a test can take the power away at any moment and look at what is left.
//!
//! Everything is done on the disk as well, where readers find it. A directory's names are safe once it was
//! synced, a file's content once it was sealed, and everything once the file system was.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use base::Random;

use super::{Disk, Files, Output};

/// What a loss of power does to what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It is gone: names are as they were, and a file whose name is safe is empty.
    Gone,
    /// Names are there, and contents are zeros.
    Zeros,
    /// Any of it may be there, in part.
    Any,
}

/// The names in a directory, each with the number of what it names.
type Names = BTreeMap<OsString, usize>;

#[derive(Debug, Clone)]
enum Node {
    Directory { now: Names, safe: Names },
    File { now: Arc<Vec<u8>>, safe: Option<Arc<Vec<u8>>> },
}

/// What is on the file system at one moment. The first is the root.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    /// How far the test had come, as it said itself.
    pub(crate) mark: usize,
    nodes: Vec<Node>,
}

#[derive(Clone)]
pub(crate) struct Lossy {
    root: PathBuf,
    state: Arc<Mutex<State>>,
}

struct State {
    now: Moment,
    past: Vec<Moment>,
    refuses_sync: bool,
}

impl Lossy {
    /// The file system below this directory, which is empty.
    pub(crate) fn below(root: &Path) -> Self {
        let now = Moment { mark: 0, nodes: vec![Node::empty_directory()] };
        let state = State { now, past: Vec::new(), refuses_sync: false };
        Self { root: root.to_owned(), state: Arc::new(Mutex::new(state)) }
    }

    /// Notes that the test has come this far.
    pub(crate) fn mark(&self, mark: usize) {
        self.change(|state| state.now.mark = mark);
    }

    /// From now on the file system cannot be synced as a whole.
    pub(crate) fn refuse_sync(&self) {
        self.change(|state| state.refuses_sync = true);
    }

    /// What was there after each operation so far.
    pub(crate) fn moments(&self) -> Vec<Moment> {
        self.state().past.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let value = change(&mut state);
        let now = state.now.clone();
        state.past.push(now);
        value
    }

    /// The numbers of the directory above a path and of what is there.
    fn find(&self, state: &State, path: &Path) -> (usize, Option<usize>) {
        let (mut above, mut found) = (0, Some(0));
        for part in path.strip_prefix(&self.root).unwrap() {
            above = found.unwrap();
            found = state.now.names(above).get(part).copied();
        }
        (above, found)
    }

    fn add(&self, path: &Path, node: Node) -> usize {
        self.change(|state| {
            let (above, _) = self.find(state, path);
            state.now.nodes.push(node);
            let number = state.now.nodes.len() - 1;
            state.now.names_mut(above).insert(path.file_name().unwrap().to_owned(), number);
            number
        })
    }

    fn take(state: &mut State, above: usize, path: &Path) {
        state.now.names_mut(above).remove(path.file_name().unwrap());
    }
}

impl Node {
    fn empty_directory() -> Self {
        Self::Directory { now: Names::new(), safe: Names::new() }
    }

    fn sync(&mut self) {
        match self {
            Self::Directory { now, safe } => *safe = now.clone(),
            Self::File { now, safe } => *safe = Some(now.clone()),
        }
    }
}

impl Moment {
    fn names(&self, directory: usize) -> &Names {
        let Node::Directory { now, .. } = &self.nodes[directory] else { panic!("{directory} is a file") };
        now
    }

    fn names_mut(&mut self, directory: usize) -> &mut Names {
        let Node::Directory { now, .. } = &mut self.nodes[directory] else { panic!("{directory} is a file") };
        now
    }

    /// Writes what is left when the power is lost at this moment into a directory.
    pub(crate) fn lose_power(&self, loss: Loss, random: &mut Random, to: &Path) {
        self.leave(0, loss, random, to);
    }

    fn leave(&self, number: usize, loss: Loss, random: &mut Random, to: &Path) {
        match &self.nodes[number] {
            Node::Directory { now, safe } => {
                if !to.is_dir() {
                    fs::create_dir_all(to).unwrap();
                }
                for (name, number) in surviving(now, safe, loss, random) {
                    self.leave(number, loss, random, &to.join(name));
                }
            }
            Node::File { now, safe } => {
                let content = safe.clone().unwrap_or_else(|| unsafe_content(now, loss, random));
                fs::write(to, &*content).unwrap();
            }
        }
    }
}

/// The names that are left of a directory.
fn surviving(now: &Names, safe: &Names, loss: Loss, random: &mut Random) -> Names {
    match loss {
        Loss::Gone => safe.clone(),
        Loss::Zeros => now.clone(),
        Loss::Any => {
            let mut left = Names::new();
            for name in now.keys().chain(safe.keys()) {
                let names = if random.below(2) == 0 { now } else { safe };
                left.extend(names.get(name).map(|number| (name.clone(), *number)));
            }
            left
        }
    }
}

/// What is left of a content that was not synced.
fn unsafe_content(now: &Arc<Vec<u8>>, loss: Loss, random: &mut Random) -> Arc<Vec<u8>> {
    let left = match loss {
        Loss::Gone => 0,
        Loss::Zeros => 1,
        Loss::Any => random.below(4),
    };
    match left {
        0 => Arc::default(),
        1 => Arc::new(vec![0; now.len()]),
        2 => Arc::new(now[..now.len() / 2].to_vec()),
        _ => now.clone(),
    }
}

impl Files for Lossy {
    fn create_directory(&self, path: &Path) -> io::Result<bool> {
        let made = Disk.create_directory(path)?;
        if made {
            self.add(path, Node::empty_directory());
        }
        Ok(made)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>> {
        let file = Disk.create(path)?;
        let number = self.add(path, Node::File { now: Arc::default(), safe: None });
        Ok(Box::new(LossyOutput { file, files: self.clone(), number }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Disk.rename(from, to)?;
        self.change(|state| {
            let (above, number) = self.find(state, from);
            Self::take(state, above, from);
            let (above, _) = self.find(state, to);
            state.now.names_mut(above).insert(to.file_name().unwrap().to_owned(), number.unwrap());
        });
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Disk.remove(path)?;
        self.change(|state| {
            let (above, _) = self.find(state, path);
            Self::take(state, above, path);
        });
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.change(|state| {
            let (_, number) = self.find(state, path);
            state.now.nodes[number.unwrap()].sync();
        });
        Ok(())
    }

    fn sync_all(&self, _directory: &File) -> io::Result<()> {
        self.change(|state| {
            if state.refuses_sync {
                return Err(io::Error::other("a write failed"));
            }
            state.now.nodes.iter_mut().for_each(Node::sync);
            Ok(())
        })
    }
}

/// The disk without its syncs, for a test that looks at what is there and whose power stays on. A sync of the
/// file system waits for everything that anybody else writes to it.
#[derive(Default)]
pub(crate) struct Unsynced {
    meanwhile: Option<Box<dyn Fn() + Send + Sync>>,
}

impl Unsynced {
    /// Something happens while the file system is synced.
    pub(crate) fn meanwhile(happens: impl Fn() + Send + Sync + 'static) -> Self {
        Self { meanwhile: Some(Box::new(happens)) }
    }
}

impl Files for Unsynced {
    fn create_directory(&self, path: &Path) -> io::Result<bool> {
        Disk.create_directory(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>> {
        Disk.create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Disk.remove(path)
    }

    fn sync_directory(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_all(&self, _directory: &File) -> io::Result<()> {
        self.meanwhile.iter().for_each(|happens| happens());
        Ok(())
    }
}

struct LossyOutput {
    file: Box<dyn Output>,
    files: Lossy,
    number: usize,
}

impl Write for LossyOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.files.change(|state| {
            if let Node::File { now, .. } = &mut state.now.nodes[self.number] {
                Arc::make_mut(now).extend(&bytes[..count]);
            }
        });
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Output for LossyOutput {
    fn finish(&mut self, mode: u32) -> io::Result<()> {
        self.file.finish(mode)
    }

    fn seal(&mut self, mode: u32) -> io::Result<()> {
        // Nothing here needs a sync: the power is lost in memory only.
        self.file.finish(mode)?;
        self.files.change(|state| state.now.nodes[self.number].sync());
        Ok(())
    }
}
