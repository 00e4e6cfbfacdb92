//! Bugs on the capture's threads: told once, and the threads go on.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use base::{Clock, FixedClock, Timestamp};
use serving::capture::MAGIC;

use super::{Scene, ask_each, model, numbers, wait_until};
use crate::capture::{Notice, Position, Settings, Writer};

const WHY: &str = "it panicked, which is a bug in kaizen: the clock fell off the wall";

/// A clock that panics while it is told to.
struct Faulty {
    clock: Arc<FixedClock>,
    panics: AtomicBool,
    panicked: AtomicUsize,
}

impl Faulty {
    fn of(scene: &Scene, panics: bool) -> Arc<Self> {
        let (panics, panicked) = (AtomicBool::new(panics), AtomicUsize::new(0));
        Arc::new(Self { clock: scene.clock.clone(), panics, panicked })
    }
}

impl Clock for Faulty {
    fn now(&self) -> Timestamp {
        if self.panics.load(SeqCst) {
            self.panicked.fetch_add(1, SeqCst);
            panic!("the clock fell off the wall");
        }
        self.clock.now()
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }
}

fn count(scene: &Scene, wanted: impl Fn(&Notice) -> bool) -> usize {
    scene.notices.lock().unwrap().iter().filter(|notice| wanted(notice)).count()
}

#[test]
fn a_writer_that_panics_says_so_once_and_goes_on_where_it_was() {
    let scene = Scene::new();
    let recorder = scene.recorder(1 << 20);
    let clock = Faulty::of(&scene, false);
    let handle = Writer::start(Settings { clock: clock.clone(), ..scene.settings(&recorder) }).unwrap();
    ask_each(&recorder, &model("7"), 0..10);
    wait_until("they are on disk", || scene.ids(&mut Position::default()).len() == 10);
    clock.panics.store(true, SeqCst);
    ask_each(&recorder, &model("7"), 10..20);
    wait_until("it panics again and again", || clock.panicked.load(SeqCst) >= 3);
    clock.panics.store(false, SeqCst);
    wait_until("it goes on", || scene.noticed(|notice| matches!(notice, Notice::Resumed { .. })));
    handle.stop();
    assert_eq!(scene.ids(&mut Position::default()), numbers(0..20));
    let told = |notice: &Notice| matches!(notice, Notice::Paused { why, .. } if why.ends_with(WHY));
    assert_eq!(count(&scene, told), 1);
}

#[test]
fn a_sealer_that_panics_says_so_once_and_seals_what_comes_later() {
    let scene = Scene::new();
    let (recorder, handle) = scene.start();
    ask_each(&recorder, &model("7"), 0..10);
    wait_until("they are on disk", || scene.ids(&mut Position::default()).len() == 10);
    let journals = scene.copies();
    handle.stop();

    let scene = Scene::new();
    fs::create_dir_all(scene.journals()).unwrap();
    for (path, bytes) in &journals {
        fs::write(scene.journals().join(path.file_name().unwrap()), bytes).unwrap();
    }
    let recorder = scene.recorder(1 << 20);
    // What is to be forgotten is asked of the clock.
    let keep = Some(Duration::from_secs(3_600));
    let clock = Faulty::of(&scene, true);
    let handle = Writer::start(Settings { keep, clock: clock.clone(), ..scene.settings(&recorder) }).unwrap();
    let is_told = |notice: &Notice| matches!(notice, Notice::NotSealed { why, .. } if why.ends_with(WHY));
    wait_until("the sealer panics", || scene.noticed(is_told));
    clock.panics.store(false, SeqCst);
    ask_each(&recorder, &model("7"), 10..20);
    handle.stop();
    assert_eq!(scene.ids(&mut Position::default()), numbers(0..20));
    assert!(scene.copies().is_empty(), "all is sealed");
    assert_eq!(count(&scene, is_told), 1);
}

#[test]
fn an_observer_that_panics_costs_its_notices_alone() {
    let scene = Scene::new();
    fs::create_dir_all(scene.journals()).unwrap();
    // The sealer tells of its torn end before it comes to what is written later.
    let torn = [MAGIC.as_slice(), &[7; 40]].concat();
    fs::write(scene.journals().join("0000000000000001.journal"), torn).unwrap();
    let recorder = scene.recorder(4 << 10);
    let settings = Settings { observer: Arc::new(|_| panic!("nobody listens")), ..scene.settings(&recorder) };
    // More than fits, which the writer tells of.
    ask_each(&recorder, &model("7"), 0..1_000);
    let handle = Writer::start(settings).unwrap();
    wait_until("what fitted is on disk", || !scene.ids(&mut Position::default()).is_empty());
    let fitted = scene.ids(&mut Position::default()).len();
    ask_each(&recorder, &model("7"), 1_000..1_010);
    handle.stop();
    assert_eq!(scene.ids(&mut Position::default()).len(), fitted + 10);
    assert!(scene.copies().is_empty(), "all is sealed");
}
