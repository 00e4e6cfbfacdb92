//! Fan-outs: a step with `each` becomes its instances, and what reads it reads them all.

mod instance;

use std::{cell::RefCell, collections::BTreeMap};

use base::{Diagnostic, Name};

use self::instance::Instance;
use crate::{Each, Input, Pattern, Project, Step, check, path, reader::Reader, step::each::MOST_INSTANCES};

/// The most that all readers of fan-outs may read together: beyond it one fan-out should collect another.
const MOST_READS: usize = 10_000_000;

/// The project with each fan-out replaced by its instances, `train[lr=0.1]`; the same when it has none.
///
/// `files` gives the files of a pattern as paths relative to the project file, with `/` between their parts.
/// An instance over a file reads that file. What reads a fan-out gets all its instances as
/// [inputs](Step::inputs), in the order of the values and files.
///
/// # Errors
/// What is wrong with the instances, by field; [`place`] finds the fields' places in the text.
pub fn expand(
    project: &Project,
    files: &dyn Fn(&Pattern) -> Vec<String>,
) -> Result<Project, Vec<Diagnostic>> {
    let mut project = project.clone();
    if project.steps.values().all(|step| step.each.is_none()) {
        return Ok(project);
    }
    let found = Findings::default();
    let declared = std::mem::take(&mut project.steps);
    let mut groups = Groups::new();
    for (name, step) in declared {
        match &step.each {
            None => drop(project.steps.insert(name, step)),
            Some(each) => {
                let instances = instances(&project, &name, each, files, &found);
                let room = MOST_INSTANCES.saturating_sub(project.steps.len());
                if instances.len() > room {
                    found.report(&["step", name.as_str(), "each"], too_many(instances.len()));
                    continue;
                }
                groups.insert(name.clone(), add(&mut project.steps, &name, &step, &instances, &found));
            }
        }
    }
    read_instances(&mut project.steps, &groups, &found);
    check::instances(&project, &|keys, finding| found.report(keys, finding));
    let found = found.0.into_inner();
    if found.is_empty() { Ok(project) } else { Err(found) }
}

/// The findings with the file's name and the place in its text of the field that each is about.
pub fn place(file: &str, text: &str, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let reader = Reader::new(file, text, &|_| None);
    let document = reader.document();
    let root = document.as_ref().map(|document| reader.root(document, &crate::project::SHAPE));
    let placed = |mut finding: Diagnostic| {
        let field = finding.field.clone().unwrap_or_default();
        let keys: Vec<&str> = field.split('.').collect();
        finding.file = Some(file.to_owned());
        (finding.line, finding.column) = root.map(|root| root.at(&keys).line_and_column()).unzip();
        finding
    };
    findings.into_iter().map(placed).collect()
}

/// The instances of each fan-out, in the order of its values or files.
type Groups = BTreeMap<Name, Vec<Name>>;

/// What is wrong with the instances, so far.
#[derive(Debug, Default)]
struct Findings(RefCell<Vec<Diagnostic>>);

impl Findings {
    /// Records a finding about the field at these keys. Of an instance it is its fan-out's field.
    fn report(&self, keys: &[&str], finding: Diagnostic) {
        let declared = |key: &&str| key.split('[').next().unwrap_or_default().to_owned();
        let field = keys.iter().map(declared).collect::<Vec<_>>().join(".");
        self.0.borrow_mut().push(finding.field(field));
    }
}

fn too_many(count: usize) -> Diagnostic {
    Diagnostic::error(format!("{count} instances are too many"))
        .expected(format!("at most {MOST_INSTANCES} steps in all"))
}

fn instances(
    project: &Project,
    name: &Name,
    each: &Each,
    files: &dyn Fn(&Pattern) -> Vec<String>,
    found: &Findings,
) -> Vec<Instance> {
    match each {
        Each::Parameters(parameters) => instance::of_parameters(parameters),
        Each::Files(pattern) => {
            let mut files = files(pattern);
            files.sort();
            files.dedup();
            let source = match pattern {
                Pattern::Glob(glob) => glob,
                Pattern::Data(data) => project.data.get(data).map_or("", |data| data.source.as_str()),
            };
            let refuse = |finding| found.report(&["step", name.as_str(), "each"], finding);
            if files.is_empty() {
                let none =
                    Diagnostic::error(format!("no file matches `{source}`, so the step has no instance"));
                refuse(none.hint("a fan-out goes over files that are there before anything runs"));
            }
            if let Some((file, problem)) =
                files.iter().find_map(|file| Some((file, path::plain(file).err()?)))
            {
                let outside = Diagnostic::error(format!("the file `{file}` {problem}"));
                refuse(outside.hint("a fan-out goes over files of the project; link or copy them into it"));
                return Vec::new();
            }
            instance::of_files(&files, path::literal(source))
        }
    }
}

/// Adds the instances to the steps; they stop at the first one that cannot be.
fn add(
    steps: &mut BTreeMap<Name, Step>,
    group: &Name,
    step: &Step,
    instances: &[Instance],
    found: &Findings,
) -> Vec<Name> {
    let over = match &step.each {
        Some(Each::Files(Pattern::Data(data))) => Some(data),
        _ => None,
    };
    // Not cloned with every instance: `each` holds all values.
    let template = Step { each: None, ..step.clone() };
    let mut names = Vec::with_capacity(instances.len());
    for instance in instances {
        let name = group.instance(&instance.key);
        match instance.fill(&template, over) {
            Ok(filled) => {
                if steps.insert(name.clone(), filled).is_some() {
                    let twice = Diagnostic::error(format!("two instances would be called `{name}`"));
                    found.report(&["step", group.as_str(), "each"], twice.hint("rename a value or a file"));
                    break;
                }
                names.push(name);
            }
            Err(problem) => {
                found.report(&["step", group.as_str(), problem.field], *problem.finding);
                break;
            }
        }
    }
    names
}

/// What reads a fan-out reads all its instances.
fn read_instances(steps: &mut BTreeMap<Name, Step>, groups: &Groups, found: &Findings) {
    let mut left = MOST_READS;
    for (name, step) in steps {
        let group = |input: &Input| match input {
            Input::Step(read) => groups.get(read),
            _ => None,
        };
        let count: usize = step.reads.iter().filter_map(group).map(Vec::len).sum();
        if !step.reads.iter().any(|input| group(input).is_some()) {
            continue;
        }
        if count > left {
            let many = Diagnostic::error(format!("the steps read {MOST_READS} instances and more"));
            let hint = "let one step collect the fan-out, and the others read that step";
            found.report(&["step", name.as_str(), "reads"], many.hint(hint));
            return;
        }
        left -= count;
        let mut inputs = Vec::with_capacity(step.reads.len() + count);
        for input in &step.reads {
            match group(input) {
                Some(instances) => inputs.extend(instances.iter().cloned().map(Input::Step)),
                None => inputs.push(input.clone()),
            }
        }
        step.expanded = inputs;
    }
}
