use base::Timestamp;

use crate::{
    Error, NewSilence, Silence,
    testing::{Scene, name},
};

fn silence(signal: Option<&str>) -> NewSilence {
    NewSilence {
        monitor: name("late"),
        signal: signal.map(str::to_owned),
        until: Timestamp::from_micros(100),
        by: "ada".to_owned(),
        because: "the sensor is being replaced".to_owned(),
    }
}

#[test]
fn a_silence_is_listed_until_it_is_removed() {
    let scene = Scene::new();
    let new = silence(Some("drift.temp"));
    let id = scene.store.add_silence(&new).unwrap();
    let expected = Silence {
        id,
        monitor: new.monitor,
        signal: new.signal,
        until: new.until,
        by: new.by,
        because: new.because,
        created: scene.now(),
    };
    assert_eq!(scene.reopened().silences(Some(&name("late"))).unwrap(), [expected]);
    assert_eq!(scene.store.silences(Some(&name("early"))).unwrap(), []);
    scene.store.remove_silence(id).unwrap();
    assert_eq!(scene.store.silences(None).unwrap(), []);
    let error = scene.store.remove_silence(id).unwrap_err();
    assert!(matches!(error, Error::UnknownNumber { kind: "silence", .. }), "{error}");
    assert_ne!(scene.store.add_silence(&silence(None)).unwrap(), id, "a number is not given again");
}

#[test]
fn a_silence_covers_its_signal_or_its_family_until_its_time() {
    let scene = Scene::new();
    let covers = |silent: Option<&str>, signal: &str, at: i64| {
        let id = scene.store.add_silence(&silence(silent)).unwrap();
        let silences = scene.store.silences(None).unwrap();
        let silence = silences.iter().find(|silence| silence.id == id).unwrap();
        silence.covers(signal, Timestamp::from_micros(at))
    };
    assert!(covers(None, "traffic", 99));
    assert!(covers(Some("drift"), "drift.temp", 0));
    assert!(covers(Some("drift.temp"), "drift.temp", 0));
    assert!(!covers(Some("drift.temp"), "drift.temperature", 0));
    assert!(!covers(Some("drift.temp"), "drift", 0));
    assert!(!covers(None, "traffic", 100));
}
