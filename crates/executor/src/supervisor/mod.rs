//! The supervisor: the process that starts processes and outlives its engine. [`supervise`] is its whole body.
//!
//! One thread for each process waits for it, pumps its output and keeps its time (`run`). The one that reads the engine's
//! next request becomes the thread of that process, and another one reads on (`pool`). One lets later engines in. The first thread starts nothing: as the supervisor is a subreaper, whatever loses
//! its parent becomes a child of that thread, which therefore knows in one call whether anything was left behind (`sweep`).

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, BufRead as _, BufReader, Write as _},
    os::{
        fd::AsFd as _,
        unix::net::{UnixListener, UnixStream},
    },
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Duration,
};

use crate::{
    process,
    record::{self, Entry},
    wire::{Hello, Order, Request},
};

mod cgroup;
mod control;
mod course;
mod output;
mod pool;
mod reporter;
mod run;
mod spawn;
mod sweep;

use control::Control;
use pool::{Pending, Pool};
use reporter::Reporter;

/// The socket in the supervisor's folder, for engines that adopt.
pub(crate) const SOCKET: &str = "socket";
/// Threads hold little: buffers are on the heap.
const STACK: usize = 256 << 10;
/// An engine that takes no events for so long is let go.
const STUCK: Duration = Duration::from_secs(5);

/// Changes the variables of a command before it is started, or says why it cannot be.
type Prepare = dyn Fn(&mut BTreeMap<String, String>) -> Result<(), String> + Send + Sync;

/// Runs the supervisor of one engine, to its end: until standard input has ended and so has everything that was started.
/// It talks through standard input and output; [`crate::Local`] starts it.
pub fn supervise() -> ExitCode {
    supervise_with(|_| Ok(()))
}

