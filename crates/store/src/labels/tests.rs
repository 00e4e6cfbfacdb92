use base::Timestamp;

use crate::{
    Error, Label, LabelReceipt, LabelTotals, NewLabel, Store,
    testing::{Scene, name},
};

fn label(id: &str, value: &str) -> NewLabel {
    NewLabel { id: id.to_owned(), value: value.to_owned(), known: None }
}

fn receipt(accepted: u64, unchanged: u64, replaced: u64) -> LabelReceipt {
    LabelReceipt { accepted, unchanged, replaced }
}

fn ids(labels: &[Label]) -> Vec<&str> {
    labels.iter().map(|label| label.id.as_str()).collect()
}

#[test]
fn a_label_is_read_back_as_it_was_put() {
    let scene = Scene::new();
    let known = Some(Timestamp::from_micros(-7));
    let new = NewLabel { known, ..label("é-1", " 1.50\n") };
    assert_eq!(scene.store.put_labels(&name("late"), &[new]).unwrap(), receipt(1, 0, 0));
    let expected = Label {
        id: "é-1".to_owned(),
        value: " 1.50\n".to_owned(),
        known,
        received: scene.now(),
        sequence: 1,
    };
    assert_eq!(scene.reopened().labels_after(&name("late"), 0, 10).unwrap(), [expected]);
}

#[test]
fn a_label_sent_again_is_counted_and_changes_nothing() {
    let scene = Scene::new();
    let both = [label("a", "1"), label("b", "0"), label("a", "1")];
    assert_eq!(scene.store.put_labels(&name("late"), &both).unwrap(), receipt(2, 1, 0));
    let before = scene.store.labels_after(&name("late"), 0, 10).unwrap();
    scene.advance(60);
    assert_eq!(scene.store.put_labels(&name("late"), &both).unwrap(), receipt(0, 3, 0));
    assert_eq!(scene.store.labels_after(&name("late"), 0, 10).unwrap(), before);
    assert_eq!(scene.store.put_labels(&name("late"), &[]).unwrap(), receipt(0, 0, 0));
}

#[test]
fn another_value_replaces_a_label_which_is_kept_beside_it() {
    let scene = Scene::new();
    scene.store.put_labels(&name("late"), &[label("a", "1"), label("b", "0")]).unwrap();
    let first = scene.store.labels_after(&name("late"), 0, 1).unwrap();
    scene.advance(60);
    let news = [label("a", "0"), label("c", "1")];
    assert_eq!(scene.store.put_labels(&name("late"), &news).unwrap(), receipt(1, 0, 1));

    let after = scene.store.labels_after(&name("late"), 2, 10).unwrap();
    assert_eq!(ids(&after), ["a", "c"], "whoever follows the labels hears of the new value");
    assert_eq!((after[0].value.as_str(), after[0].sequence, after[0].received), ("0", 3, scene.now()));
    assert_eq!(scene.store.replaced_labels(&name("late"), "a").unwrap(), first);
    assert_eq!(scene.store.replaced_labels(&name("late"), "b").unwrap(), []);
    let totals = LabelTotals { labels: 3, replaced: 1, sequence: 4, received: Some(scene.now()) };
    assert_eq!(scene.store.label_totals(&name("late")).unwrap(), totals);
}

