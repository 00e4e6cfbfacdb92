//! A tracking server under what it should not be sent, in the middle of what should not happen to it: it goes on, says
//! what is wrong, and has all that it acknowledged.

mod client;
mod disconnects;
mod guards;
mod kills;
mod ledger;
mod logging;
mod no_room;
mod slow_clients;
mod surface;

/// The prefix of MLflow's routes.
const API: &str = "/api/2.0/mlflow";

/// How many descriptors this process may have open: as many as it can.
fn open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}
