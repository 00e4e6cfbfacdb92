mod walk;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use base::{Hash, Hasher, Name, Timestamp};
use plan::{Node, Observed, Reason, Source, Verb};
use store::Store;
pub(crate) use walk::walk;

use crate::{
    Error, Project, Request, facts, monitoring,
    output::Output,
    recorded::{Known, Left, Written},
};

/// Looks at the world: sources, declared files, facts, and whether recorded outputs are still there.
pub(crate) fn observe(
    project: &Project,
    store: &Store,
    known: &Known,
    request: &Request,
) -> Result<Observed, Error> {
    let mut observed = Observed {
        missing: missing(store, known)?,
        files: files(project, store)?,
        facts: facts::observe(project, store)?,
        due: due(project, store, known, request),
        ..Observed::default()
    };
    for (name, data) in &project.spec.data {
        observed.sources.insert(name.clone(), source(project, store, data)?);
    }
    for name in project.spec.monitors.keys() {
        let past = known.recorded.collections.get(name).map(Vec::as_slice).unwrap_or_default();
        if let Some(watch) = monitoring::watch(project, store, name, past)? {
            observed.monitors.insert(name.clone(), watch);
        }
    }
    Ok(observed)
}

/// The contents of the files that steps and training commands declare to read.
fn files(project: &Project, store: &Store) -> Result<BTreeMap<String, Option<Hash>>, Error> {
    let mut declared = BTreeSet::new();
    for input in project.spec.commands().flat_map(|step| step.inputs()) {
        if let spec::Input::File(file) = input {
            declared.insert(file.as_str());
        }
    }
    contents(&project.root, declared, store)
}

/// Why settled steps run all the same.
fn due(project: &Project, store: &Store, known: &Known, request: &Request) -> BTreeMap<Node, Vec<Reason>> {
    let mut due: BTreeMap<Node, Vec<Reason>> = BTreeMap::new();
    let now = store.now();
    for (name, step) in &project.spec.steps {
        let node = Node::Step(name.clone());
        let is_target =
            request.targets.is_empty() || request.targets.iter().any(|target| asks_for(target, name));
        let mut reasons = Vec::new();
        if request.force && is_target {
            reasons.push(Reason::Forced);
        }
        let left = known.left.get(&node);
        match (&step.cache, left) {
            (spec::Cache::Never, _) if !request.settled_uncached => reasons.push(Reason::NotCached),
            (spec::Cache::For(span), Some((_, recorded))) if age(now, *recorded) > span.get() => {
                reasons.push(Reason::Expired { after: *span });
            }
            _ => {}
        }
        if let Some(path) = left.and_then(|(left, _)| touched(project, store, left)) {
            reasons.push(Reason::OutputsTouched { path });
        }
        if !reasons.is_empty() {
            due.insert(node, reasons);
        }
    }
    due
}

/// A fan-out is asked for by its name: all its instances are.
fn asks_for(target: &Node, step: &Name) -> bool {
    matches!(target, Node::Step(name) if name == step || step.group() == Some(name.as_str()))
}

/// A clock that was set back makes nothing older.
fn age(now: Timestamp, then: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(now.micros().saturating_sub(then.micros())).unwrap_or(0))
}

/// A file that is not as the step left it.
fn touched(project: &Project, store: &Store, left: &Left) -> Option<String> {
    let is_touched = |written: &&Written| {
        !written.is_untouched(&project.root) && !has_its_content(project, store, written)
    };
    left.written.iter().find(is_touched).map(|written| written.path.clone())
}

/// Whether a file that was copied or touched has the same content all the same.
fn has_its_content(project: &Project, store: &Store, written: &Written) -> bool {
    let path = project.root.join(&written.path);
    let found = fs::symlink_metadata(&path);
    let is_as_long = found.is_ok_and(|found| found.is_file() && found.len() == written.bytes);
    is_as_long && store.hash_files(&[&path]).is_ok_and(|hashes| hashes.first() == Some(&written.hash))
}

/// The source's files as `data` wants them.
pub(crate) fn data_source(project: &Project, data: &spec::Data) -> data::Source {
    data::Source {
        root: project.root.clone(),
        pattern: data.source.clone(),
        format: data.format.map(data::Format::from),
    }
}

fn source(project: &Project, store: &Store, data: &spec::Data) -> Result<Source, Error> {
    let files = match data::files(&data_source(project, data)) {
        Ok(files) => files,
        Err(error) => return Ok(Source::Absent(error.to_string())),
    };
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    match store.hash_files(&paths) {
        Ok(hashes) => {
            let named = files.iter().map(|file| file.relative.as_str()).zip(hashes);
            Ok(Source::Present(fingerprint(named)))
        }
        // The file went, or may not be read: a fact about the source, not about us.
        Err(error @ store::Error::Io { .. }) => Ok(Source::Absent(base::causes(&error))),
        Err(error) => Err(error.into()),
    }
}

/// The identity of a source's content: the names and contents of its files.
pub(crate) fn fingerprint<'a>(files: impl IntoIterator<Item = (&'a str, Hash)>) -> Hash {
    let mut hasher = Hasher::new();
    for (name, content) in files {
        hasher.field(name).field(content.to_string());
    }
    hasher.finish()
}

