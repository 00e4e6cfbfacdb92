//! A loaded model: its plan is compiled once and run many times, from any number of threads.

use std::{collections::BTreeMap, fmt};

use prost::Message;

use crate::{
    Error, Port, Problem, Tensor, compile,
    kernels::{Inputs, Kernel, Source},
    proto::ModelProto,
    tensor::MAX_BYTES,
};

/// An ONNX model that is ready to run.
pub struct Model {
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) constants: Vec<Tensor>,
    /// Where each input is put.
    pub(crate) input_slots: Vec<usize>,
    /// Where each output is found.
    pub(crate) output_sources: Vec<Source>,
    pub(crate) slots: usize,
    pub(crate) steps: Vec<Step>,
}

/// One node of the graph, compiled.
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) operator: String,
    pub(crate) kernel: Box<dyn Kernel>,
    pub(crate) sources: Vec<Source>,
    /// Where each output goes; nothing for one that nobody reads.
    pub(crate) targets: Vec<Option<usize>>,
    /// The slots that no later step reads.
    pub(crate) released: Vec<usize>,
}

impl Model {
    /// Reads a model and prepares it to run. Everything is checked here: bytes from a stranger
    /// give an error, never a panic or more memory than a fixed multiple of their length.
    ///
    /// # Errors
    /// When the bytes are not a model, or it needs what this runtime does not have.
    pub fn load(bytes: &[u8]) -> Result<Self, Error> {
        compile::compile(ModelProto::decode(bytes)?)
    }

    /// What the model takes, in its order.
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// What the model gives, in its order.
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// The notes stored with the model, by key.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Runs the model on these inputs, in any order; gives its outputs in its order.
    ///
    /// # Errors
    /// When an input is missing, unknown, or of another type or shape than the model takes, or a node
    /// cannot work on what it gets.
    pub fn run(&self, inputs: Vec<(String, Tensor)>) -> Result<Vec<(String, Tensor)>, Error> {
        let mut slots: Vec<Option<Tensor>> = Vec::new();
        slots.resize_with(self.slots, || None);
        self.place(inputs, &mut slots)?;
        let mut bytes: u128 = slots.iter().flatten().map(Tensor::bytes).sum();
        let mut made = Vec::new();
        for step in &self.steps {
            let inputs = Inputs { sources: &step.sources, slots: &slots, constants: &self.constants };
            step.kernel.run(&inputs, &mut made).map_err(|problem| step.error(problem))?;
            for slot in &step.released {
                bytes -= slots[*slot].take().map_or(0, |tensor| tensor.bytes());
            }
            if made.len() < step.targets.len() {
                let problem = format!("has {} outputs, not {}", made.len(), step.targets.len());
                return Err(step.error(Problem::Value(problem)));
            }
            for (tensor, target) in made.drain(..).zip(&step.targets) {
                if let Some(target) = target {
                    bytes += tensor.bytes();
                    slots[*target] = Some(tensor);
                }
            }
            if bytes > MAX_BYTES {
                return Err(step.error(Problem::TooLarge(bytes)));
            }
        }
        Ok(self.collect(&mut slots))
    }

    fn place(&self, inputs: Vec<(String, Tensor)>, slots: &mut [Option<Tensor>]) -> Result<(), Error> {
        for (given, (name, tensor)) in inputs.into_iter().enumerate() {
            // Inputs mostly come in the model's order, which spares a search for each of many columns.
            let in_order = self.inputs.get(given).filter(|port| port.name == name).map(|_| given);
            let found = in_order.or_else(|| self.inputs.iter().position(|port| port.name == name));
            let Some(position) = found else {
                let known: Vec<&str> = self.inputs.iter().map(|port| port.name.as_str()).collect();
                return Err(Error::UnknownInput { name, known: known.join(", ") });
            };
            self.inputs[position].check(&tensor)?;
            slots[self.input_slots[position]] = Some(tensor);
        }
        for (port, slot) in self.inputs.iter().zip(&self.input_slots) {
            if slots[*slot].is_none() {
                return Err(Error::MissingInput(port.name.clone()));
            }
        }
        Ok(())
    }

    fn collect(&self, slots: &mut [Option<Tensor>]) -> Vec<(String, Tensor)> {
        let mut outputs = Vec::with_capacity(self.outputs.len());
        for (position, (port, source)) in self.outputs.iter().zip(&self.output_sources).enumerate() {
            let again = self.output_sources[position + 1..].contains(source);
            let tensor = match *source {
                Source::Constant(constant) => Some(self.constants[constant].clone()),
                Source::Slot(slot) if again => slots[slot].clone(),
                Source::Slot(slot) => slots[slot].take(),
                Source::Nothing => None,
            };
            let tensor = tensor.expect("an output is read from a constant or from a slot that stays filled");
            outputs.push((port.name.clone(), tensor));
        }
        outputs
    }
}

impl Step {
    fn error(&self, problem: Problem) -> Error {
        Error::Node { node: self.name.clone(), operator: self.operator.clone(), problem }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<&str> = self.steps.iter().map(|step| step.operator.as_str()).collect();
        out.debug_struct("Model")
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .field("steps", &steps)
            .finish_non_exhaustive()
    }
}
