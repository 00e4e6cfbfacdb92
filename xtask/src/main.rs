//! The project's chores: `cargo xtask NAME`. One entry for everything a contributor or `.ci/run` does beyond plain cargo.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore's output is its result")]

mod agree;
mod bench;
mod containers;
mod deny;
mod estimates;
mod http;
mod metadata;
mod mlflow;
mod process;
mod project;
mod python;
mod served;
mod unused;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask CHORE

  deny       check licences, sources, banned and duplicate crates, and the layers, against xtask/deny.toml
  unused     find dependencies that are named in a Cargo.toml and used nowhere
  python     make the virtual environment that `agree` and `mlflow` need, in the target directory
  containers run the suite of executors against real containers, by podman; installs it where it may
  agree      train on the example, then compare Kaizen's predictions with ONNX Runtime's, and its estimates with NannyML's
  estimates  the last part of `agree` alone
  mlflow     run MLflow's own client against `kaizen server`, and the example that trains by it to the end
  bench      measure the release build: `up`, cold start, latency (--build: the clean build too;
             --capture: what capture costs a request; --drift DIR: `drift` on pairs of files;
             --orchestration: what a step costs, beside make [--kaizen PATH] [--rounds N] [--peers HARNESS VENVS];
             --kill9: how a run goes on after a kill in the middle [--kaizen PATH];
             --tracking: the tracking server under load, beside others of its kind [--kaizen PATH] [--seconds N] [--runs N]
             [--megabytes N] [--peer 'mlflow server --port {port} --backend-store-uri sqlite:///{dir}/mlflow.db'])";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["deny"] => deny::run(),
        ["unused"] => unused::run(),
        ["python"] => python::run(),
        ["containers"] => containers::run(),
        ["agree"] => agree::run(),
        ["estimates"] => estimates::run(),
        ["mlflow"] => mlflow::run(),
        ["bench", options @ ..] => bench::run(options),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
