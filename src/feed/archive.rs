//! Reading archives: JSON Lines of posts and CSV with a header.
