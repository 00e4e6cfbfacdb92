//! Clients that ask as fast as they are answered.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::server::Server;
use crate::http::Connection;

/// What a client repeats, given how often it did before.
pub(super) type Step<'a> = Box<dyn FnMut(&mut Connection, usize) -> Result<()> + 'a>;
/// Prepares what the client of this number repeats.
pub(super) type Work<'a> = dyn Fn(&mut Connection, usize) -> Result<Step<'a>> + Sync + 'a;

/// When a client stops.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    Time(Duration),
    Count(usize),
}

/// What the clients saw, and what it cost the server.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub(super) clients: usize,
    /// How long each request took, shortest first.
    pub(super) times: Vec<Duration>,
    pub(super) wall: Duration,
    pub(super) cpu: Duration,
}

/// Lets so many clients work at once.
pub(super) fn drive(server: &Server, clients: usize, until: Until, work: &Work<'_>) -> Result<Load> {
    let start = Barrier::new(clients + 1);
    let (of_clients, cpu, wall) = std::thread::scope(|scope| {
        let start = &start;
        let client = |number| scope.spawn(move || repeat(server, until, number, work, start));
        let clients: Vec<_> = (0..clients).map(client).collect();
        start.wait();
        let (cpu, began) = (server.cpu(), Instant::now());
        let join =
            |client: std::thread::ScopedJoinHandle<'_, _>| client.join().expect("a client does not panic");
        let of_clients: Vec<Result<Vec<Duration>>> = clients.into_iter().map(join).collect();
        (of_clients, server.cpu().saturating_sub(cpu), began.elapsed())
    });
    let mut times = Vec::new();
    for of_client in of_clients {
        times.extend(of_client?);
    }
    if times.is_empty() {
        bail!("no request was answered in {wall:?}");
    }
    times.sort_unstable();
    Ok(Load { clients, times, wall, cpu })
}

fn repeat(
    server: &Server,
    until: Until,
    number: usize,
    work: &Work<'_>,
    start: &Barrier,
) -> Result<Vec<Duration>> {
    // Whatever fails here, the others wait for this one too.
    let ready = server.connect().and_then(|mut connection| {
        let mut step = work(&mut connection, number)?;
        step(&mut connection, 0)?;
        Ok((connection, step))
    });
    start.wait();
    let (mut connection, mut step) = ready?;
    let (began, mut times) = (Instant::now(), Vec::new());
    // The first is not counted: it opens files and fills caches.
    while !until.is_reached(began.elapsed(), times.len() + 1) {
        let asked = Instant::now();
        step(&mut connection, times.len() + 1)?;
        times.push(asked.elapsed());
    }
    Ok(times)
}

impl Until {
    fn is_reached(self, elapsed: Duration, count: usize) -> bool {
        match self {
            Self::Time(time) => elapsed >= time,
            Self::Count(most) => count >= most,
        }
    }
}

impl Load {
    /// Requests a second, of all clients together.
    pub(super) fn rate(&self) -> f64 {
        self.times.len() as f64 / self.wall.as_secs_f64()
    }

    /// The smallest time that at least a share `q` of the requests did not exceed.
    pub(super) fn percentile(&self, q: f64) -> Duration {
        let rank = (q * self.times.len() as f64).ceil() as usize;
        self.times[rank.clamp(1, self.times.len()) - 1]
    }

    /// The server's processor time for a request.
    pub(super) fn cpu_each(&self) -> Duration {
        self.cpu / u32::try_from(self.times.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_of_all_requests() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        let (wall, cpu) = (Duration::from_secs(4), Duration::from_millis(500));
        let load = Load { clients: 4, times, wall, cpu };
        assert_eq!(load.rate(), 25.0);
        assert_eq!(load.cpu_each(), Duration::from_millis(5));
        assert_eq!(load.percentile(0.5), Duration::from_millis(50));
        assert_eq!(load.percentile(0.99), Duration::from_millis(99));
    }

    #[test]
    fn a_client_stops_by_time_or_by_count() {
        assert!(
            !Until::Count(3).is_reached(Duration::MAX, 2) && Until::Count(3).is_reached(Duration::ZERO, 3)
        );
        let second = Duration::from_secs(1);
        assert!(
            !Until::Time(second).is_reached(Duration::ZERO, 9) && Until::Time(second).is_reached(second, 0)
        );
    }
}
