//! The Kaizen binary: hands the process's arguments, environment and clock to `cli`, and turns
//! what comes back into an exit code. Nothing else reads the environment or the time.

mod clock;

use std::{env, io::IsTerminal as _, path::PathBuf, process::ExitCode, sync::Arc};

use cli::Environment;

// Requests allocate and free small buffers on several threads, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let environment = Environment {
        arguments: env::args_os().collect(),
        variable,
        clock: Arc::new(clock::System::start()),
        terminal: std::io::stderr().is_terminal(),
        user: variable("USER").or_else(|| variable("LOGNAME")).unwrap_or_else(|| "unknown".to_owned()),
        // What this process is, also when its file was deleted or replaced by another release since.
        program: PathBuf::from("/proc/self/exe"),
        abort_at: variable("KAIZEN_ABORT_AT"),
    };
    ExitCode::from(cli::run(&environment))
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}
