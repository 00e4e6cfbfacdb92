//! Finds and reads the ONNX file of a model. What the directory says is hostile: it may have
//! been downloaded.

use std::{
    fs,
    io::{self, Read},
    path::{Component, Path, PathBuf},
};

use crate::{error::clip, loaded::LoadError};

/// Protocol Buffers end at 2 GiB, and so do ONNX files without external data.
const MODEL_BYTES: u64 = 2 << 30;
const MLMODEL_BYTES: u64 = 1 << 20;

/// The bytes of the ONNX file that a path names, itself or as a model directory.
///
/// # Errors
/// When there is no such model, or it cannot be read; [`LoadError::NoOnnxFlavor`] when it is of another kind.
pub fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let status = fs::metadata(path).map_err(|source| cannot_read(path, source))?;
    if status.is_dir() { bytes(&model_file(path)?, MODEL_BYTES) } else { bytes(path, MODEL_BYTES) }
}

fn cannot_read(path: &Path, source: io::Error) -> LoadError {
    LoadError::Read { path: path.to_owned(), source }
}

fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>, LoadError> {
    let cannot_read = |source| cannot_read(path, source);
    // Asked before opening: opening a named pipe would wait for its writer.
    if !fs::metadata(path).map_err(cannot_read)?.is_file() {
        return Err(LoadError::NotAFile(path.to_owned()));
    }
    let file = fs::File::open(path).map_err(cannot_read)?;
    let length = file.metadata().map_err(cannot_read)?.len();
    if length > limit {
        return Err(LoadError::TooLarge { path: path.to_owned(), bytes: length, limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(limit).read_to_end(&mut bytes).map_err(cannot_read)?;
    Ok(bytes)
}

fn model_file(directory: &Path) -> Result<PathBuf, LoadError> {
    let description = directory.join("MLmodel");
    if !description.exists() {
        let plain = directory.join("model.onnx");
        return if plain.exists() { Ok(plain) } else { Err(LoadError::NoModel(directory.to_owned())) };
    }
    let text = String::from_utf8_lossy(&bytes(&description, MLMODEL_BYTES)?).into_owned();
    let target = onnx_data(&text).ok_or_else(|| LoadError::NoOnnxFlavor(description.clone()))?;
    let outside = || LoadError::Outside { file: description.clone(), target: clip(&target) };
    if !is_plain(&target) {
        return Err(outside());
    }
    let path = directory.join(&target);
    let real = path.canonicalize().map_err(|source| cannot_read(&path, source))?;
    let home = directory.canonicalize().map_err(|source| cannot_read(directory, source))?;
    // A link in the directory could still lead out of it.
    if real.starts_with(home) { Ok(real) } else { Err(outside()) }
}

/// Whether a path goes down from where it starts and nowhere else.
fn is_plain(target: &str) -> bool {
    let ordinary = |part: Component<'_>| matches!(part, Component::Normal(_));
    !target.is_empty() && !target.contains(['\\', '\0']) && Path::new(target).components().all(ordinary)
}

/// The value at `flavors.onnx.data` in an `MLmodel` file.
///
/// MLflow writes the file as YAML; this value is always a scalar in nested block mappings, so
/// lines and their indents are enough.
fn onnx_data(text: &str) -> Option<String> {
    let mut path: Vec<(usize, &str)> = Vec::new();
    for line in text.lines() {
        let content = line.trim_start_matches(' ');
        let Some((key, value)) = content.split_once(':').filter(|_| !content.starts_with('#')) else {
            continue;
        };
        let indent = line.len() - content.len();
        while path.last().is_some_and(|(outer, _)| *outer >= indent) {
            path.pop();
        }
        path.push((indent, key.trim_end()));
        if path.iter().map(|(_, key)| *key).eq(["flavors", "onnx", "data"]) {
            return Some(scalar(value).to_owned());
        }
    }
    None
}

/// A YAML scalar without its quotes or the comment after it.
fn scalar(value: &str) -> &str {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some((inside, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inside;
        }
    }
    value.split(" #").next().unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{LoadError, onnx_data, read};

    const MLMODEL: &str = "artifact_path: model\nflavors:\n  onnx:\n    code: null\n    data: model.onnx\n    \
        onnx_version: 1.17.0\n  python_function:\n    data: other.onnx\nmlflow_version: 3.1.0\n";

    fn pointing_to(target: &str) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let text = format!("flavors:\n  onnx:\n    data: {target}\n");
        fs::write(directory.path().join("MLmodel"), text).unwrap();
        directory
    }

    #[test]
    fn the_onnx_file_is_found_through_the_mlmodel_file() {
        assert_eq!(onnx_data(MLMODEL).as_deref(), Some("model.onnx"));
        assert_eq!(onnx_data("flavors:\n  onnx:\n    data: 'a b.onnx' # it\n").as_deref(), Some("a b.onnx"));
        let directory = pointing_to("deep/model.onnx");
        fs::create_dir(directory.path().join("deep")).unwrap();
        fs::write(directory.path().join("deep/model.onnx"), "bytes").unwrap();
        assert_eq!(read(directory.path()).unwrap(), b"bytes");
    }

    #[test]
    fn a_directory_with_nothing_but_model_onnx_is_enough() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(read(directory.path()), Err(LoadError::NoModel(_))));
        fs::write(directory.path().join("model.onnx"), "bytes").unwrap();
        assert_eq!(read(directory.path()).unwrap(), b"bytes");
        assert_eq!(read(&directory.path().join("model.onnx")).unwrap(), b"bytes");
    }

    #[test]
    fn another_flavor_s_data_is_not_taken_for_ours() {
        let text = MLMODEL.replace("  onnx:", "  sklearn:");
        assert_eq!(onnx_data(&text), None);
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("MLmodel"), text).unwrap();
        assert!(matches!(read(directory.path()), Err(LoadError::NoOnnxFlavor(_))));
    }

    #[test]
    fn a_path_out_of_the_directory_is_refused_and_named() {
        for target in ["../secret", "/etc/passwd", "a/../../b", "\"\"", ".", "a\\..\\b"] {
            let refused = read(pointing_to(target).path()).unwrap_err();
            assert!(matches!(refused, LoadError::Outside { .. }), "{target}: {refused}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_directory_is_refused() {
        let directory = pointing_to("model.onnx");
        std::os::unix::fs::symlink("/etc/hostname", directory.path().join("model.onnx")).unwrap();
        assert!(matches!(read(directory.path()), Err(LoadError::Outside { .. })));
    }

    #[test]
    fn what_is_no_file_is_refused_and_named() {
        let missing = read(Path::new("/nowhere/model.onnx")).unwrap_err();
        assert!(missing.to_string().contains("/nowhere/model.onnx"));
        assert!(matches!(read(Path::new("/dev/zero")), Err(LoadError::NotAFile(_))));
    }
}
