//! The spools that a process hosts for its commands, each begun when the first command wants it.

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base::Clock;
use serde::{Deserialize, Serialize};
use server::spool::{Settings, Spool, Upstream};

use crate::output::note;

/// Where MLflow's clients find their server.
const URI: &str = "MLFLOW_TRACKING_URI";
/// What stands there until a spool has taken the server's place.
const SCHEME: &str = "kaizen-spool:";
/// How long the last writes may take to be sent. Whoever waits for the command has waited for them before.
const LAST: Duration = Duration::from_millis(500);

/// A spool as a command is to have it. As text it stands in the place of the server's address, and goes to the process
/// that will host the spool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// The directory of spools.
    pub(crate) directory: PathBuf,
    /// The server behind it.
    pub(crate) upstream: Upstream,
}

/// The spools of a process that keeps commands. None is started before a command wants one.
pub(crate) struct Spools {
    clock: Arc<dyn Clock>,
    running: Mutex<Vec<(Wanted, Spool)>>,
}

impl fmt::Display for Wanted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        write!(out, "{SCHEME}{text}")
    }
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix(SCHEME).ok_or("it is no spool")?;
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}

impl Spools {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, running: Mutex::default() }
    }

    /// Gives a command that wants a spool the address of one.
    pub(crate) fn prepare(&self, variables: &mut BTreeMap<String, String>) -> Result<(), String> {
        let Some(uri) = variables.get_mut(URI).filter(|uri| uri.starts_with(SCHEME)) else { return Ok(()) };
        let wanted = uri.parse().map_err(|error| format!("{URI} names no spool: {error}"))?;
        *uri = self.address(wanted)?;
        Ok(())
    }

    fn address(&self, wanted: Wanted) -> Result<String, String> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, spool)) = running.iter().find(|(other, _)| *other == wanted) {
            return Ok(url(spool));
        }
        let mut settings =
            Settings::of(wanted.directory.clone(), wanted.upstream.clone(), self.clock.clone());
        settings.told = Arc::new(note);
        let spool = Spool::start(settings).map_err(|error| format!("failed to {error}"))?;
        let url = url(&spool);
        running.push((wanted, spool));
        Ok(url)
    }

    /// Ends them. What still waits then is sent by the next spool.
    pub(crate) fn finish(&self) {
        let running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, spool) in running {
            spool.finish(LAST);
        }
    }
}

fn url(spool: &Spool) -> String {
    format!("http://{}", spool.address())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use base::{FixedClock, Timestamp};
    use server::spool::Upstream;

    use super::{Spools, URI, Wanted};

    fn spools() -> Spools {
        Spools::new(Arc::new(FixedClock::at(Timestamp::from_micros(0))))
    }

    #[test]
    fn commands_that_want_the_same_spool_share_it_and_others_have_none() {
        let directory = tempfile::tempdir().unwrap();
        let spools = spools();
        let wanted = |url: &str| {
            let upstream = Upstream::Url(url.to_owned());
            Wanted { directory: directory.path().to_owned(), upstream }.to_string()
        };
        let prepared = |uri: &str| {
            let mut variables = BTreeMap::from([(URI.to_owned(), uri.to_owned())]);
            spools.prepare(&mut variables).unwrap();
            variables.remove(URI).unwrap()
        };
        let first = prepared(&wanted("http://127.0.0.1:1"));
        assert!(first.starts_with("http://127.0.0.1:"), "{first}");
        assert_eq!(prepared(&wanted("http://127.0.0.1:1")), first);
        assert_ne!(prepared(&wanted("http://127.0.0.1:2")), first);
        assert_eq!(prepared("http://127.0.0.1:1"), "http://127.0.0.1:1");
        spools.prepare(&mut BTreeMap::new()).unwrap();
        spools.finish();
    }

    #[test]
    fn a_spool_that_cannot_be_had_is_said_before_the_command_starts() {
        let mut variables = BTreeMap::from([(URI.to_owned(), "kaizen-spool:{}".to_owned())]);
        let why = spools().prepare(&mut variables).unwrap_err();
        assert!(why.contains("names no spool"), "{why}");
        let file = tempfile::NamedTempFile::new().unwrap();
        let upstream = Upstream::Url("http://127.0.0.1:1".to_owned());
        let wanted = Wanted { directory: file.path().to_owned(), upstream };
        let mut variables = BTreeMap::from([(URI.to_owned(), wanted.to_string())]);
        let why = spools().prepare(&mut variables).unwrap_err();
        assert!(why.contains(file.path().to_str().unwrap()), "{why}");
    }
}
