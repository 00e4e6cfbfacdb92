//! From the messages of a model file to a plan that can be run: names become positions,
//! constants and attributes are decoded once, and every step knows which values die with it.

use std::collections::{BTreeMap, HashMap};

use crate::{
    Error, Model, Port, Problem, Tensor,
    attributes::Node,
    constant,
    kernels::{self, Source},
    model::Step,
    proto::{GraphProto, ModelProto, NodeProto},
};

/// Compiles a model.
pub(crate) fn compile(proto: ModelProto) -> Result<Model, Error> {
    let graph = proto.graph.ok_or(Error::NoGraph)?;
    let mut versions: HashMap<&str, i64> = HashMap::new();
    for set in &proto.opset_import {
        // Real files name a domain twice, or not at all; the format says the highest counts.
        let version = versions.entry(domain(&set.domain)).or_default();
        *version = set.version.max(*version);
    }
    let mut compiler = Compiler::default();
    compiler.initializers(&graph)?;
    let inputs = compiler.inputs(&graph)?;
    for node in &graph.node {
        let version = versions.get(domain(&node.domain)).copied().unwrap_or_default();
        compiler.node(&Node { proto: node, version })?;
    }
    let (outputs, output_sources) = compiler.outputs(&graph)?;
    compiler.release(&output_sources);
    let metadata = proto.metadata_props.into_iter().map(|entry| (entry.key, entry.value));
    Ok(Model {
        inputs,
        outputs,
        metadata: metadata.collect::<BTreeMap<_, _>>(),
        constants: compiler.constants,
        input_slots: compiler.input_slots,
        output_sources,
        slots: compiler.slots,
        steps: compiler.steps,
    })
}

/// The default domain has two spellings.
fn domain(name: &str) -> &str {
    if name == "ai.onnx" { "" } else { name }
}

#[derive(Default)]
struct Compiler {
    /// Where the value of each name is.
    names: HashMap<String, Source>,
    constants: Vec<Tensor>,
    input_slots: Vec<usize>,
    slots: usize,
    steps: Vec<Step>,
}

impl Compiler {
    fn define(&mut self, name: &str, source: Source) -> Result<(), Error> {
        match self.names.insert(name.to_owned(), source) {
            Some(_) => Err(Error::Duplicate(name.to_owned())),
            None => Ok(()),
        }
    }

    fn slot(&mut self, name: &str) -> Result<usize, Error> {
        let slot = self.slots;
        self.slots += 1;
        self.define(name, Source::Slot(slot))?;
        Ok(slot)
    }

    fn constant(&mut self, name: &str, tensor: Tensor) -> Result<(), Error> {
        self.define(name, Source::Constant(self.constants.len()))?;
        self.constants.push(tensor);
        Ok(())
    }

    fn initializers(&mut self, graph: &GraphProto) -> Result<(), Error> {
        for proto in &graph.initializer {
            let error = |problem| Error::Constant { name: proto.name.clone(), problem };
            self.constant(&proto.name, constant::decode(proto).map_err(error)?)?;
        }
        Ok(())
    }

    /// The graph's inputs without those that old files list for their constants.
    fn inputs(&mut self, graph: &GraphProto) -> Result<Vec<Port>, Error> {
        let mut ports = Vec::new();
        for info in &graph.input {
            if let Some(Source::Constant(_)) = self.names.get(&info.name) {
                continue;
            }
            ports.push(Port::read("input", info)?);
            let slot = self.slot(&info.name)?;
            self.input_slots.push(slot);
        }
        Ok(ports)
    }

    fn node(&mut self, node: &Node<'_>) -> Result<(), Error> {
        let proto = node.proto;
        let operator = domain_operator(proto);
        let error = |problem| Error::Node { node: name(proto), operator: operator.clone(), problem };
        let mut sources = Vec::with_capacity(proto.input.len());
        for value in &proto.input {
            sources.push(self.source(value, || format!("node `{}` ({operator})", name(proto)))?);
        }
        match (operator.as_str(), proto.output.as_slice()) {
            ("Constant", [output]) => {
                return self.constant(output, kernels::constant(node).map_err(error)?);
            }
            ("Identity" | "ai.onnx.ml.ZipMap", [output]) => {
                // A ZipMap's dictionaries hold what its input already says; the tensor goes on.
                let source = sources.first().copied().filter(|source| *source != Source::Nothing);
                return self.define(output, source.ok_or_else(|| error(Problem::MissingInput(0)))?);
            }
            _ => {}
        }
        let Some(kernel) = kernels::compile(domain(&proto.domain), node).map_err(error)? else {
            return Err(Error::Unsupported { operator, node: name(proto), supported: kernels::supported() });
        };
        let mut targets = Vec::with_capacity(proto.output.len());
        for output in &proto.output {
            targets.push(if output.is_empty() { None } else { Some(self.slot(output)?) });
        }
        self.steps.push(Step { name: name(proto), operator, kernel, sources, targets, released: Vec::new() });
        Ok(())
    }

    fn source(&self, value: &str, reader: impl Fn() -> String) -> Result<Source, Error> {
        if value.is_empty() {
            return Ok(Source::Nothing);
        }
        let undefined = || Error::Undefined { reader: reader(), value: value.to_owned() };
        self.names.get(value).copied().ok_or_else(undefined)
    }

    fn outputs(&self, graph: &GraphProto) -> Result<(Vec<Port>, Vec<Source>), Error> {
        let mut ports = Vec::new();
        let mut sources = Vec::new();
        for info in &graph.output {
            ports.push(Port::read("output", info)?);
            let reader = || format!("output `{}`", info.name);
            let undefined = || Error::Undefined { reader: reader(), value: info.name.clone() };
            let source = self.source(&info.name, reader)?;
            sources.push(Some(source).filter(|source| *source != Source::Nothing).ok_or_else(undefined)?);
        }
        Ok((ports, sources))
    }

    /// Writes into every step the slots it is the last to read, outputs apart.
    fn release(&mut self, outputs: &[Source]) {
        let mut last = vec![None; self.slots];
        for (position, step) in self.steps.iter().enumerate() {
            for slot in step.targets.iter().flatten() {
                last[*slot] = Some(position + 1).filter(|next| *next < self.steps.len());
            }
            for source in &step.sources {
                if let Source::Slot(slot) = source {
                    last[*slot] = Some(position);
                }
            }
        }
        for source in outputs {
            if let Source::Slot(slot) = source {
                last[*slot] = None;
            }
        }
        for (slot, position) in last.into_iter().enumerate() {
            if let Some(position) = position {
                self.steps[position].released.push(slot);
            }
        }
    }
}

/// The node's name, or what it makes when it has none.
fn name(node: &NodeProto) -> String {
    if node.name.is_empty() { node.output.join(", ") } else { node.name.clone() }
}

/// The operator with its domain, unless that is the default one.
fn domain_operator(node: &NodeProto) -> String {
    match domain(&node.domain) {
        "" => node.op_type.clone(),
        domain => format!("{domain}.{}", node.op_type),
    }
}
