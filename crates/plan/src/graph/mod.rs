//! The project's graph as text that other programs draw: Mermaid for Markdown, DOT for Graphviz.
//! The command line and the server ask here.
//!
//! Arrows go from what is read to what reads it; a dotted one from a monitor to the model that is
//! trained on what it collects. The instances of a fan-out are framed together, and above
//! 500 nodes they are one node.

mod dot;
mod drawing;
mod mermaid;
#[cfg(test)]
mod tests;

pub use dot::dot;
pub use mermaid::mermaid;
