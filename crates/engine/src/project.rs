use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::Error;

/// A project file that was read and made sense.
#[derive(Debug, Clone)]
pub struct Project {
    /// The directory it is in; relative paths in it start here.
    pub root: PathBuf,
    /// The file as the user named it.
    pub file: PathBuf,
    /// What it says.
    pub spec: spec::Project,
}

impl Project {
    /// Reads the project at `path`: a `kaizen.toml` or the directory that has one.
    ///
    /// `environment` answers `${env.NAME}`.
    ///
    /// # Errors
    /// [`Error::NoProject`] when there is none, [`Error::Spec`] with everything that is wrong with it.
    pub fn load(path: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let file = Self::file(path)?;
        let text = fs::read_to_string(&file).map_err(Error::io("read", &file))?;
        let shown = file.display().to_string();
        let spec = spec::parse(&shown, &text, environment).map_err(|diagnostics| Error::Spec {
            file: shown,
            text,
            diagnostics,
        })?;
        let root = Self::root(&file)?;
        Ok(Self { root, file, spec })
    }

    /// Where the state of the project at `path` is kept, whether or not its file makes sense.
    ///
    /// # Errors
    /// [`Error::NoProject`] when there is none.
    pub fn store_of(path: &Path) -> Result<PathBuf, Error> {
        Ok(Self::root(&Self::file(path)?)?.join(crate::STORE_DIRECTORY))
    }

    fn file(path: &Path) -> Result<PathBuf, Error> {
        let file = if path.is_dir() { path.join("kaizen.toml") } else { path.to_owned() };
        if file.exists() { Ok(file) } else { Err(Error::NoProject { path: file }) }
    }

    fn root(file: &Path) -> Result<PathBuf, Error> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folder.canonicalize().map_err(Error::io("find", folder))
    }

    /// Where the project's state is kept.
    pub fn store_directory(&self) -> PathBuf {
        self.root.join(crate::STORE_DIRECTORY)
    }
}
