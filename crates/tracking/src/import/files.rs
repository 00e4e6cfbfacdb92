//! Artifacts, copied file by file. A file is put in its place whole, so what is there is one that need not be copied again.

use std::{
    collections::HashSet,
    fs::{self, File, FileTimes},
    io::Read as _,
    os::unix::fs::FileExt as _,
    path::{Path as FilePath, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use super::{Error, Import, places::Placed, report::Files, target::Target};
use crate::{
    Settings,
    artifacts::{Artifacts, Digests, Opened, Path, Place},
};

/// How much of a file is in memory at once.
const PIECE: usize = 1 << 20;

/// Copies from MLflow's directory, and from nowhere else.
pub(super) struct Copier {
    root: PathBuf,
    from: Place,
    /// None when there is nothing yet, and nothing is to be made.
    to: Option<Place>,
    is_written: bool,
    /// Directories that were gone through, and had something in them.
    done: HashSet<String>,
}

/// What became of a file.
enum Became {
    New,
    Changed,
    Same,
    Conflicting,
}

impl Copier {
    /// One for this directory; none without one.
    pub(super) fn of(root: Option<&FilePath>, target: &Target) -> Result<Option<Self>, Error> {
        let Some(root) = root else { return Ok(None) };
        let from = open(root, target.settings())?;
        let destination = &target.settings().artifacts_destination;
        let to = if target.is_written() {
            let opened = Artifacts::of(target.settings()).destination();
            Some(opened.map_err(|error| Error::Artifacts {
                path: destination.clone(),
                problem: error.to_string(),
            })?)
        } else if let Ok(destination) = destination.canonicalize() {
            Some(open(&destination, target.settings())?)
        } else {
            None
        };
        Ok(Some(Self {
            root: root.to_owned(),
            from,
            to,
            is_written: target.is_written(),
            done: HashSet::new(),
        }))
    }

    /// What in a directory cannot be an artifact: links and the like.
    fn refused(&self, directory: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root.join(directory.to_string())) else { return Vec::new() };
        let other = |entry: fs::DirEntry| {
            let kind = entry.file_type().ok()?;
            let is_artifact = (kind.is_file() || kind.is_dir()) && entry.file_name().to_str().is_some();
            (!is_artifact).then(|| entry.file_name().to_string_lossy().into_owned())
        };
        entries.filter_map(Result::ok).filter_map(other).collect()
    }

    /// Whether a directory is behind a link: nothing of it is read.
    fn is_linked(&self, directory: &Path) -> bool {
        let mut path = self.root.clone();
        directory.to_string().split('/').any(|name| {
            path.push(name);
            path.symlink_metadata().is_ok_and(|found| found.is_symlink())
        })
    }

    /// Whether a directory, or one that it is in, was gone through: versions mostly have the files of a run or model.
    fn is_done(&self, directory: &Path) -> bool {
        let whole = directory.to_string();
        let ends = whole.match_indices('/').map(|(end, _)| end).chain([whole.len()]);
        ends.into_iter().any(|end| self.done.contains(&whole[..end]))
    }

    /// Brings over a file, and says how many bytes that took.
    fn bring(&self, path: &Path) -> Result<(Became, u64), Error> {
        let failed = |problem: String| Error::Copy { path: path.to_string(), problem };
        let theirs = self.from.open(path).map_err(|error| failed(error.to_string()))?;
        let changed = modified(&theirs.file).map_err(|error| failed(error.to_string()))?;
        let became = match self.here(path) {
            None => Became::New,
            Some(ours) => {
                let when = modified(&ours.file).map_err(|error| failed(error.to_string()))?;
                if ours.size == theirs.size && when == changed {
                    return Ok((Became::Same, 0));
                }
                if ours.size == theirs.size
                    && is_same(&ours.file, &theirs.file).map_err(|error| failed(error.to_string()))?
                {
                    self.date(&ours, changed);
                    return Ok((Became::Same, 0));
                }
                if when >= changed {
                    return Ok((Became::Conflicting, 0));
                }
                Became::Changed
            }
        };
        let size = theirs.size;
        if self.is_written {
            self.copy(path, theirs, changed).map_err(failed)?;
        }
        Ok((became, size))
    }

    fn here(&self, path: &Path) -> Option<Opened> {
        self.to.as_ref()?.open(path).ok()
    }

    fn copy(&self, path: &Path, mut theirs: Opened, changed: SystemTime) -> Result<(), String> {
        let Some(to) = &self.to else { return Ok(()) };
        let text = |error: crate::artifacts::Error| error.to_string();
        let mut upload = to.create(path, Digests::default(), Some(theirs.size)).map_err(text)?;
        let mut piece = vec![0; PIECE];
        loop {
            match theirs.file.read(&mut piece).map_err(|error| error.to_string())? {
                0 => break,
                read => upload.write(&piece[..read]).map_err(text)?,
            }
        }
        upload.finish(Some(theirs.size)).map_err(text)?;
        if let Ok(ours) = to.open(path) {
            self.date(&ours, changed);
        }
        Ok(())
    }

    /// Gives a file the time of the one that it is a copy of: then the next import need not read them both.
    fn date(&self, ours: &Opened, changed: SystemTime) {
        if self.is_written {
            // Where times cannot be set, the next import reads both.
            let _ = ours.file.set_times(FileTimes::new().set_modified(changed));
        }
    }
}

impl Import<'_> {
    /// Copies what is in the place of something, unless it stays there.
    pub(super) fn copy(&mut self, kind: &'static str, name: &str, placed: &Placed) -> Result<(), Error> {
        if placed.is_elsewhere {
            self.report.artifacts_elsewhere += 1;
        }
        let Some(root) = &placed.copied else { return Ok(()) };
        let Some(mut copier) = self.files.take() else { return Ok(()) };
        let before = self.report.files.found;
        let is_done = copier.is_done(root);
        let copied = if is_done { Ok(()) } else { self.copy_tree(&copier, root, &format!("{kind} {name}")) };
        if self.report.files.found > before {
            copier.done.insert(root.to_string());
        }
        self.files = Some(copier);
        copied
    }

    fn copy_tree(&mut self, copier: &Copier, root: &Path, of: &str) -> Result<(), Error> {
        if copier.is_linked(root) {
            self.refuse(&root.to_string(), of);
            return Ok(());
        }
        let mut waiting = vec![root.clone()];
        while let Some(directory) = waiting.pop() {
            for name in copier.refused(&directory) {
                self.refuse(&format!("{directory}/{name}"), of);
            }
            let listed = copier.from.list(&directory);
            let listed = listed
                .map_err(|error| Error::Copy { path: directory.to_string(), problem: error.to_string() })?;
            for entry in listed {
                let whole = format!("{directory}/{}", entry.path);
                match Path::parse(&whole) {
                    Ok(path) if path.to_string() == whole && entry.is_dir => waiting.push(path),
                    Ok(path) if path.to_string() == whole => self.copy_file(copier, &path)?,
                    _ => self.refuse(&whole, of),
                }
            }
        }
        Ok(())
    }

    fn copy_file(&mut self, copier: &Copier, path: &Path) -> Result<(), Error> {
        let (became, bytes) = copier.bring(path)?;
        let Files { found, new, changed, same, conflicting, bytes: copied, .. } = &mut self.report.files;
        *found += 1;
        *copied += bytes;
        match became {
            Became::New => *new += 1,
            Became::Changed => *changed += 1,
            Became::Same => *same += 1,
            Became::Conflicting => {
                *conflicting += 1;
                let problem = "it is another file here, and not older than the one there".to_owned();
                self.report.conflict("artifact", &path.to_string(), problem);
            }
        }
        Ok(())
    }

    fn refuse(&mut self, path: &str, of: &str) {
        self.report.files.refused += 1;
        let problem = format!(
            "it is a link or no file, or has a name that no artifact may have; {of} is here without it"
        );
        self.report.conflict("artifact", path, problem);
    }
}

/// A directory of this machine, for reading and with nothing made in it.
fn open(directory: &FilePath, settings: &Settings) -> Result<Place, Error> {
    let mut here = Settings::of(directory, Arc::clone(&settings.clock));
    here.local_roots = vec![directory.to_owned()];
    let uri = directory.to_str().unwrap_or_default();
    let opened = Artifacts::of(&here).resolve(uri);
    opened.map_err(|error| Error::Artifacts { path: directory.to_owned(), problem: error.to_string() })
}

fn modified(file: &File) -> std::io::Result<SystemTime> {
    file.metadata()?.modified()
}

/// Whether two files of one size have the same bytes.
fn is_same(one: &File, other: &File) -> std::io::Result<bool> {
    let (mut ours, mut theirs) = (vec![0; PIECE], vec![0; PIECE]);
    let mut at = 0;
    loop {
        let read = one.read_at(&mut ours, at)?;
        if read == 0 {
            return Ok(true);
        }
        if other.read_exact_at(&mut theirs[..read], at).is_err() || ours[..read] != theirs[..read] {
            return Ok(false);
        }
        at += read as u64;
    }
}
