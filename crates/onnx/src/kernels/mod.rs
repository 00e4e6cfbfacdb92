//! The operators: each is compiled from a node once and then run on tensors, by any thread.
//!
//! One file per family. Every kernel checks types and shapes of what it gets, and asks
//! `tensor::allow` before it makes something larger than its inputs.

mod arithmetic;
mod broadcast;
mod cast;
mod category;
mod classes;
mod comparison;
mod gather;
mod join;
mod label_encoder;
mod linear;
mod logic;
mod matmul;
mod one_hot;
mod post_transform;
mod reduce;
mod scale;
mod shape;
mod softmax;
mod trees;
mod unary;

use crate::{Problem, Tensor, attributes::Node};

/// The domain of the operators for classical models.
pub(crate) const ML_DOMAIN: &str = "ai.onnx.ml";

/// A compiled operator.
pub(crate) trait Kernel: Send + Sync {
    /// Works on the inputs and appends the outputs, in their order.
    fn run(&self, inputs: &Inputs<'_>, outputs: &mut Vec<Tensor>) -> Result<(), Problem>;
}

/// A compiled operator, or nothing when there is no such operator here.
type Compiled = Result<Box<dyn Kernel>, Problem>;

/// Where a value is while a model runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Constant(usize),
    Slot(usize),
    /// An optional input that is left out.
    Nothing,
}

/// What a node reads.
pub(crate) struct Inputs<'a> {
    pub(crate) sources: &'a [Source],
    pub(crate) slots: &'a [Option<Tensor>],
    pub(crate) constants: &'a [Tensor],
}

impl<'a> Inputs<'a> {
    fn len(&self) -> usize {
        self.sources.len()
    }

    /// The input at this position, if it is given.
    fn get(&self, position: usize) -> Option<&'a Tensor> {
        match *self.sources.get(position)? {
            Source::Constant(constant) => Some(&self.constants[constant]),
            Source::Slot(slot) => self.slots[slot].as_ref(),
            Source::Nothing => None,
        }
    }

    /// The input at this position, which must be given.
    fn need(&self, position: usize) -> Result<&'a Tensor, Problem> {
        self.get(position).ok_or(Problem::MissingInput(position))
    }
}

/// A kernel with one output.
struct Single<F>(F);

impl<F> Kernel for Single<F>
where
    F: Fn(&Inputs<'_>) -> Result<Tensor, Problem> + Send + Sync,
{
    fn run(&self, inputs: &Inputs<'_>, outputs: &mut Vec<Tensor>) -> Result<(), Problem> {
        outputs.push(self.0(inputs)?);
        Ok(())
    }
}

/// A kernel from a function that makes one output.
fn single<F>(function: F) -> Box<dyn Kernel>
where
    F: Fn(&Inputs<'_>) -> Result<Tensor, Problem> + Send + Sync + 'static,
{
    Box::new(Single(function))
}

type Compile = fn(&Node<'_>) -> Compiled;

/// The operators of the default domain; `Constant` and `Identity` are dissolved before.
const DEFAULT: &[(&str, Compile)] = &[
    ("Abs", unary::abs),
    ("Add", arithmetic::add),
    ("And", logic::and),
    ("ArgMax", reduce::arg_max),
    ("ArgMin", reduce::arg_min),
    ("Cast", cast::cast),
    ("Ceil", unary::ceil),
    ("Clip", unary::clip),
    ("Concat", join::concat),
    ("ConstantOfShape", shape::constant_of_shape),
    ("Div", arithmetic::div),
    ("Equal", comparison::equal),
    ("Exp", unary::exp),
    ("Expand", shape::expand),
    ("Flatten", shape::flatten),
    ("Floor", unary::floor),
    ("Gather", gather::gather),
    ("Gemm", matmul::gemm),
    ("Greater", comparison::greater),
    ("GreaterOrEqual", comparison::greater_or_equal),
    ("IsNaN", unary::is_nan),
    ("Less", comparison::less),
    ("LessOrEqual", comparison::less_or_equal),
    ("Log", unary::log),
    ("MatMul", matmul::matmul),
    ("Max", arithmetic::max),
    ("Min", arithmetic::min),
    ("Mod", arithmetic::modulo),
    ("Mul", arithmetic::mul),
    ("Neg", unary::neg),
    ("Not", logic::not),
    ("Or", logic::or),
    ("Pow", arithmetic::pow),
    ("Reciprocal", unary::reciprocal),
    ("ReduceMax", reduce::max),
    ("ReduceMean", reduce::mean),
    ("ReduceMin", reduce::min),
    ("ReduceSum", reduce::sum),
    ("Relu", unary::relu),
    ("Reshape", shape::reshape),
    ("Shape", shape::shape),
    ("Sigmoid", unary::sigmoid),
    ("Slice", join::slice),
    ("Softmax", softmax::softmax),
    ("Split", join::split),
    ("Sqrt", unary::sqrt),
    ("Squeeze", shape::squeeze),
    ("Sub", arithmetic::sub),
    ("Sum", arithmetic::sum),
    ("Tanh", unary::tanh),
    ("Transpose", shape::transpose),
    ("Unsqueeze", shape::unsqueeze),
    ("Where", logic::choose),
    ("Xor", logic::xor),
];

/// The operators for classical models; `ZipMap` is dissolved before.
const ML: &[(&str, Compile)] = &[
    ("ArrayFeatureExtractor", gather::array_feature_extractor),
    ("Binarizer", scale::binarizer),
    ("CategoryMapper", category::category_mapper),
    ("FeatureVectorizer", join::feature_vectorizer),
    ("Imputer", scale::imputer),
    ("LabelEncoder", label_encoder::label_encoder),
    ("LinearClassifier", linear::classifier),
    ("LinearRegressor", linear::regressor),
    ("Normalizer", scale::normalizer),
    ("OneHotEncoder", one_hot::one_hot_encoder),
    ("Scaler", scale::scaler),
    ("TreeEnsembleClassifier", trees::classifier),
    ("TreeEnsembleRegressor", trees::regressor),
];

/// The kernel of a node; nothing when its operator is not one of ours.
pub(crate) fn compile(domain: &str, node: &Node<'_>) -> Result<Option<Box<dyn Kernel>>, Problem> {
    let operators = match domain {
        "" => DEFAULT,
        ML_DOMAIN => ML,
        _ => return Ok(None),
    };
    let found = operators.iter().find(|(name, _)| *name == node.proto.op_type);
    found.map(|(_, compile)| compile(node)).transpose()
}

/// The value of a `Constant` node.
pub(crate) fn constant(node: &Node<'_>) -> Result<Tensor, Problem> {
    shape::constant(node)
}

/// The domain in which an operator of this name lives.
pub(crate) fn domain_of(operator: &str) -> &'static str {
    let classical = operator == "ZipMap" || ML.iter().any(|(name, _)| *name == operator);
    if classical { ML_DOMAIN } else { "" }
}

/// All operators, for a message.
pub(crate) fn supported() -> String {
    let default = DEFAULT.iter().map(|(name, _)| *name).chain(["Constant", "Identity"]);
    let classical = ML.iter().map(|(name, _)| *name).chain(["ZipMap"]);
    let mut names: Vec<&str> = default.chain(classical).collect();
    names.sort_unstable();
    names.join(", ")
}
