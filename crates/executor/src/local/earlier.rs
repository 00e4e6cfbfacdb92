//! What earlier supervisors left: adopted, discarded, tidied away.

use std::{
    fs, io,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{Settings, folder, link::Link, orphan, running};
use crate::{
    Error,
    record::{self, Entry, Record, State},
};

/// How long an earlier supervisor may take to see that its engine is gone, and to end a run at once.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(5);

/// Finds the attempt among all supervisors, the latest first. `own` is the folder of ours.
pub(super) fn adopt(parent: &Path, own: Option<&Path>, id: &str) -> Result<Option<running::Local>, Error> {
    for (_, folder) in folder::all(parent)?.into_iter().rev() {
        match find(&folder, own, id)? {
            Found::Ended(running) => return Ok(Some(running)),
            Found::Runs(_, running) => return Ok(Some(running)),
            Found::Unknown => return Ok(None),
            Found::Nothing => {}
        }
    }
    Ok(None)
}

/// What one supervisor knows of an attempt.
enum Found {
    /// It was never asked to run it.
    Nothing,
    Ended(running::Local),
    /// It runs it.
    Runs(Arc<Link>, running::Local),
    /// It ran it, and is gone; or nothing is left of it.
    Unknown,
}

fn find(folder: &Path, own: Option<&Path>, id: &str) -> Result<Found, Error> {
    let start = Instant::now();
    loop {
        // Whether it lives is looked at first: what it wrote before its death is seen then.
        let lives = folder::is_alive(folder)?;
        let link = if lives { Link::join(folder).ok().map(Arc::new) } else { None };
        // Its end is listened for first: an end that is not in the record yet is heard then.
        let followed = link.map(|link| (link.follow(id), link));
        let record = Record::read(folder).map_err(Error::io("read the record in", folder))?;
        match (record.runs.get(id), followed) {
            (Some(State::Ended(ended)), _) => {
                return Ok(Found::Ended(running::Local::over(id, ended.as_ref().clone(), folder)));
            }
            (Some(State::Discarded), _) => return Ok(Found::Unknown),
            (Some(State::Started(_)), Some((running, link))) if !link.is_gone() => {
                return Ok(Found::Runs(link, running));
            }
            (Some(State::Started(_)), None) if !lives => return Ok(Found::Unknown),
            (None, _) if !lives || record.closed || own == Some(folder) => return Ok(Found::Nothing),
            // It may still be about to start it: its engine's last requests are in the pipe.
            _ if start.elapsed() > PATIENCE => return Err(Error::Taken { folder: folder.to_owned() }),
            _ => thread::sleep(PAUSE),
        }
    }
}

/// Ends what is left of an attempt, wherever it is.
pub(super) fn discard(settings: &Settings, own: Option<&Path>, id: &str) -> Result<(), Error> {
    let mut unsettled = Vec::new();
    for (_, folder) in folder::all(&settings.folder)?.into_iter().rev() {
        if let Found::Runs(link, _) = find(&folder, own, id)? {
            end(&link, id)?;
        }
        let record = Record::read(&folder).map_err(Error::io("read the record in", &folder))?;
        if let Some(&State::Started(process)) = record.runs.get(id) {
            orphan::end_group(process, &record.boot).map_err(Error::io("end a process of", &folder))?;
            unsettled.push(folder);
        }
    }
    orphan::end_marked(&settings.marker, id)?;
    for folder in unsettled {
        let entry = Entry::Discarded { id: id.to_owned() };
        let noted = record::open(&folder).and_then(|record| record::append(&record, &entry));
        noted.map_err(Error::io("add to the record in", &folder))?;
    }
    Ok(())
}

/// Has a living supervisor end it at once, and waits until it has, or is gone.
fn end(link: &Arc<Link>, id: &str) -> Result<(), Error> {
    let start = Instant::now();
    // A link that broke means that the supervisor is gone, which is seen below.
    let _: io::Result<()> = link.end(id, true);
    loop {
        let record = Record::read(link.folder()).map_err(Error::io("read the record in", link.folder()))?;
        let over = !matches!(record.runs.get(id), Some(State::Started(_)));
        if over || !folder::is_alive(link.folder())? {
            return Ok(());
        }
        if start.elapsed() > 3 * PATIENCE {
            return Err(Error::StillRuns { id: id.to_owned(), count: 1, seconds: start.elapsed().as_secs() });
        }
        thread::sleep(PAUSE);
    }
}

/// Removes what is settled.
pub(super) fn tidy(parent: &Path) -> Result<usize, Error> {
    let mut removed = 0;
    for (_, folder) in folder::all(parent)? {
        if folder::is_alive(&folder)? {
            continue;
        }
        let record = Record::read(&folder).map_err(Error::io("read the record in", &folder))?;
        if record.is_settled() {
            fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder))?;
            removed += 1;
        }
    }
    Ok(removed)
}
