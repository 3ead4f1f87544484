//! The binary: parses arguments and runs a command.

fn main() {}
