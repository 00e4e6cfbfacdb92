//! Charts and documents: values in, self-contained HTML and SVG out.
