//! Sends a stream: one thread keeps the time, others send.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    ops::Range,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use base::{Clock, Timestamp};
use engine::Cancel;

use super::{
    Endpoint, EndpointError, Snapshot, Speed, Stream, Summary, body::Bodies, endpoint::Port, tally::Tally,
};

/// Labels that go in one request, at the most.
const LABELS: usize = 500;
/// How long a label may wait for others to go with.
const LABEL_PATIENCE: Duration = Duration::from_millis(100);
/// How long the time keeper sleeps at the most, so that it hears of a request to end.
const NAP: Duration = Duration::from_millis(50);

/// How a stream is sent.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    pub(crate) speed: Speed,
    /// Requests under way at once.
    pub(crate) connections: usize,
    /// Rows in a request, at the most; all of them are of one instant.
    pub(crate) batch: usize,
    /// How long a server that does not answer is tried again.
    pub(crate) patience: Duration,
}

/// Something to send.
enum Job {
    Rows(Range<usize>),
    Labels(Vec<usize>),
}

/// What all threads share.
struct Shared<'a> {
    stream: &'a Stream,
    bodies: Bodies<'a>,
    endpoint: &'a Endpoint,
    pace: &'a Pace,
    clock: &'a dyn Clock,
    cancel: &'a Cancel,
    tally: Mutex<Tally>,
    /// Why the replay cannot go on.
    given_up: Mutex<Option<String>>,
    /// The first event that was not sent with its label when the replay ended early.
    left: Mutex<Option<i64>>,
}

/// Sends the whole stream, or as much as there is time for; `progress` is told once a second.
pub(crate) fn run(
    stream: &Stream,
    (endpoint, inputs): (&Endpoint, &[Port]),
    pace: &Pace,
    (clock, cancel): (&dyn Clock, &Cancel),
    progress: &mut dyn FnMut(&Snapshot),
) -> Result<Summary, String> {
    let bodies = Bodies::new(&stream.table, inputs)?;
    let (tally, given_up, left) = (Mutex::default(), Mutex::default(), Mutex::default());
    let shared = Shared { stream, bodies, endpoint, pace, clock, cancel, tally, given_up, left };
    let (sender, receiver) = sync_channel(pace.connections * 2);
    let receiver = Mutex::new(receiver);
    let started = clock.elapsed();
    let reached = thread::scope(|scope| {
        for _ in 0..pace.connections {
            scope.spawn(|| shared.work(&receiver));
        }
        Keeper::new(&shared, sender, started).keep(progress)
    });
    Ok(shared.summary(clock.elapsed().saturating_sub(started), reached))
}

impl Shared<'_> {
    fn work(&self, jobs: &Mutex<Receiver<Job>>) {
        loop {
            // Taking a job must not hold the others up while it is done.
            let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
            match job {
                Ok(Job::Rows(rows)) if self.ended() => self.leave(rows),
                Ok(Job::Labels(rows)) if self.ended() => self.leave(rows),
                Ok(Job::Rows(rows)) => self.send_rows(rows),
                Ok(Job::Labels(rows)) => self.send_labels(&rows),
                Err(_) => return,
            }
        }
    }

    fn send_rows(&self, rows: Range<usize>) {
        let count = rows.len() as u64;
        let body = self.bodies.write(&self.stream.ids[rows.start], rows.clone());
        let mut began = self.clock.elapsed();
        let sent = self.patiently(|| {
            began = self.clock.elapsed();
            self.endpoint.infer(&body)
        });
        let took = self.clock.elapsed().saturating_sub(began);
        let mut tally = self.tally();
        match sent {
            Some(Ok(())) => {
                tally.sent += count;
                tally.latencies.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
            }
            Some(Err(message)) => tally.refused(count, message),
            None => self.leave(rows),
        }
    }

    fn send_labels(&self, rows: &[usize]) {
        let Some(labels) = &self.stream.labels else { return };
        let mut written = Vec::with_capacity(rows.len());
        for row in rows {
            let (Some(label), Some(known)) = (labels.json(*row), labels.known[*row]) else { continue };
            let id = serde_json::Value::from(self.id(*row));
            written.push(format!(
                "{{\"id\":{id},\"label\":{label},\"time\":\"{}\"}}",
                Timestamp::from_micros(known)
            ));
        }
        let count = written.len() as u64;
        let body = format!("{{\"labels\":[{}]}}", written.join(","));
        let sent = self.patiently(|| self.endpoint.label(&body));
        let mut tally = self.tally();
        match sent {
            Some(Ok(())) => tally.labels += count,
            Some(Err(message)) => {
                tally.labels_failed += count;
                tally.refusal.get_or_insert(message);
            }
            None => self.leave(rows.iter().copied()),
        }
    }

    /// The id that the server gave a row: a request of several rows numbers them.
    fn id(&self, row: usize) -> String {
        let rows = self.stream.batch(row, self.pace.batch);
        if rows.len() == 1 {
            self.stream.ids[row].clone()
        } else {
            format!("{}/{}", self.stream.ids[rows.start], row - rows.start)
        }
    }

    /// Tries again while there is no answer; nothing when there is none in the end.
    fn patiently(
        &self,
        mut attempt: impl FnMut() -> Result<(), EndpointError>,
    ) -> Option<Result<(), String>> {
        let began = self.clock.elapsed();
        let mut wait = Duration::from_millis(50);
        loop {
            match attempt() {
                Ok(()) => return Some(Ok(())),
                Err(EndpointError::Refused(message)) => return Some(Err(message)),
                Err(EndpointError::Unreachable(message)) => {
                    if self.clock.elapsed().saturating_sub(began) > self.pace.patience {
                        let mut given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
                        given_up.get_or_insert(message);
                    }
                    if self.ended() {
                        return None;
                    }
                    thread::sleep(wait);
                    wait = (wait * 2).min(Duration::from_secs(1));
                }
            }
        }
    }

    /// Notes rows that are not sent, or not with their labels: a replay that goes on begins with the first of them.
    fn leave(&self, rows: impl IntoIterator<Item = usize>) {
        let times = rows.into_iter().map(|row| self.stream.times[row]);
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = times.chain(*left).min();
    }

    fn ended(&self) -> bool {
        self.cancel.is_cancelled() || self.given_up.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn summary(&self, took: Duration, reached: Option<i64>) -> Summary {
        let tally = self.tally();
        let given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let interrupted = self.cancel.is_cancelled().then(|| "interrupted".to_owned());
        let ended = given_up.or(interrupted);
        let left = *self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let resume = ended.as_ref().and(left.into_iter().chain(reached).min());
        Summary {
            sent: tally.sent,
            failed: tally.failed,
            labels: tally.labels,
            labels_failed: tally.labels_failed,
            seconds: took.as_secs_f64(),
            p50_ms: tally.latencies.quantile(0.5),
            p99_ms: tally.latencies.quantile(0.99),
            refusal: tally.refusal.clone(),
            resume: resume.map(Timestamp::from_micros),
            ended,
        }
    }
}

