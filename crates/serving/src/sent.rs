use onnx::Tensor;

/// One input of a request, as the model takes it.
pub(crate) struct Sent {
    pub(crate) tensor: Tensor,
    /// The numbers before they were narrowed to what the graph takes.
    pub(crate) exact: Option<Vec<f64>>,
    pub(crate) rows: usize,
}
