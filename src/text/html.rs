//! HTML to plain text with facets.