/// Keeps the time: what is due goes to the senders.
struct Keeper<'a> {
    shared: &'a Shared<'a>,
    sender: SyncSender<Job>,
    started: Duration,
    /// Labels to come, the earliest first.
    waiting: BinaryHeap<Reverse<(i64, usize)>>,
    /// Labels that go with the next request, and since when the first of them waits.
    ready: Vec<usize>,
    ready_since: Duration,
    told: Duration,
    told_sent: u64,
}

impl<'a> Keeper<'a> {
    fn new(shared: &'a Shared<'a>, sender: SyncSender<Job>, started: Duration) -> Self {
        let (waiting, ready) = (BinaryHeap::new(), Vec::new());
        Self { shared, sender, started, waiting, ready, ready_since: started, told: started, told_sent: 0 }
    }

    /// Sends everything in its time; says how far it came.
    fn keep(mut self, progress: &mut dyn FnMut(&Snapshot)) -> Option<i64> {
        let stream = self.shared.stream;
        let batch = self.shared.pace.batch;
        let first = *stream.times.first()?;
        let mut next = 0;
        let mut reached = None;
        loop {
            let row = stream.times.get(next).copied();
            let label = self.waiting.peek().map(|Reverse((known, _))| *known);
            let Some(at) = [row, label].into_iter().flatten().min() else { break };
            if !self.wait(at, first, progress) {
                self.leave_labels();
                return reached;
            }
            reached = Some(at);
            if row == Some(at) {
                let rows = stream.batch(next, batch);
                self.expect_labels(rows.clone());
                next = rows.end;
                self.send(Job::Rows(rows));
            } else if let Some(Reverse((_, row))) = self.waiting.pop() {
                if self.ready.is_empty() {
                    self.ready_since = self.shared.clock.elapsed();
                }
                self.ready.push(row);
                self.flush(LABELS);
            }
        }
        self.flush(1);
        reached
    }

    fn expect_labels(&mut self, rows: Range<usize>) {
        let Some(labels) = &self.shared.stream.labels else { return };
        for row in rows {
            if let Some(known) = labels.known[row] {
                // An outcome that was known before the event follows it all the same.
                self.waiting.push(Reverse((known.max(self.shared.stream.times[row]), row)));
            }
        }
    }

    /// Notes the rows whose labels were not due yet.
    fn leave_labels(&self) {
        let waiting = self.waiting.iter().map(|Reverse((_, row))| *row);
        self.shared.leave(waiting.chain(self.ready.iter().copied()));
    }

    /// Sends the labels that are ready when they are this many, or have waited for long.
    fn flush(&mut self, least: usize) {
        let waited = self.shared.clock.elapsed().saturating_sub(self.ready_since) >= LABEL_PATIENCE;
        if !self.ready.is_empty() && (self.ready.len() >= least || waited) {
            let ready = std::mem::take(&mut self.ready);
            self.send(Job::Labels(ready));
        }
    }

    fn send(&self, job: Job) {
        // The senders live until this sender is gone.
        let _ = self.sender.send(job);
    }

    /// Waits until this instant is due; false when the replay is over before.
    fn wait(&mut self, at: i64, first: i64, progress: &mut dyn FnMut(&Snapshot)) -> bool {
        let due = self.started + self.shared.pace.speed.due(at - first);
        loop {
            if self.shared.ended() {
                return false;
            }
            let now = self.shared.clock.elapsed();
            self.tell(at, now, now.saturating_sub(due), progress);
            if now >= due {
                return true;
            }
            self.flush(LABELS);
            thread::sleep((due - now).min(NAP));
        }
    }

    fn tell(&mut self, at: i64, now: Duration, behind: Duration, progress: &mut dyn FnMut(&Snapshot)) {
        let since = now.saturating_sub(self.told);
        if since < Duration::from_secs(1) {
            return;
        }
        let unlimited = self.shared.pace.speed == Speed::Unlimited;
        let tally = self.shared.tally();
        progress(&Snapshot {
            at: Timestamp::from_micros(at),
            sent: tally.sent,
            rate: (tally.sent - self.told_sent) as f64 / since.as_secs_f64(),
            failed: tally.failed,
            labels: tally.labels,
            behind: if unlimited { 0.0 } else { behind.as_secs_f64() },
        });
        (self.told, self.told_sent) = (now, tally.sent);
    }
}
