//! A process that is killed with `kill -9` while it serves.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use base::{FixedClock, Size};
use serving::capture::{Recorder, Settings as Recording};
use store::Store;

use super::{Scene, ask_each, model, numbers, service};
use crate::capture::{Position, Settings, Writer};

const DIRECTORY: &str = "KAIZEN_TEST_CAPTURE_DIRECTORY";
const NAME: &str =
    "capture::tests::killed::a_killed_process_loses_what_it_recorded_in_its_last_moment_and_doubles_nothing";
/// How often the writer of the killed process writes.
const EVERY: Duration = Duration::from_millis(200);
/// What a sync may take on a busy machine.
const SYNC: Duration = Duration::from_millis(1_500);

#[test]
fn a_killed_process_loses_what_it_recorded_in_its_last_moment_and_doubles_nothing() {
    if let Some(directory) = directory() {
        serve_until_killed(Path::new(&directory));
    }
    for run_for in [0, 700, 1_500].map(|more| EVERY + SYNC + Duration::from_millis(more)) {
        let scene = Scene::new();
        let safe = kill_after(scene.directory.path(), run_for);
        assert!(safe > 0);
        let mut position = Position::default();
        let before = scene.ids(&mut position);
        scene.start().1.stop();
        let ids = scene.ids(&mut Position::default());
        assert!(ids.len() >= safe, "{} of {safe} that were recorded in time", ids.len());
        assert_eq!(ids, numbers(0..ids.len()), "none is missing in between and none comes twice");
        let after = scene.ids(&mut position);
        assert_eq!([before, after].concat(), ids, "a reader goes on where it was");
    }
}

#[expect(clippy::disallowed_methods, reason = "how a test tells the process it starts what to do")]
fn directory() -> Option<String> {
    std::env::var(DIRECTORY).ok()
}

/// Gives the number of requests that were recorded early enough before the kill.
fn kill_after(directory: &Path, run_for: Duration) -> usize {
    let itself = std::env::current_exe().unwrap();
    let mut process = Command::new(itself)
        .args(["--exact", "--nocapture", NAME])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen: Vec<(Instant, usize)> = Vec::new();
    for line in BufReader::new(process.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some(number) = line.strip_prefix("recorded ").and_then(|number| number.parse().ok()) else {
            continue;
        };
        seen.push((Instant::now(), number));
        if seen[0].0.elapsed() > run_for {
            break;
        }
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let killed = Instant::now();
    let in_time = seen.iter().filter(|(at, _)| killed - *at > EVERY + SYNC);
    in_time.map(|(_, number)| *number).max().unwrap_or(0)
}

fn serve_until_killed(directory: &Path) -> ! {
    let clock = Arc::new(FixedClock::at("2013-04-01T06:00:00Z".parse().unwrap()));
    let store = Store::open(directory, clock.clone()).unwrap();
    let recording = Recording { model: "delays".to_owned(), ..Recording::default() };
    let recorder = Arc::new(Recorder::new(recording, clock.clone()));
    // Small journals, so that the kill also falls between writing, sealing and removing.
    let settings = Settings {
        every: EVERY,
        journal: Size::bytes(4_000),
        ..Settings::new(service(), store, Arc::clone(&recorder), clock)
    };
    let _handle = Writer::start(settings).unwrap();
    let model = model("7");
    for number in 0.. {
        ask_each(&recorder, &model, number..number + 1);
        println!("recorded {}", number + 1);
        std::thread::sleep(Duration::from_millis(3));
    }
    unreachable!("it is killed")
}
