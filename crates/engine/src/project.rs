use std::{
    cell::RefCell,
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{Error, observe::data_source};

/// Answers with the value of a variable.
type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Answers for the variables of the environment that Kaizen runs in.
#[derive(Clone)]
pub struct Variables(Arc<Lookup>);

impl Variables {
    /// Asked through this function.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    /// The value of a variable, if it is set.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }
}

/// No variable is set.
impl Default for Variables {
    fn default() -> Self {
        Self::new(|_| None)
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Variables")
    }
}

/// A project file that was read and made sense.
#[derive(Debug, Clone)]
pub struct Project {
    /// The directory it is in; relative paths in it start here.
    pub root: PathBuf,
    /// The file as the user named it.
    pub file: PathBuf,
    /// What it says.
    pub spec: spec::Project,
    /// The environment it is run in.
    pub variables: Variables,
}

impl Project {
    /// Reads the project at `path`: a `kaizen.toml` or the directory that has one.
    ///
    /// `variables` answers `${env.NAME}`, and for what steps take from the environment.
    ///
    /// # Errors
    /// [`Error::NoProject`] when there is none, [`Error::Spec`] with everything that is wrong with it.
    pub fn load(path: &Path, variables: &Variables) -> Result<Self, Error> {
        let file = Self::file(path)?;
        let text = fs::read_to_string(&file).map_err(Error::io("read", &file))?;
        let shown = file.display().to_string();
        let spec = spec::parse(&shown, &text, &|name| variables.get(name))
            .map_err(|diagnostics| Error::Spec { file: shown, text, diagnostics })?;
        let root = Self::root(&file)?;
        Ok(Self { root, file, spec, variables: variables.clone() })
    }

    /// The same with every fan-out as its instances. Which there are depends on the files that are there.
    ///
    /// # Errors
    /// [`Error::Spec`] when an instance does not make sense.
    pub(crate) fn expanded(&self) -> Result<Arc<Self>, Error> {
        let unlisted = RefCell::new(None);
        let listed = |pattern: &spec::Pattern| {
            let listed = self.listed(pattern);
            listed.unwrap_or_else(|error| {
                unlisted.borrow_mut().get_or_insert(error);
                Vec::new()
            })
        };
        let expanded = spec::expand(&self.spec, &listed);
        if let Some(error) = unlisted.into_inner() {
            return Err(Error::Unlisted(Box::new(error)));
        }
        let spec = expanded.map_err(|diagnostics| {
            let text = fs::read_to_string(&self.file).unwrap_or_default();
            let file = self.file.display().to_string();
            let diagnostics = spec::place(&file, &text, diagnostics);
            Error::Spec { file, text, diagnostics }
        })?;
        Ok(Arc::new(Self { spec, ..self.clone() }))
    }

    /// The files that a fan-out goes over.
    fn listed(&self, pattern: &spec::Pattern) -> Result<Vec<String>, data::Error> {
        let files = match pattern {
            // Files of any kind, not of data alone.
            spec::Pattern::Glob(pattern) => data::matching(&self.root, pattern),
            spec::Pattern::Data(name) => match self.spec.data.get(name) {
                Some(data) => data::files(&data_source(self, data)),
                None => return Ok(Vec::new()),
            },
        };
        match files {
            Ok(files) => Ok(files.into_iter().map(|file| file.relative).collect()),
            // The step that has no instance says so itself, with its place.
            Err(data::Error::NoFiles { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
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
