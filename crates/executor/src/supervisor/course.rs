//! When a run is sent which signal: decisions over times, without any of their own.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::control::Asked;
use crate::Exit;

/// The course of one run.
pub(crate) struct Course {
    /// When the next signal is due.
    due: Option<Instant>,
    grace: Duration,
    /// Why it is being ended.
    cause: Option<Exit>,
    killed: bool,
}

impl Course {
    pub(crate) fn new(start: Instant, timeout: Option<Duration>, grace: Duration) -> Self {
        let due = timeout.and_then(|timeout| start.checked_add(timeout));
        Self { due, grace, cause: None, killed: false }
    }

    /// The signal that is due, and how long to wait for the next one.
    pub(crate) fn next(&mut self, asked: Asked, now: Instant) -> (Option<Signal>, Option<Duration>) {
        let signal = self.signal(asked, now);
        let wait = self.due.filter(|_| !self.killed).map(|due| due.saturating_duration_since(now));
        (signal, wait)
    }

    /// Why we ended it, if we did.
    pub(crate) fn cause(&self) -> Option<Exit> {
        self.cause
    }

    fn signal(&mut self, asked: Asked, now: Instant) -> Option<Signal> {
        let is_due = self.due.is_some_and(|due| due <= now);
        match (asked, self.cause) {
            _ if self.killed => None,
            (Asked::EndNow, _) => Some(self.kill(Exit::Ended)),
            (_, Some(cause)) => is_due.then(|| self.kill(cause)),
            (Asked::End, None) => Some(self.terminate(Exit::Ended, now)),
            (Asked::Nothing, None) => is_due.then(|| self.terminate(Exit::TimedOut, now)),
        }
    }

    fn terminate(&mut self, cause: Exit, now: Instant) -> Signal {
        self.cause = Some(cause);
        self.due = now.checked_add(self.grace);
        Signal::TERM
    }

    fn kill(&mut self, cause: Exit) -> Signal {
        self.cause.get_or_insert(cause);
        self.killed = true;
        Signal::KILL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_timeout_is_term_then_its_grace_then_kill() {
        let start = Instant::now();
        let mut course = Course::new(start, Some(10 * SECOND), 3 * SECOND);
        let mut at = |second| course.next(Asked::Nothing, start + second * SECOND);
        assert_eq!(at(4), (None, Some(6 * SECOND)));
        assert_eq!(at(10), (Some(Signal::TERM), Some(3 * SECOND)));
        assert_eq!(at(12), (None, Some(SECOND)));
        assert_eq!(at(13), (Some(Signal::KILL), None));
        assert_eq!(at(14), (None, None));
        assert_eq!(course.cause(), Some(Exit::TimedOut));
    }

    #[test]
    fn a_request_is_term_then_its_grace_then_kill() {
        let start = Instant::now();
        let mut course = Course::new(start, None, 3 * SECOND);
        assert_eq!(course.next(Asked::Nothing, start), (None, None));
        assert_eq!(course.next(Asked::End, start + SECOND), (Some(Signal::TERM), Some(3 * SECOND)));
        assert_eq!(course.next(Asked::End, start + 2 * SECOND), (None, Some(2 * SECOND)));
        assert_eq!(course.next(Asked::End, start + 4 * SECOND), (Some(Signal::KILL), None));
        assert_eq!(course.cause(), Some(Exit::Ended));
    }

    #[test]
    fn a_request_for_an_end_now_does_not_wait_and_does_not_change_the_cause() {
        let start = Instant::now();
        let mut course = Course::new(start, Some(SECOND), 3 * SECOND);
        assert_eq!(course.next(Asked::Nothing, start + SECOND), (Some(Signal::TERM), Some(3 * SECOND)));
        assert_eq!(course.next(Asked::EndNow, start + SECOND), (Some(Signal::KILL), None));
        assert_eq!(course.cause(), Some(Exit::TimedOut));
    }

    #[test]
    fn times_beyond_all_reckoning_are_never_due() {
        let start = Instant::now();
        let mut course = Course::new(start, Some(Duration::MAX), Duration::MAX);
        assert_eq!(course.next(Asked::Nothing, start), (None, None));
        assert_eq!(course.next(Asked::End, start), (Some(Signal::TERM), None));
    }
}
