//! Sends what waits, one after the other, and goes on until nothing does.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    Told,
    denials::Denials,
    durable,
    entry::Entry,
    journal::{Front, Journal},
    numbers::Numbers,
    place::Place,
    renamed::Renamed,
    upstream::{Client, Content, Failed, Outgoing, Upstream},
};
use crate::mlflow::request::{CHOSEN, ONCE};

/// How long the answer to a write that waited may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pauses between attempts.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(1);
/// How often a write is tried at which the server fails itself.
const FAULTS: u32 = 8;
/// For how long to wait for a write at a time.
const PAUSE: Duration = Duration::from_secs(1);

/// The writes of a spool that wait, and the way to their server.
pub(super) struct Backlog {
    pub(super) place: Place,
    pub(super) journal: Journal,
    pub(super) client: Client,
    pub(super) renamed: Renamed,
    pub(super) numbers: Numbers,
    denials: Denials,
    told: Told,
    /// Why the first write cannot be sent.
    problem: Mutex<Option<String>>,
    closed: AtomicBool,
    /// There is little time: pauses are short.
    hurries: AtomicBool,
}

/// What came of an attempt.
enum Outcome {
    Done,
    /// It is to be tried again; the server is away, or does not let it in for now.
    Again(String),
    /// The server failed at it.
    Fault(String),
    /// The server does not want it.
    Refused(u16, String),
}

