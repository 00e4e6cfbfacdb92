//! `kaizen exec -- COMMAND`

mod spooled;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use base::{Hash, Name, Span};
use engine::{Cancel, Engine, Planned, Policy, Project, Request};
use serde_json::json;
use spec::{Cache, EnvValue, Input, SecretPlace, Step};

use super::{end_on_signal, io, run, up, wait_for};
use crate::{Environment, Failure, arguments::Exec, exit, hosting, output::Output, shell::quoted};

pub(crate) fn run(
    arguments: &Exec,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let folder = at.unwrap_or_else(|| PathBuf::from("."));
    let root = fs::canonicalize(&folder).map_err(io("find", &folder))?;
    let words = words(arguments)?;
    let name = name(arguments, &words)?;
    let mut step = step(arguments, &words, &root)?;
    let is_elsewhere = arguments.spool && spooled::before_given(&mut step, &root, environment)?;
    let mut spec = spec::Project::of_steps(name.clone(), [(name, step)].into());
    spec.tracking.spool = arguments.spool && !is_elsewhere;
    let project =
        Project { file: root.join("(no project file)"), spec, variables: environment.variables(), root };
    let detail = json!({ "exec": recorded(arguments, &words) });
    let policy = Policy { detail, ..Policy::of("exec") };
    let request = Request { force: arguments.no_cache, steps_only: true, ..Request::default() };
    wait_for(async {
        let cancel = Cancel::default();
        let engine = up::start(&project, environment, output, up::Answering::echoing(), cancel.clone())?;
        tokio::spawn(end_on_signal(cancel));
        let planned = engine.plan(&project, &request)?;
        if let Some(blocked) = planned.plan.blocked.first() {
            return Err(Failure::new(exit::USAGE, format!("run the command: {}", blocked.why)));
        }
        output.remark(&announced(&engine, &planned)?);
        if !arguments.no_cache && !is_declared(arguments) {
            output.remark("not cached: name what it reads and writes with --reads and --writes");
        }
        let pass = run::perform_quietly(&engine, &planned, &policy, output).await?;
        if arguments.spool {
            let directory = project.store_directory().join(hosting::SPOOL);
            tokio::task::block_in_place(|| hosting::settle(&directory));
            run::say_what_waits(&project, output);
        }
        run::code(&pass)
    })
}

/// Why the command runs, or why it does not.
fn announced(engine: &Engine, planned: &Planned) -> Result<String, Failure> {
    if let Some(action) = planned.plan.actions.first() {
        let reasons: Vec<_> = action.reasons.iter().map(ToString::to_string).collect();
        return Ok(format!("running {}: {}", action.id.node.name(), reasons.join("; ")));
    }
    let Some(node) = planned.desired.nodes.keys().next() else { return Ok(String::new()) };
    let last = engine.store().entries(Some(&node.to_string()), 1)?;
    let run =
        last.first().and_then(|entry| entry.run).map(|run| format!(" in run {run}")).unwrap_or_default();
    let name = node.name();
    Ok(format!(
        "nothing to do: {name} ran with the same inputs before{run}; `kaizen logs {name}` shows what it printed, --no-cache runs it again"
    ))
}

fn words(arguments: &Exec) -> Result<Vec<String>, Failure> {
    let word = |word: &std::ffi::OsString| {
        let shown = word.to_string_lossy().into_owned();
        let refused = || Failure::new(exit::USAGE, format!("the word {shown:?} of the command is not UTF-8"));
        word.to_str().map(str::to_owned).ok_or_else(refused)
    };
    arguments.command.iter().map(word).collect()
}

/// The given name, or the program's with a hash that keeps two commands apart.
fn name(arguments: &Exec, words: &[String]) -> Result<Name, Failure> {
    if let Some(name) = &arguments.name {
        return name.parse().map_err(|error: base::NameError| Failure::new(exit::USAGE, error.to_string()));
    }
    let program = Path::new(&words[0]).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let allowed = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_' || *letter == '-';
    let program: String = program.chars().filter(allowed).take(40).collect();
    let hash = Hash::of(words.join("\0")).short();
    let made = format!("{program}-{}", &hash[..6]);
    let fallback = || format!("exec-{}", &hash[..6]).parse();
    made.parse()
        .or_else(|_| fallback())
        .map_err(|error: base::NameError| Failure::new(exit::USAGE, error.to_string()))
}

/// Whether anything is known of what the command reads and writes, so that it can be told whether it would do the
/// same again.
fn is_declared(arguments: &Exec) -> bool {
    !arguments.reads.is_empty() || !arguments.writes.is_empty()
}

fn step(arguments: &Exec, words: &[String], root: &Path) -> Result<Step, Failure> {
    let writes = arguments.writes.iter().map(|path| inside(path, root)).collect::<Result<Vec<_>, _>>()?;
    let mut reads = reads(arguments, words, root)?;
    reads.retain(|path| !writes.contains(path));
    reads.sort();
    reads.dedup();
    let line: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    let mut step = Step::command(line.join(" "));
    if arguments.no_cache || !is_declared(arguments) {
        step.cache = Cache::Never;
    }
    step.reads = reads.into_iter().map(Input::File).collect();
    step.writes = writes;
    step.retry.attempts = arguments.attempts;
    if let Some(timeout) = &arguments.timeout {
        let wrong = |error: base::DurationError| Failure::new(exit::USAGE, format!("--timeout: {error}"));
        step.timeout = timeout.parse::<Span>().map_err(wrong)?;
    }
    step.env = variables(arguments)?;
    Ok(step)
}