#[test]
fn the_last_of_three_values_in_one_call_stays() {
    let scene = Scene::new();
    let values = ["1", "2", "1"].map(|value| label("a", value));
    assert_eq!(scene.store.put_labels(&name("late"), &values).unwrap(), receipt(1, 0, 2));
    let kept = scene.store.labels_of(&name("late"), &["a"]).unwrap();
    assert_eq!((kept["a"].value.as_str(), kept["a"].sequence), ("1", 3));
    let replaced = scene.store.replaced_labels(&name("late"), "a").unwrap();
    assert_eq!(replaced.iter().map(|label| label.value.as_str()).collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn labels_of_two_services_do_not_meet() {
    let scene = Scene::new();
    scene.store.put_labels(&name("late"), &[label("a", "1")]).unwrap();
    assert_eq!(scene.store.put_labels(&name("early"), &[label("a", "0")]).unwrap(), receipt(1, 0, 0));
    assert_eq!(scene.store.labels_of(&name("late"), &["a"]).unwrap()["a"].value, "1");
    assert_eq!(ids(&scene.store.labels_after(&name("early"), 0, 10).unwrap()), ["a"]);
    assert_eq!(scene.store.label_totals(&name("other")).unwrap(), LabelTotals::default());
}

#[test]
fn labels_are_followed_in_pages_without_a_gap() {
    let scene = Scene::new();
    let labels: Vec<_> = (0..25).map(|number| label(&number.to_string(), "1")).collect();
    scene.store.put_labels(&name("late"), &labels).unwrap();
    let (mut sequence, mut followed) = (0, Vec::new());
    loop {
        let page = scene.store.labels_after(&name("late"), sequence, 10).unwrap();
        let Some(last) = page.last() else { break };
        sequence = last.sequence;
        followed.extend(page.into_iter().map(|label| label.id));
    }
    assert_eq!(followed, labels.iter().map(|label| label.id.clone()).collect::<Vec<_>>());
}

#[test]
fn only_ids_with_a_label_are_found_in_a_list_of_any_length() {
    let scene = Scene::new();
    let labels: Vec<_> = (0..2_500).map(|number| label(&number.to_string(), "1")).collect();
    scene.store.put_labels(&name("late"), &labels).unwrap();
    let asked: Vec<String> = (0..5_000).map(|number| (number * 2).to_string()).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let found = scene.store.labels_of(&name("late"), &asked).unwrap();
    assert_eq!(found.len(), 1_250);
    assert!(found.contains_key("2498") && !found.contains_key("2499") && !found.contains_key("2500"));
    assert!(scene.store.labels_of(&name("late"), &[]).unwrap().is_empty());
}

#[test]
fn a_label_too_long_or_without_an_id_is_refused_and_the_limit_named() {
    let scene = Scene::new();
    let (id, value) = ("i".repeat(256), "v".repeat(1_024));
    scene.store.put_labels(&name("late"), &[label(&id, &value), label("empty", "")]).unwrap();
    for (refused, limit) in [
        (label(&format!("{id}i"), "1"), "256"),
        (label("", "1"), "256"),
        (label("a", &format!("{value}v")), "1024"),
    ] {
        let error = scene.store.put_labels(&name("late"), &[label("good", "1"), refused]).unwrap_err();
        assert!(matches!(error, Error::LabelSize { .. }), "{error}");
        assert!(error.to_string().contains(limit), "{error}");
    }
    assert_eq!(scene.store.label_totals(&name("late")).unwrap().labels, 2, "all of a call or none");
}

#[test]
fn a_reader_sees_labels_while_another_process_writes_more() {
    let scene = Scene::new();
    scene.store.put_labels(&name("late"), &[label("a", "1")]).unwrap();
    let reader = Store::open_read_only(&scene.path(), scene.clock.clone()).unwrap();
    assert_eq!(reader.label_totals(&name("late")).unwrap().labels, 1);
    let half_done = |transaction: &rusqlite::Transaction<'_>| {
        transaction.execute("DELETE FROM labels", [])?;
        let seen = reader.label_totals(&name("late")).map(|totals| totals.labels)?;
        Err::<(), _>(Error::UnknownNumber { kind: "test", id: seen }.into())
    };
    let error = scene.store.database().write("test", half_done).unwrap_err();
    assert!(matches!(error, Error::UnknownNumber { id: 1, .. }), "{error}");
    scene.store.put_labels(&name("late"), &[label("b", "1")]).unwrap();
    assert_eq!(reader.label_totals(&name("late")).unwrap().labels, 2);
    assert!(reader.put_labels(&name("late"), &[label("c", "1")]).is_err());
}

#[test]
fn writers_of_the_same_labels_at_once_agree() {
    let scene = Scene::new();
    let labels: Vec<_> = (0..200).map(|number| label(&number.to_string(), "1")).collect();
    let accepted: u64 = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|_| {
                let store = scene.reopened();
                let labels = &labels;
                scope.spawn(move || {
                    let batches = labels.chunks(20);
                    batches.map(|batch| store.put_labels(&name("late"), batch).unwrap().accepted).sum::<u64>()
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    assert_eq!(accepted, 200);
    assert_eq!(scene.store.label_totals(&name("late")).unwrap().sequence, 200);
}
