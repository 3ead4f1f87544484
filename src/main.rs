//! The binary: parses arguments and runs a command.

use std::process::ExitCode;

fn main() -> ExitCode {
    buzzwall::cli::main()
}
