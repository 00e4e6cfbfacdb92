//! Why `kaizen server` cannot listen, in the words of its arguments; where `kaizen up` listens, the project file says.

use std::path::Path;

use server::Error;

use crate::{Failure, exit};

/// The directory is where its tokens are.
pub(super) fn of(error: Error, directory: &Path) -> Failure {
    let message = match error {
        Error::Address(address) => format!(
            "`{address}` is not an address to listen on; give --host in numbers or as localhost, such as \
             --host 127.0.0.1"
        ),
        Error::BeyondLoopback(address) => format!(
            "will not listen on {address}, which other machines can reach, without authentication: create a token \
             first (`kaizen token create NAME --scope write --data {}`), or give --host a loopback address, such as \
             --host 127.0.0.1",
            directory.display()
        ),
        Error::Taken(address) => format!(
            "{address} is taken by another process; end that one, or choose another port (--port 0 takes any free one)"
        ),
        other @ (Error::Listen { .. } | Error::Run(_)) => return other.into(),
    };
    Failure::new(exit::FAILED, message)
}
