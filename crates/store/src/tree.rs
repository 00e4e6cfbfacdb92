//! Trees: a directory as one object that lists the hashes of its files.
//!
//! Names come from outside (a model directory, an output of a step) and lead to paths, so they are
//! checked
//! both when a tree is stored and when it is read.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use base::{Hash, Hasher, canonical_json};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    artifacts::{Temporary, compare, hash_content},
    error::Context as _,
    files::Files,
    objects::Objects,
};

const FORMAT: u64 = 1;
const MODE: u32 = 0o644;

/// The files of a stored directory, by path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    format: u64,
    /// Its files, ordered by path.
    pub files: Vec<TreeFile>,
}

/// One file of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeFile {
    /// Its path from the root of the tree, parts separated by `/`.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// The object with its content.
    pub hash: Hash,
}

impl Tree {
    /// The file at this path.
    pub fn file(&self, path: &str) -> Option<&TreeFile> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(crate) fn of(files: &[(impl AsRef<str>, impl AsRef<[u8]>)]) -> Result<Self, Error> {
        let mut listed = Vec::with_capacity(files.len());
        for (path, bytes) in files {
            let (path, bytes) = (path.as_ref().to_owned(), bytes.as_ref());
            listed.push(TreeFile { path, bytes: bytes.len() as u64, hash: Hash::of(bytes) });
        }
        listed.sort_by(|one, other| one.path.cmp(&other.path));
        check_names(&listed)?;
        Ok(Self { format: FORMAT, files: listed })
    }

    pub(crate) fn encode(&self) -> String {
        canonical_json(self)
    }

    pub(crate) fn decode(hash: &Hash, bytes: &[u8]) -> Result<Self, Error> {
        let not_a_tree = |why: String| Error::NotATree { hash: *hash, why };
        let tree: Self = serde_json::from_slice(bytes).map_err(|error| not_a_tree(error.to_string()))?;
        if tree.format != FORMAT {
            return Err(not_a_tree(format!("format {}, not {FORMAT}", tree.format)));
        }
        check_names(&tree.files)?;
        Ok(tree)
    }
}

/// Every name stays inside the tree, and no two are in each other's way.
fn check_names(files: &[TreeFile]) -> Result<(), Error> {
    let mut taken = BTreeSet::new();
    let mut directories = BTreeSet::new();
    for file in files {
        let refused = |why| Error::TreeName { name: file.path.chars().take(80).collect::<String>(), why };
        if let Some(why) = unsafe_name(&file.path) {
            return Err(refused(why));
        }
        if !taken.insert(file.path.as_str()) {
            return Err(refused("is there twice"));
        }
        directories.extend(file.path.match_indices('/').map(|(end, _)| &file.path[..end]));
    }
    match taken.intersection(&directories).next() {
        Some(name) => {
            Err(Error::TreeName { name: (*name).to_owned(), why: "is both a file and a directory" })
        }
        None => Ok(()),
    }
}

fn unsafe_name(path: &str) -> Option<&'static str> {
    if path.starts_with('/') {
        return Some("is absolute");
    }
    if path.chars().any(|letter| letter.is_control() || letter == '\\') {
        return Some("has a backslash or a control character");
    }
    path.split('/').find_map(|part| match part {
        "" => Some("has an empty part"),
        "." | ".." => Some("has a part that is `.` or `..`"),
        _ => None,
    })
}

/// Writes the tree as a directory: beside its place first, then renamed to it.
pub(crate) fn materialise(
    tree: &Tree,
    hash: &Hash,
    objects: &dyn Objects,
    files: &dyn Files,
    dir: &Path,
) -> Result<(), Error> {
    if dir.exists() && holds_something(dir)? {
        if holds(tree, dir)? {
            return Ok(());
        }
        return Err(Error::Occupied { hash: *hash, path: dir.to_owned() });
    }
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).during("create", parent)?;
    let temporary = Temporary::beside(dir);
    let root = temporary.path();
    files.create_directory(root).during("create", root)?;
    let mut directories = BTreeSet::from([root.to_owned()]);
    for file in &tree.files {
        make_directories(files, root, &file.path, &mut directories)?;
        copy_out(objects, files, file, &root.join(&file.path))?;
    }
    for directory in &directories {
        files.sync_directory(directory).during("sync", directory)?;
    }
    files.rename(root, dir).during("write", dir)?;
    files.sync_directory(parent).during("sync", parent)
}

/// Makes the directories above a file that are not made yet.
fn make_directories(
    files: &dyn Files,
    root: &Path,
    path: &str,
    made: &mut BTreeSet<PathBuf>,
) -> Result<(), Error> {
    for (end, _) in path.match_indices('/') {
        let directory = root.join(&path[..end]);
        if !made.contains(&directory) {
            files.create_directory(&directory).during("create", &directory)?;
            made.insert(directory);
        }
    }
    Ok(())
}

/// Copies one file out of the store, checking its hash on the way.
fn copy_out(objects: &dyn Objects, files: &dyn Files, file: &TreeFile, to: &Path) -> Result<(), Error> {
    let from = objects.path(&file.hash)?;
    let mut input = File::open(&from).during("open", &from)?;
    let mut output = files.create(to).during("create", to)?;
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = input.read(&mut buffer).during("read", &from)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        output.write_all(&buffer[..count]).during("write", to)?;
    }
    output.seal(MODE).during("sync", to)?;
    compare(&file.hash, hasher.finish(), from)
}

fn holds_something(dir: &Path) -> Result<bool, Error> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(true),
        Err(error) => Err(Error::io("read", dir, error)),
    }
}

/// Does the directory hold the tree and nothing else?
fn holds(tree: &Tree, dir: &Path) -> Result<bool, Error> {
    if !dir.is_dir() || count_files(dir)? != tree.files.len() {
        return Ok(false);
    }
    for file in &tree.files {
        let path = dir.join(&file.path);
        let same_size =
            fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.len() == file.bytes);
        if !same_size || hash_content(&path)? != file.hash {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many things that are not directories are below.
fn count_files(dir: &Path) -> Result<usize, Error> {
    let mut count = 0;
    for entry in fs::read_dir(dir).during("read", dir)? {
        let entry = entry.during("read", dir)?;
        let is_directory = entry.file_type().during("read", &entry.path())?.is_dir();
        count += if is_directory { count_files(&entry.path())? } else { 1 };
    }
    Ok(count)
}
