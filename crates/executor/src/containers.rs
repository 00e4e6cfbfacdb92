//! Commands in containers, by podman or docker, on top of any executor: the command becomes one of the engine's client,
//! which the other executor runs, follows and adopts like any process.

use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Mutex,
};

use async_trait::async_trait;

use crate::{Attempt, Chunk, Container, Ended, Error, Executor, Exit, Running, attempt::check_id};

mod client;
mod rewrite;

use client::Client;

/// The code of a process that was killed, as a container engine tells it.
const KILLED: i32 = 128 + 9;
/// Codes from here on are the client's own, or those of signals.
const FIRST_ODD_CODE: i32 = 125;

/// Runs what wants a container in one, and hands the rest on. The image must be on the machine: nothing is pulled, so
/// that what runs is decided beforehand. Files that the command writes belong to the caller.
///
/// Of a container's memory limit only the client's code 137 tells: it is taken for [`Exit::OutOfMemory`] with a notice.
/// Usage is that of the client.
pub struct Containers {
    inner: Box<dyn Executor>,
    /// Of the client; its `PATH` tells where podman or docker is.
    environment: BTreeMap<String, String>,
    marker: String,
    /// Has a note for each attempt whose container may be there still.
    notes: PathBuf,
    /// Images that were seen on the machine.
    images: Mutex<Vec<String>>,
}

impl Containers {
    /// Containers on top of this executor. `environment` is the engine client's own, `marker` marks what is ours on this
    /// machine, and `notes` is a folder of its own, made when there is something to note.
    pub fn new(
        inner: Box<dyn Executor>,
        environment: BTreeMap<String, String>,
        marker: &str,
        notes: PathBuf,
    ) -> Self {
        Self { inner, environment, marker: marker.to_owned(), notes, images: Mutex::default() }
    }

    async fn check_image(&self, client: &Client, container: &Container) -> Result<(), Error> {
        if self.images.lock().expect("no thread panics with it").contains(&container.image) {
            return Ok(());
        }
        client.check_image(&container.image).await?;
        self.images.lock().expect("no thread panics with it").push(container.image.clone());
        Ok(())
    }

    fn note(&self, id: &str) -> PathBuf {
        self.notes.join(id)
    }

    fn wrap(&self, id: &str, inner: Box<dyn Running>) -> Box<dyn Running> {
        Box::new(Contained { inner, note: self.note(id), over: None })
    }
}

/// What a note says of a container with a memory limit.
const LIMITED: &str = "memory";

#[async_trait]
impl Executor for Containers {
    async fn start(&self, attempt: &Attempt) -> Result<Box<dyn Running>, Error> {
        let Some(container) = &attempt.container else { return self.inner.start(attempt).await };
        attempt.check()?;
        let client = Client::find(&self.environment)?;
        let rewritten = rewrite::rewrite(attempt, container, &client, &self.marker)?;
        self.check_image(&client, container).await?;
        let note = self.note(&attempt.id);
        let text = if attempt.memory.is_some() { LIMITED } else { "" };
        let noted = fs::create_dir_all(&self.notes).and_then(|()| fs::write(&note, text));
        noted.map_err(Error::io("write", &note))?;
        match self.inner.start(&rewritten).await {
            Ok(running) => Ok(self.wrap(&attempt.id, running)),
            // Whether it runs is not known: the note stays.
            Err(error @ Error::Lost { .. }) => Err(error),
            Err(error) => {
                remove(&note)?;
                Err(error)
            }
        }
    }

    async fn adopt(&self, id: &str) -> Result<Option<Box<dyn Running>>, Error> {
        check_id(id)?;
        let running = self.inner.adopt(id).await?;
        Ok(running.map(|running| self.wrap(id, running)))
    }

    async fn discard(&self, id: &str) -> Result<(), Error> {
        self.inner.discard(id).await?;
        let note = self.note(id);
        if note.exists() {
            let client = Client::find(&self.environment)?;
            client.remove(&rewrite::label(&self.marker, id)).await?;
            remove(&note)?;
        }
        Ok(())
    }

    async fn log(&self, log: &Path, from: u64) -> Result<Chunk, Error> {
        self.inner.log(log, from).await
    }
}

fn remove(note: &Path) -> Result<(), Error> {
    match fs::remove_file(note) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("remove", note)(error)),
        _ => Ok(()),
    }
}

/// A command that may run in a container: one without has no note.
struct Contained {
    inner: Box<dyn Running>,
    note: PathBuf,
    over: Option<Ended>,
}

#[async_trait]
impl Running for Contained {
    async fn ended(&mut self) -> Result<Ended, Error> {
        if let Some(ended) = &self.over {
            return Ok(ended.clone());
        }
        let mut ended = self.inner.ended().await?;
        let limited = fs::read_to_string(&self.note).is_ok_and(|note| note == LIMITED);
        if limited && ended.exit == Exit::Code(KILLED) {
            ended.exit = Exit::OutOfMemory;
            ended
                .notices
                .push("its container has a memory limit and was killed: taken for out of memory".into());
        }
        // Then it is gone by itself, and a later engine needs no note to tell the same.
        if matches!(ended.exit, Exit::Code(code) if code < FIRST_ODD_CODE) {
            remove(&self.note)?;
        }
        self.over = Some(ended.clone());
        Ok(ended)
    }

    fn end(&self) {
        self.inner.end();
    }
}
