//! The threads of the runs. They are kept: to make one takes as long as a tenth of a process.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard,
        mpsc::{self, Sender},
    },
};

use super::start_thread;

type Body = Box<dyn FnOnce() + Send>;

/// As many threads as there ever were runs at once.
#[derive(Default)]
pub(crate) struct Pool(Arc<Mutex<Vec<Sender<Body>>>>);

impl Pool {
    pub(crate) fn run(&self, body: Body) -> io::Result<()> {
        let idle = idle(&self.0).pop();
        match idle {
            Some(thread) => thread.send(body).map_err(|_| io::Error::other("a thread is gone")),
            None => self.start(body),
        }
    }

    fn start(&self, first: Body) -> io::Result<()> {
        let pool = self.0.clone();
        let (to, bodies) = mpsc::channel();
        start_thread(move || {
            let mut next = Some(first);
            while let Some(body) = next {
                body();
                idle(&pool).push(to.clone());
                next = bodies.recv().ok();
            }
        })
    }
}

fn idle(threads: &Mutex<Vec<Sender<Body>>>) -> MutexGuard<'_, Vec<Sender<Body>>> {
    threads.lock().expect("a thread that panics takes the process with it")
}
