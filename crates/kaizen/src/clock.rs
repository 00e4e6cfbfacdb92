use std::time::{Duration, Instant, SystemTime};

use base::{Clock, Timestamp};

/// The system's clock.
pub(crate) struct System {
    started: Instant,
}

impl System {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