/// What is named, and what the words show to be read.
fn reads(arguments: &Exec, words: &[String], root: &Path) -> Result<Vec<String>, Failure> {
    let mut reads = Vec::new();
    for path in &arguments.reads {
        let path = inside(path, root)?;
        if !root.join(&path).exists() {
            return Err(Failure::new(
                exit::USAGE,
                format!("--reads {path}: there is no such file or directory"),
            ));
        }
        reads.push(path);
    }
    for word in words.iter().filter(|_| is_declared(arguments)) {
        // A file among the words is read, surely by the program that it is given to.
        if let Ok(path) = inside(word, root)
            && root.join(&path).is_file()
        {
            reads.push(path);
        }
    }
    Ok(reads)
}

/// The environment that the command is given.
fn variables(arguments: &Exec) -> Result<BTreeMap<String, EnvValue>, Failure> {
    let mut variables = BTreeMap::new();
    for variable in &arguments.env {
        let (name, value) = match variable.split_once('=') {
            Some((name, value)) => (name, EnvValue::Value(value.to_owned())),
            None => (variable.as_str(), EnvValue::From(variable.clone())),
        };
        variables.insert(variable_name("--env", name)?.to_owned(), value);
    }
    for secret in &arguments.secret {
        let (name, place) =
            secret.split_once('=').map_or((secret.as_str(), None), |(name, place)| (name, Some(place)));
        let name = variable_name("--secret", name)?;
        let place = place.map_or(Ok(SecretPlace::Env(name.to_owned())), |place| secret_place(name, place))?;
        if variables.insert(name.to_owned(), EnvValue::Secret(place)).is_some() {
            return Err(Failure::new(
                exit::USAGE,
                format!("--secret: `{name}` is given twice; give it once"),
            ));
        }
    }
    Ok(variables)
}

/// Where a secret is kept. What is no place is not shown: it may be the secret itself.
fn secret_place(name: &str, place: &str) -> Result<SecretPlace, Failure> {
    match place.split_once(':') {
        Some(("env", from)) if variable_name("--secret", from).is_ok() => {
            Ok(SecretPlace::Env(from.to_owned()))
        }
        Some(("file", path)) if !path.is_empty() => Ok(SecretPlace::File(path.to_owned())),
        _ => {
            let message = format!(
                "--secret: `{name}` does not say where the secret is kept; write {name}=env:OTHER or {name}=file:PATH"
            );
            Err(Failure::new(exit::USAGE, message))
        }
    }
}

/// The name of a variable that the command may be given.
fn variable_name<'a>(option: &str, name: &'a str) -> Result<&'a str, Failure> {
    let in_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_name = !name.is_empty()
        && name.chars().all(in_name)
        && !name.starts_with(|first: char| first.is_ascii_digit());
    let why = if !is_name {
        "is no name of a variable; write letters, digits and `_`, no digit first"
    } else if name.starts_with("KAIZEN_") {
        "is set by Kaizen; give the variable another name"
    } else {
        return Ok(name);
    };
    Err(Failure::new(exit::USAGE, format!("{option}: `{name}` {why}")))
}

/// A path inside the directory, as a project file would have it.
fn inside(path: &str, root: &Path) -> Result<String, Failure> {
    let relative = Path::new(path).strip_prefix(root).unwrap_or(Path::new(path));
    let text = relative.to_str().unwrap_or_default();
    let refused =
        |why| Failure::new(exit::USAGE, format!("`{path}` {why}; name a path inside {}", root.display()));
    spec::path_inside(text).map_err(refused)
}

/// What a retry needs to make the same run again.
fn recorded(arguments: &Exec, words: &[String]) -> serde_json::Value {
    json!({
        "name": arguments.name, "reads": arguments.reads, "writes": arguments.writes, "env": arguments.env,
        "secret": arguments.secret,
        "no_cache": arguments.no_cache, "attempts": arguments.attempts, "timeout": arguments.timeout,
        "spool": arguments.spool,
        "command": words,
    })
}

/// The arguments that were recorded.
pub(super) fn again(detail: &serde_json::Value) -> Option<Exec> {
    let texts =
        |name: &str| -> Vec<String> { serde_json::from_value(detail[name].clone()).unwrap_or_default() };
    let text = |name: &str| detail[name].as_str().map(str::to_owned);
    let command: Vec<_> = texts("command").into_iter().map(Into::into).collect();
    (!command.is_empty()).then(|| Exec {
        name: text("name"),
        reads: texts("reads"),
        writes: texts("writes"),
        env: texts("env"),
        secret: texts("secret"),
        no_cache: detail["no_cache"].as_bool().unwrap_or_default(),
        attempts: detail["attempts"].as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or(1),
        timeout: text("timeout"),
        spool: detail["spool"].as_bool().unwrap_or_default(),
        command,
    })
}