impl Backlog {
    pub(super) fn open(place: Place, upstream: Upstream, limit: u64, told: Told) -> io::Result<Self> {
        durable::make(&place.bodies())?;
        let journal = Journal::open(&place.journal(), limit)?;
        for copy in journal.damaged() {
            told(&format!(
                "writes that waited were damaged on the disk; what is left of them is kept in {}",
                copy.display()
            ));
        }
        let renamed = Renamed::open(place.path())?;
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(io::Error::other)?;
        let name = name.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            place,
            journal,
            client: Client::of(upstream),
            renamed,
            numbers: Numbers::of(name),
            denials: Denials::default(),
            told,
            problem: Mutex::default(),
            closed: AtomicBool::new(false),
            hurries: AtomicBool::new(false),
        })
    }

    /// Sends what waits, on a thread of its own, until it is closed.
    pub(super) fn start(self: &Arc<Self>) -> io::Result<thread::JoinHandle<()>> {
        let backlog = Arc::clone(self);
        thread::Builder::new().name("spool-replay".to_owned()).spawn(move || backlog.run())
    }

    /// Lets the thread end.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.journal.close();
    }

    /// From now on there is little time.
    pub(super) fn hurry(&self) {
        self.hurries.store(true, Ordering::SeqCst);
    }

    /// A pause, which is short for one who hurries.
    fn rest(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while Instant::now() < until {
            thread::sleep(SHORTEST);
            if self.hurries.load(Ordering::SeqCst) || self.closed.load(Ordering::SeqCst) {
                return;
            }
        }
    }

    /// Why what waits is not sent, if it is not.
    pub(super) fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn run(&self) {
        let (mut pause, mut faults) = (SHORTEST, 0);
        while !self.closed.load(Ordering::SeqCst) {
            let outcome = match self.step() {
                Ok(outcome) => outcome,
                Err(error) => Some(Outcome::Again(format!("the journal cannot be read: {error}"))),
            };
            let why = match outcome {
                None => continue,
                Some(Outcome::Done | Outcome::Refused(..)) => {
                    (pause, faults) = (SHORTEST, 0);
                    self.note(None);
                    continue;
                }
                Some(Outcome::Again(why)) => why,
                Some(Outcome::Fault(why)) => {
                    faults += 1;
                    why
                }
            };
            self.note(Some(why));
            if faults >= FAULTS {
                faults = 0;
                self.give_up();
            }
            self.rest(pause);
            pause = (pause * 2).min(LONGEST);
        }
    }

    fn note(&self, why: Option<String>) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Tries to send the first write.
    fn step(&self) -> io::Result<Option<Outcome>> {
        let Some(front) = self.journal.front(PAUSE)? else { return Ok(None) };
        let Some(entry) = Entry::decode(&front.payload) else {
            (self.told)("a write that waited cannot be read, and is passed over");
            self.journal.advance(&front)?;
            return Ok(Some(Outcome::Done));
        };
        let outcome = self.send(&entry)?;
        match &outcome {
            Outcome::Done => self.settle(&entry, &front)?,
            Outcome::Refused(status, said) => self.refuse(&entry, (*status, said), &front)?,
            Outcome::Again(_) | Outcome::Fault(_) => {}
        }
        Ok(Some(outcome))
    }

    /// It has been tried often enough.
    fn give_up(&self) {
        let given_up = || -> io::Result<()> {
            let Some(front) = self.journal.front(Duration::ZERO)? else { return Ok(()) };
            let Some(entry) = Entry::decode(&front.payload) else { return Ok(()) };
            let why = self.problem().unwrap_or_default();
            self.refuse(&entry, (500, &why), &front)
        };
        // Else it is tried again.
        if let Err(error) = given_up() {
            self.note(Some(format!("the journal cannot be changed: {error}")));
        }
    }

    fn settle(&self, entry: &Entry, front: &Front) -> io::Result<()> {
        self.journal.advance(front)?;
        if let Some(file) = &entry.head.file {
            // What is left takes room and does no harm.
            let _ = fs::remove_file(self.place.bodies().join(file));
        }
        Ok(())
    }

    /// Keeps a write that the server does not want, with what it said, and goes on.
    fn refuse(&self, entry: &Entry, (status, said): (u16, &str), front: &Front) -> io::Result<()> {
        let head = &entry.head;
        let body = match &head.file {
            Some(file) => json!({ "file": self.place.bodies().join(file) }),
            None => json!(String::from_utf8_lossy(&entry.body)),
        };
        let record = json!({
            "method": head.method, "target": head.target, "body": body, "status": status, "answer": said,
        });
        append(&self.place.refused(), &record)?;
        let (method, target) = (&head.method, &head.target);
        (self.told)(&format!(
            "{} did not want a write that had waited, {method} {target}: {said}; it is kept in {}",
            self.client.upstream(),
            self.place.refused().display()
        ));
        self.journal.advance(front)
    }

    fn send(&self, entry: &Entry) -> io::Result<Outcome> {
        let head = &entry.head;
        let settled =
            if head.spool == self.numbers.spool() { self.numbers.settled(Instant::now()) } else { 0 };
        let once = head.once(settled).to_string();
        let target = self.renamed.text(&head.target).unwrap_or_else(|| head.target.clone());
        let renamed = str::from_utf8(&entry.body).ok().and_then(|text| self.renamed.text(text));
        let body = renamed.as_ref().map_or(entry.body.as_slice(), String::as_bytes);
        let mut headers: Vec<(&str, &str)> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers.push((ONCE, &once));
        headers.extend(head.chosen.as_deref().map(|chosen| (CHOSEN, chosen)));
        let file = head.file.as_ref().map(|file| self.place.bodies().join(file));
        if file.as_ref().is_some_and(|file| is_gone(file)) {
            // It is removed when the server has it; this process was killed before it noted that.
            return Ok(Outcome::Done);
        }
        let content = file.as_deref().map_or(Content::Bytes(body), Content::File);
        let outgoing =
            Outgoing { method: &head.method, target: &target, headers, content, patience: PATIENCE };
        let answered = match self.client.send(&outgoing) {
            Ok(mut answer) => {
                let status = answer.status().as_u16();
                answer.body_mut().with_config().limit(1 << 20).read_to_string().map(|text| (status, text))
            }
            Err(Failed::Away(why) | Failed::Unfit(why)) => return Ok(Outcome::Again(why)),
        };
        match answered {
            Ok((status, text)) => self.judge(entry, status, text),
            Err(error) => Ok(Outcome::Again(format!("the answer broke off: {error}"))),
        }
    }

    fn judge(&self, entry: &Entry, status: u16, text: String) -> io::Result<Outcome> {
        let (head, credentials) = (&entry.head, entry.credentials());
        if status != 401 {
            self.denials.let_in(credentials);
        }
        let is_there = text.contains("RESOURCE_ALREADY_EXISTS");
        if head.target.contains("/experiments/create") && (status < 300 || is_there) {
            return self.learn_experiment(entry, &text);
        }
        Ok(match status {
            0..300 => Outcome::Done,
            // It was made when the answer was lost.
            400 if is_there && head.chosen.is_some() => Outcome::Done,
            404 if head.method == "DELETE" && head.target.contains("/mlflow-artifacts/") => Outcome::Done,
            401 if self.denials.denied(credentials, Instant::now()) => Outcome::Refused(401, said(&text)),
            401 | 408 | 429 | 507 => Outcome::Again(format!("{}: {}", status, said(&text))),
            500.. => Outcome::Fault(format!("{}: {}", status, said(&text))),
            _ => Outcome::Refused(status, said(&text)),
        })
    }

    /// An experiment that was made while the server was away: there may be one of its name, with an id of its own.
    fn learn_experiment(&self, entry: &Entry, text: &str) -> io::Result<Outcome> {
        let made: Value = serde_json::from_str(text).unwrap_or_default();
        let told = entry.head.chosen.as_deref().unwrap_or_default();
        let own = match made["experiment_id"].as_str() {
            Some(id) => id.to_owned(),
            None => match self.experiment_of(entry) {
                Ok(Some(id)) => id,
                Ok(None) => return Ok(Outcome::Refused(400, said(text))),
                Err(why) => return Ok(Outcome::Again(why)),
            },
        };
        if own != told && !told.is_empty() {
            self.renamed.note(told, &own)?;
        }
        Ok(Outcome::Done)
    }

    /// The id under which the server has the experiment that an entry was to make.
    fn experiment_of(&self, entry: &Entry) -> Result<Option<String>, String> {
        let fields: Value = serde_json::from_slice(&entry.body).unwrap_or_default();
        let name = fields["name"].as_str().unwrap_or_default();
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("experiment_name", name).finish();
        let target = format!("/api/2.0/mlflow/experiments/get-by-name?{query}");
        let headers =
            entry.head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let asked = Outgoing {
            method: "GET",
            target: &target,
            headers,
            content: Content::Nothing,
            patience: PATIENCE,
        };
        let mut answer = self.client.send(&asked).map_err(|failed| failed.to_string())?;
        let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
        let found: Value = serde_json::from_str(&text).unwrap_or_default();
        Ok(found["experiment"]["experiment_id"].as_str().map(str::to_owned))
    }
}

fn is_gone(file: &Path) -> bool {
    matches!(fs::symlink_metadata(file), Err(error) if error.kind() == io::ErrorKind::NotFound)
}

/// What an answer says to people.
fn said(text: &str) -> String {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let message = value["message"].as_str().unwrap_or(text).trim();
    message.chars().take(500).collect()
}

fn append(path: &Path, record: &Value) -> io::Result<()> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    let mut file = fs::File::options().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(&line)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
