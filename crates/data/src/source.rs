use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Error, Format, format::refuse_compressed};

/// Folders inside folders: more than anyone means, and an end to a loop of links.
const DEEPEST: usize = 32;

/// Where the files of a data set are, as the project file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The folder that the pattern is relative to.
    pub root: PathBuf,
    /// A path, a glob, or a directory.
    pub pattern: String,
    /// The format, when the names of the files do not say it.
    pub format: Option<Format>,
}

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its path as the user knows it: relative to the root, with `/` between the parts.
    pub relative: String,
    /// Its length.
    pub bytes: u64,
}

/// The files of a source, in the order of their names.
///
/// A directory stands for all files of one format below it; what is hidden, begins with `_` or has an
/// extension that names no format is left out there.
///
/// # Errors
/// When nothing matches, when two formats do, or when a name or a file cannot be read.
pub fn files(source: &Source) -> Result<Vec<SourceFile>, Error> {
    let Source { root, pattern, format } = source;
    if pattern.contains("://") {
        let reason = "addresses are not read yet; copy the files into the project".to_owned();
        return Err(Error::Pattern { pattern: pattern.clone(), reason });
    }
    let path = root.join(pattern);
    let mut paths = Vec::new();
    if path.is_dir() {
        walk(&path, format.is_none(), DEEPEST, &mut paths)?;
    } else if path.exists() {
        paths.push(path);
    } else {
        paths = matches(root, pattern)?;
    }
    let mut files = Vec::new();
    for path in paths {
        files.push(describe(root, path)?);
    }
    if files.is_empty() {
        return Err(Error::NoFiles { pattern: pattern.clone(), root: root.clone() });
    }
    files.sort_by(|one, other| one.relative.cmp(&other.relative));
    Format::of_all(*format, files.iter().map(|file| file.relative.as_str()))?;
    Ok(files)
}

/// The files that a path or a glob names, whatever is in them, in the order of their names; none when nothing matches.
///
/// # Errors
/// When the pattern makes no sense, or a name or a file cannot be read.
pub fn matching(root: &Path, pattern: &str) -> Result<Vec<SourceFile>, Error> {
    let path = root.join(pattern);
    let paths = if path.is_file() { vec![path] } else { matches(root, pattern)? };
    let mut files = Vec::new();
    for path in paths {
        files.push(describe(root, path)?);
    }
    files.sort_by(|one, other| one.relative.cmp(&other.relative));
    Ok(files)
}

fn walk(folder: &Path, by_extension: bool, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    if depth == 0 {
        let pattern = folder.display().to_string();
        return Err(Error::Pattern { pattern, reason: "its folders are nested too deeply".to_owned() });
    }
    for entry in fs::read_dir(folder).map_err(Error::read(folder))? {
        let path = entry.map_err(Error::read(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(['.', '_']) {
            continue;
        }
        if path.is_dir() {
            walk(&path, by_extension, depth - 1, found)?;
            continue;
        }
        // A compressed part beside plain ones must not go missing in silence.
        refuse_compressed(&name)?;
        if !by_extension || Format::of_name(&name).is_some() {
            found.push(path);
        }
    }
    Ok(())
}

fn matches(root: &Path, pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let refused = |reason: String| Error::Pattern { pattern: pattern.to_owned(), reason };
    let whole = if Path::new(pattern).is_absolute() {
        pattern.to_owned()
    } else {
        let root = root.to_str().ok_or_else(|| refused("the project's path is not UTF-8".to_owned()))?;
        format!("{}/{pattern}", glob::Pattern::escape(root))
    };
    let mut paths = Vec::new();
    for path in glob::glob(&whole).map_err(|error| refused(error.to_string()))? {
        let path = path.map_err(|error| {
            let path = error.path().to_owned();
            Error::Read { path, source: error.into() }
        })?;
        if !path.is_dir() {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn describe(root: &Path, path: PathBuf) -> Result<SourceFile, Error> {
    let metadata = fs::metadata(&path).map_err(Error::read(&path))?;
    let shown = path.strip_prefix(root).unwrap_or(&path);
    let Some(relative) = shown.to_str().map(str::to_owned) else {
        let reason = "the name is not UTF-8; rename the file".to_owned();
        return Err(Error::Pattern { pattern: shown.display().to_string(), reason });
    };
    if !metadata.is_file() {
        return Err(Error::bad_file(&relative, "this is not a regular file"));
    }
    Ok(SourceFile { relative, bytes: metadata.len(), path })
}