/// The hash of each of these files, or of all files below a directory; nothing for one that is not there.
pub(crate) fn contents<'a>(
    root: &Path,
    names: impl IntoIterator<Item = &'a str>,
    store: &Store,
) -> Result<BTreeMap<String, Option<Hash>>, Error> {
    let mut found = Vec::new();
    let mut contents = BTreeMap::new();
    for name in names {
        // Not there, or not to be read: either way there is nothing to read.
        match walk(&root.join(name))? {
            Some(files) => found.push((name, files)),
            None => drop(contents.insert(name.to_owned(), None)),
        }
    }
    let all: Vec<&Path> = found.iter().flat_map(|(_, files)| files).map(AsRef::as_ref).collect();
    let mut hashes = match store.hash_files(&all) {
        Ok(hashes) => hashes.into_iter(),
        // One of them went meanwhile, or may not be read.
        Err(store::Error::Io { .. }) => return one_by_one(root, found, (store, contents)),
        Err(error) => return Err(error.into()),
    };
    for (name, files) in found {
        let hash = content(&root.join(name), &files, hashes.by_ref().take(files.len()));
        contents.insert(name.to_owned(), hash);
    }
    Ok(contents)
}

fn one_by_one(
    root: &Path,
    found: Vec<(&str, Vec<PathBuf>)>,
    (store, mut contents): (&Store, BTreeMap<String, Option<Hash>>),
) -> Result<BTreeMap<String, Option<Hash>>, Error> {
    for (name, files) in found {
        let paths: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
        let hash = match store.hash_files(&paths) {
            Ok(hashes) => content(&root.join(name), &files, hashes),
            Err(store::Error::Io { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        contents.insert(name.to_owned(), hash);
    }
    Ok(contents)
}

/// The hash of a declared path, by those of the files at it.
fn content(path: &Path, files: &[PathBuf], hashes: impl IntoIterator<Item = Hash>) -> Option<Hash> {
    let mut hashes = hashes.into_iter();
    if files.first().is_some_and(|file| file == path) {
        return hashes.next();
    }
    let name = |file: &Path| file.strip_prefix(path).unwrap_or(file).to_string_lossy().into_owned();
    let named: BTreeMap<String, Hash> = files.iter().map(|file| name(file)).zip(hashes).collect();
    Some(fingerprint(named.iter().map(|(name, hash)| (name.as_str(), *hash))))
}

/// The recorded outputs of which some object is gone.
pub(crate) fn missing(store: &Store, known: &Known) -> Result<BTreeSet<Hash>, Error> {
    let mut missing = lost(store, known)?;
    for (node, records) in &known.recorded.nodes {
        for (verb, record) in records {
            let Some(output) = record.output() else { continue };
            let is_listed = *verb == Verb::Run && known.left.contains_key(node);
            if !is_listed && !is_whole(store, *verb, &output)? {
                missing.insert(output);
            }
        }
    }
    // After a collect that failed, its record no longer names what was collected before.
    for last in known.recorded.collections.values().filter_map(|collections| collections.first()) {
        if !is_whole(store, Verb::Collect, &last.output)? {
            missing.insert(last.output);
        }
    }
    Ok(missing)
}

/// Outputs of steps that name an object which is not there with its size. Nothing is read for it.
fn lost(store: &Store, known: &Known) -> Result<BTreeSet<Hash>, Error> {
    let objects: Vec<_> = known.left.values().flat_map(|(left, _)| left.objects.iter().copied()).collect();
    let gone: BTreeSet<Hash> = store.lacking(&objects)?.into_iter().collect();
    if gone.is_empty() {
        return Ok(BTreeSet::new());
    }
    let is_lost = |left: &Left| left.objects.iter().any(|(hash, _)| gone.contains(hash));
    let lost = known.left.iter().filter(|(_, (left, _))| is_lost(left));
    let output = |node: &Node| known.recorded.nodes.get(node)?.get(&Verb::Run)?.output();
    Ok(lost.filter_map(|(node, _)| output(node)).collect())
}

fn is_whole(store: &Store, verb: Verb, output: &Hash) -> Result<bool, Error> {
    if !store.exists(output)? {
        return Ok(false);
    }
    let objects = match verb {
        Verb::Snapshot | Verb::Test | Verb::Run | Verb::Collect => {
            Output::load(store, output).map(|output| output.objects())
        }
        Verb::Train | Verb::Evaluate | Verb::Gate => {
            let tree = store.tree(output).map_err(Error::from);
            tree.map(|tree| tree.files.into_iter().map(|file| file.hash).collect())
        }
        Verb::Register | Verb::Promote | Verb::RollOut | Verb::Stop => Ok(BTreeSet::new()),
    };
    let objects = match objects {
        Ok(objects) => objects,
        // A damaged list is as good as none: it is made again.
        Err(
            Error::Store(
                store::Error::Missing { .. } | store::Error::Corrupt { .. } | store::Error::NotATree { .. },
            )
            | Error::Recorded { .. },
        ) => return Ok(false),
        Err(error) => return Err(error),
    };
    for object in objects {
        if !store.exists(&object)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
