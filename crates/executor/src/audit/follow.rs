//! Follows the processes of a trace from line to line.

use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsString,
    os::unix::ffi::OsStringExt as _,
    path::{Component, Path, PathBuf},
};

use super::{Accesses, call::Call};

const UNFINISHED: &[u8] = b"<unfinished ...>";

pub(super) struct Follower {
    folder: PathBuf,
    /// Where each process is.
    folders: HashMap<u32, PathBuf>,
    /// Calls that were interrupted by another process's line.
    unfinished: HashMap<u32, Vec<u8>>,
    accesses: Accesses,
}

impl Follower {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            folders: HashMap::new(),
            unfinished: HashMap::new(),
            accesses: Accesses::default(),
        }
    }

    pub(super) fn accesses(self) -> Accesses {
        self.accesses
    }

    /// `PID call(…) = …`
    pub(super) fn line(&mut self, line: &[u8]) {
        let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let process = std::str::from_utf8(&line[..digits]).ok().and_then(|digits| digits.parse().ok());
        let Some(process) = process else { return };
        self.meet(process);
        let rest = line[digits..].trim_ascii();
        if let Some(begin) = rest.strip_suffix(UNFINISHED) {
            self.unfinished.insert(process, begin.to_vec());
        } else if rest.starts_with(b"<... ") {
            let resumed = b"resumed>";
            let end = rest.windows(resumed.len()).position(|window| window == resumed);
            if let (Some(end), Some(mut whole)) = (end, self.unfinished.remove(&process)) {
                whole.extend_from_slice(&rest[end + resumed.len()..]);
                self.call(process, &whole);
            }
        } else {
            self.call(process, rest);
        }
    }

    /// A process that is new is where its parent was; that is the one in the middle of making it, if there is one.
    fn meet(&mut self, process: u32) {
        if self.folders.contains_key(&process) {
            return;
        }
        let makes =
            |call: &[u8]| [b"clone".as_slice(), b"fork", b"vfork"].iter().any(|name| call.starts_with(name));
        let parent = self.unfinished.iter().find(|(_, call)| makes(call)).map(|(&parent, _)| parent);
        let folder = parent.and_then(|parent| self.folders.get(&parent)).unwrap_or(&self.folder).clone();
        self.folders.insert(process, folder);
    }

    fn call(&mut self, process: u32, line: &[u8]) {
        let Some(call) = Call::parse(line).filter(Call::succeeded) else { return };
        match call.name {
            b"open" => self.open(&call, process, None, 0),
            b"openat" | b"openat2" => self.open(&call, process, Some(0), 1),
            b"creat" | b"truncate" => self.written(self.path(&call, process, None, 0)),
            b"execve" => self.read(self.path(&call, process, None, 0)),
            b"execveat" => self.read(self.path(&call, process, Some(0), 1)),
            b"rename" => self.renamed(self.path(&call, process, None, 0), self.path(&call, process, None, 1)),
            b"renameat" | b"renameat2" => {
                self.renamed(self.path(&call, process, Some(0), 1), self.path(&call, process, Some(2), 3));
            }
            b"link" | b"symlink" => self.written(self.path(&call, process, None, 1)),
            b"linkat" => self.written(self.path(&call, process, Some(2), 3)),
            b"symlinkat" => self.written(self.path(&call, process, Some(1), 2)),
            b"unlink" => self.removed(self.path(&call, process, None, 0)),
            b"unlinkat" => self.removed(self.path(&call, process, Some(0), 1)),
            b"chdir" => self.moved(process, self.path(&call, process, None, 0)),
            b"fchdir" => self.moved(process, call.described(0).map(path)),
            b"clone" | b"clone3" | b"fork" | b"vfork" => self.made(process, &call),
            _ => {}
        }
    }

    /// The path of a call: an argument, from the folder that another one describes or the process is in.
    fn path(&self, call: &Call<'_>, process: u32, from: Option<usize>, index: usize) -> Option<PathBuf> {
        let described = from.and_then(|from| call.described(from)).map(path);
        let folder = described.as_ref().or_else(|| self.folders.get(&process)).unwrap_or(&self.folder);
        Some(normal(&folder.join(path(call.text(index)?))))
    }

    fn open(&mut self, call: &Call<'_>, process: u32, from: Option<usize>, index: usize) {
        let has = |flag| call.has_flag(index + 1, flag);
        if has("O_DIRECTORY") || has("O_PATH") || has("O_TMPFILE") {
            return;
        }
        let path = self.path(call, process, from, index);
        let both = has("O_RDWR");
        let writes = both || has("O_WRONLY") || has("O_TRUNC") || has("O_CREAT");
        // What it may have made itself by this very call is no input.
        if !writes || (both && !has("O_TRUNC") && !has("O_CREAT")) {
            self.read(path.clone());
        }
        if writes {
            self.written(path);
        }
    }

    fn read(&mut self, path: Option<PathBuf>) {
        let new = path.filter(|path| !self.accesses.written.contains(path));
        self.accesses.read.extend(new);
    }

    fn written(&mut self, path: Option<PathBuf>) {
        self.accesses.written.extend(path);
    }

    fn removed(&mut self, path: Option<PathBuf>) {
        if let Some(path) = path {
            self.accesses.written.remove(&path);
        }
    }

    /// Whatever it wrote below the old name is below the new one.
    fn renamed(&mut self, old: Option<PathBuf>, new: Option<PathBuf>) {
        let (Some(old), Some(new)) = (old, new) else { return };
        let (moved, mut kept): (BTreeSet<_>, BTreeSet<_>) =
            std::mem::take(&mut self.accesses.written).into_iter().partition(|path| path.starts_with(&old));
        if moved.is_empty() {
            // It was there before: its contents go to the new name.
            self.accesses.read.insert(old);
            kept.insert(new);
        } else {
            kept.extend(moved.iter().filter_map(|path| match path.strip_prefix(&old).ok()? {
                rest if rest.as_os_str().is_empty() => Some(new.clone()),
                rest => Some(new.join(rest)),
            }));
        }
        self.accesses.written = kept;
    }

    fn moved(&mut self, process: u32, folder: Option<PathBuf>) {
        self.folders.extend(folder.map(|folder| (process, folder)));
    }

    fn made(&mut self, parent: u32, call: &Call<'_>) {
        let child = std::str::from_utf8(call.result).ok().and_then(|result| result.parse().ok());
        if let (Some(child), Some(folder)) = (child, self.folders.get(&parent).cloned()) {
            // It may have moved on already, before its parent's line was written.
            self.folders.entry(child).or_insert(folder);
        }
    }
}

fn path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

/// Without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            other => normal.push(other),
        }
    }
    normal
}
