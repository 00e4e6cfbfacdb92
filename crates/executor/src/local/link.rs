//! The engine's end of the talk with one supervisor.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs::File,
    io::{self, BufRead as _, BufReader, Read, Write as _},
    net::Shutdown,
    os::{
        fd::AsRawFd as _,
        unix::{net::UnixStream, process::CommandExt as _},
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{
    folder::Folder,
    running::{Ending, Local, Supervisor},
};
use crate::{
    Ended, Error,
    record::{Record, State},
    supervisor::SOCKET,
    wire::{self, Event, Hello, Order, Request},
};

/// A connection to a supervisor. A thread of its own takes the events, so that they are taken whatever the async threads do.
pub(super) struct Link {
    folder: PathBuf,
    pid: Option<u32>,
    requests: Mutex<Requests>,
    waiting: Arc<Mutex<Waiting>>,
}

enum Requests {
    /// To our own supervisor. Its end tells it that we are gone.
    Pipe(ChildStdin),
    /// To that of an earlier engine.
    Socket(UnixStream),
    /// There will be no more.
    Closed,
}

/// How long a supervisor with nothing to do may take to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who waits for what.
#[derive(Default)]
struct Waiting {
    /// The supervisor is gone.
    gone: bool,
    starting: HashMap<String, oneshot::Sender<Result<(), Error>>>,
    running: HashMap<String, oneshot::Sender<Ending>>,
}

impl Link {
    /// Starts a supervisor.
    pub(super) fn start(
        program: &Path,
        arguments: &[OsString],
        folder: Folder,
        hello: &Hello,
    ) -> Result<Self, Error> {
        let path = folder.path().to_owned();
        let mut command = Command::new(program);
        command.args(arguments).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(folder.lock);
        let mut child = command.spawn().map_err(Error::io("start the supervisor", program))?;
        drop(command);
        let pid = child.id();
        let (Some(mut requests), Some(events)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both were asked for as pipes");
        };
        wire::send(&mut requests, hello).map_err(Error::io("greet the supervisor", program))?;
        let waiting = Arc::<Mutex<Waiting>>::default();
        listen(path.clone(), events, waiting.clone(), Some(child))?;
        Ok(Self { folder: path, pid: Some(pid), requests: Mutex::new(Requests::Pipe(requests)), waiting })
    }

    /// Joins the supervisor of an earlier engine. From here on no event is missed.
    pub(super) fn join(folder: &Path) -> io::Result<Self> {
        let stream = connect(folder)?;
        let mut events = BufReader::new(stream.try_clone()?);
        if events.read_line(&mut String::new())? == 0 {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let waiting = Arc::<Mutex<Waiting>>::default();
        listen(folder.to_owned(), events, waiting.clone(), None).map_err(io::Error::other)?;
        Ok(Self {
            folder: folder.to_owned(),
            pid: None,
            requests: Mutex::new(Requests::Socket(stream)),
            waiting,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.pid
    }

    pub(super) fn is_gone(&self) -> bool {
        lock(&self.waiting).gone
    }

    /// Sends a request to start something. An error means that it was not taken.
    pub(super) fn ask(self: &Arc<Self>, order: &Order) -> io::Result<Starting> {
        let (start, started) = oneshot::channel();
        let ending = {
            let mut waiting = lock(&self.waiting);
            if waiting.gone {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            waiting.starting.insert(order.id.clone(), start);
            waiting.wait_for(&order.id)
        };
        let line = wire::line(&Start::Start(order))?;
        if let Err(error) = self.write(&line) {
            let mut waiting = lock(&self.waiting);
            waiting.gone = true;
            waiting.starting.remove(&order.id);
            waiting.running.remove(&order.id);
            return Err(error);
        }
        let running = Local::new(&order.id, ending, Supervisor::Ours(Arc::downgrade(self)), &self.folder);
        Ok(Starting { running, started })
    }

    /// Waits for the end of something that runs already.
    pub(super) fn follow(self: &Arc<Self>, id: &str) -> Local {
        let ending = lock(&self.waiting).wait_for(id);
        Local::new(id, ending, Supervisor::Earlier(self.clone()), &self.folder)
    }

    pub(super) fn end(&self, id: &str, now: bool) -> io::Result<()> {
        self.write(&wire::line(&Request::End { id: id.to_owned(), now })?)
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        match &mut *lock(&self.requests) {
            Requests::Pipe(pipe) => pipe.write_all(line),
            Requests::Socket(socket) => socket.write_all(line),
            Requests::Closed => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Lets the supervisor end without a trace, and waits for that, for a moment.
    pub(super) fn close(&self) {
        let told = wire::line(&Request::Forget).and_then(|line| self.write(&line));
        *lock(&self.requests) = Requests::Closed;
        let until = Instant::now() + PATIENCE;
        while told.is_ok() && !self.is_gone() && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Requests::Socket(socket) = &*lock(&self.requests) {
            // Its listening thread ends with it. That of our own supervisor goes on until the supervisor ends.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Waiting {
    fn wait_for(&mut self, id: &str) -> oneshot::Receiver<Ending> {
        let (end, ending) = oneshot::channel();
        if !self.gone {
            self.running.insert(id.to_owned(), end);
        }
        ending
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Started { id } => self.tell_start(&id, Ok(())),
            Event::Refused { id, why } => {
                self.running.remove(&id);
                self.tell_start(&id, Err(Error::Refused { id: id.clone(), why }));
            }
            Event::Ended { id, ended } => self.tell_end(&id, Some(ended)),
        }
    }

    /// The supervisor is gone: what it wrote down is all there is.
    fn give_up(&mut self, record: &Record) {
        self.gone = true;
        let starting: Vec<_> = self.starting.keys().cloned().collect();
        for id in starting {
            self.tell_start(&id, Err(Error::lost(&id)));
        }
        let running: Vec<_> = self.running.keys().cloned().collect();
        for id in running {
            let ended = match record.runs.get(&id) {
                Some(State::Ended(ended)) => Some(Ended::clone(ended)),
                _ => None,
            };
            self.tell_end(&id, ended);
        }
    }

    // Whoever waited may have gone away: then nobody needs the news.
    fn tell_start(&mut self, id: &str, started: Result<(), Error>) {
        if let Some(to) = self.starting.remove(id) {
            let _ = to.send(started);
        }
    }

    fn tell_end(&mut self, id: &str, ended: Option<Ended>) {
        if let Some(to) = self.running.remove(id) {
            let _ = to.send(ended);
        }
    }
}

/// Something that was asked for and has not started yet.
pub(super) struct Starting {
    running: Local,
    started: oneshot::Receiver<Result<(), Error>>,
}

impl Starting {
    pub(super) async fn started(self) -> Result<Local, Error> {
        match self.started.await {
            Ok(started) => started.map(|()| self.running),
            Err(_) => Err(Error::lost(self.running.id())),
        }
    }
}

/// As [`Request::Start`], of an order that is only lent.
#[derive(serde::Serialize)]
enum Start<'a> {
    Start(&'a Order),
}

/// Takes events until there are no more.
fn listen(
    folder: PathBuf,
    events: impl Read + Send + 'static,
    waiting: Arc<Mutex<Waiting>>,
    child: Option<Child>,
) -> Result<(), Error> {
    let named = folder.clone();
    let body = move || {
        for line in BufReader::new(events).lines() {
            let Ok(line) = line else { break };
            if let Ok(event) = serde_json::from_str(&line) {
                lock(&waiting).take(event);
            }
        }
        if let Some(mut child) = child {
            // Nothing is to be learnt from how it ended, but it must be waited for.
            let _ = child.wait();
        }
        let record = Record::read(&folder).unwrap_or_default();
        lock(&waiting).give_up(&record);
    };
    let builder = thread::Builder::new().name("supervisor events".to_owned());
    builder.spawn(body).map(drop).map_err(Error::io("listen to the supervisor in", named))
}

/// Connects to the socket in a folder. Its path may be longer than a socket's may be, so it goes by the folder's handle.
fn connect(folder: &Path) -> io::Result<UnixStream> {
    let handle = File::open(folder)?;
    UnixStream::connect(format!("/proc/self/fd/{}/{SOCKET}", handle.as_raw_fd()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics with it")
}
