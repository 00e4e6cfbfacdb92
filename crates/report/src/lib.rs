//! Charts and documents: values in, self-contained HTML and SVG out.
//!
//! The command line calls this for `kaizen drift --html`. A document is one file: its style and its
//! charts are in it, it has no script, and it asks nothing of any network. Whatever came from data is
//! text, never markup: it goes through [`escaped`] on its way in.

mod chart;
pub mod drift;
mod escape;
pub mod figure;
mod page;

pub use escape::escaped;
