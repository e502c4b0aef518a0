//! The `pum` command; all of it is in the library beside this file.

fn main() -> std::process::ExitCode {
    pum_cli::main()
}