/// The same, for a process that does more for commands than keep them: `prepare` may change the variables of each.
pub fn supervise_with(
    prepare: impl Fn(&mut BTreeMap<String, String>) -> Result<(), String> + Send + Sync + 'static,
) -> ExitCode {
    match serve(Box::new(prepare)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the lock file in its folder; nobody is left to tell when that fails.
            let _ = writeln!(io::stderr(), "failed to supervise: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What all threads know.
struct Shared {
    hello: Hello,
    prepare: Box<Prepare>,
    reporter: Reporter,
    /// What runs, for those who may ask it to end.
    runs: Mutex<HashMap<String, Arc<Control>>>,
    /// How many runs have yet to be reported.
    busy: AtomicUsize,
    /// Nothing more will start.
    closed: AtomicBool,
    /// Nobody will ask any more how anything ended.
    forgotten: AtomicBool,
    pool: Pool,
    first: Mutex<Sender<Message>>,
    /// Where memory limits can be enforced, or why nowhere.
    groups: OnceLock<Result<PathBuf, String>>,
}

/// What the first thread is asked.
enum Message {
    Sweep(sweep::Question),
    /// All may be over.
    Over,
}

fn serve(prepare: Box<Prepare>) -> io::Result<()> {
    let mut requests = BufReader::new(io::stdin());
    let mut line = String::new();
    requests.read_line(&mut line)?;
    let hello: Hello = serde_json::from_str(&line)?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    // It must not hold on to the folder that the engine was started in; and a socket's path must be short.
    std::env::set_current_dir(&hello.folder)?;
    let record = record::open(&hello.folder)?;
    record::append(&record, &Entry::opened(process::boot()))?;
    // The lock, once more, such that only the start of a new program lets go of it: until then a process that was just
    // being started cannot be told from this one, and no engine may take this one for dead.
    let _lock = io::stderr().as_fd().try_clone_to_owned()?;
    let engine = std::fs::File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let listener = UnixListener::bind(SOCKET)?;
    let (first, messages) = mpsc::channel();
    let shared = Arc::new(Shared {
        hello,
        prepare,
        reporter: Reporter::new(record, engine),
        runs: Mutex::default(),
        busy: AtomicUsize::new(0),
        closed: AtomicBool::new(false),
        forgotten: AtomicBool::new(false),
        pool: Pool::new(requests),
        first: Mutex::new(first),
        groups: OnceLock::new(),
    });
    let listening = shared.clone();
    pool::start(&shared)?;
    start_thread(move || listen(&listening, &listener))?;
    stay(&shared, &messages);
    leave(&shared)
}

/// Nobody is let in any more. The record stays for whoever comes, unless its engine has no use for it.
fn leave(shared: &Shared) -> io::Result<()> {
    if shared.forgotten.load(Ordering::SeqCst) {
        return std::fs::remove_dir_all(&shared.hello.folder);
    }
    std::fs::remove_file(SOCKET)
}

/// The first thread: sweeps, until all is over.
fn stay(shared: &Shared, messages: &Receiver<Message>) {
    while !shared.is_over() {
        match messages.recv() {
            Ok(Message::Sweep(question)) => question.answer(shared),
            Ok(Message::Over) => {}
            Err(_) => unreachable!("`shared` holds a sender"),
        }
    }
}

impl Shared {
    fn runs(&self) -> MutexGuard<'_, HashMap<String, Arc<Control>>> {
        self.runs.lock().expect("a thread that panics takes the process with it")
    }

    fn is_over(&self) -> bool {
        self.closed.load(Ordering::SeqCst) && self.busy.load(Ordering::SeqCst) == 0
    }

    /// A run has been reported. Only the last one concerns the first thread.
    fn one_less(&self) {
        self.busy.fetch_sub(1, Ordering::SeqCst);
        if self.is_over() {
            self.tell(Message::Over);
        }
    }

    fn tell(&self, message: Message) {
        let first = self.first.lock().expect("a thread that panics takes the process with it");
        // The first thread may have seen that all is over before it is told.
        let _ = first.send(message);
    }

    fn ask_to_end(&self, id: &str, now: bool) {
        if let Some(control) = self.runs().get(id) {
            control.end(now);
        }
    }
}

/// A thread whose panic ends the process: an engine copes with a supervisor that is gone, not with one that forgot a run.
fn start_thread(body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let guarded = move || {
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).is_err() {
            std::process::abort();
        }
    };
    thread::Builder::new().stack_size(STACK).spawn(guarded).map(drop)
}

/// Does what a request says, on this thread; back when it is done.
fn take(shared: &Arc<Shared>, request: &str, pending: Pending<'_>) {
    match serde_json::from_str(request) {
        Ok(Request::Start(mut order)) => match (shared.prepare)(&mut order.environment) {
            Ok(()) => start(shared, &order, pending),
            Err(why) => shared.reporter.refused(&order.id, why),
        },
        Ok(Request::End { id, now }) => shared.ask_to_end(&id, now),
        Ok(Request::Forget) => shared.forgotten.store(true, Ordering::SeqCst),
        // The line may have secrets, so only the place of the mistake is told.
        Err(error) => drop(writeln!(io::stderr(), "a request is no request: {error}")),
    }
}

fn start(shared: &Arc<Shared>, order: &Order, pending: Pending<'_>) {
    let refuse = |why: String| shared.reporter.refused(&order.id, why);
    if shared.runs().contains_key(&order.id) {
        return refuse("it runs already".to_owned());
    }
    match Control::new() {
        Ok(control) => {
            let control = Arc::new(control);
            shared.runs().insert(order.id.clone(), control.clone());
            shared.busy.fetch_add(1, Ordering::SeqCst);
            match pool::step_aside(shared) {
                Ok(()) => {
                    run::run(shared, order, &control, pending);
                    pool::step_back(shared);
                }
                Err(error) => {
                    shared.runs().remove(&order.id);
                    refuse(error.to_string());
                }
            }
            shared.one_less();
        }
        Err(error) => refuse(error.to_string()),
    }
}

/// Lets later engines in: each hears all events from then on, and may end what runs.
fn listen(shared: &Arc<Shared>, listener: &UnixListener) {
    for stream in listener.incoming().flatten() {
        let shared = shared.clone();
        // Without a thread for it the connection is closed, and the engine tries again.
        let _ = start_thread(move || follow(&shared, stream));
    }
}

fn follow(shared: &Arc<Shared>, stream: UnixStream) {
    let Ok(events) = stream.try_clone() else { return };
    if events.set_write_timeout(Some(STUCK)).is_err() || !shared.reporter.add(events) {
        return;
    }
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        if let Ok(Request::End { id, now }) = serde_json::from_str(&line) {
            shared.ask_to_end(&id, now);
        }
    }
}
