//! Labels that callers send, alone and at the same time.

use std::sync::Arc;

use serving::labels::{Label, Labels as _, Receipt};

use super::{Scene, service};
use crate::capture::Keeper;

fn label(id: &str, value: &str) -> Label {
    Label { id: id.to_owned(), value: value.to_owned(), time: Some("2013-04-02".parse().unwrap()) }
}

#[test]
fn labels_are_new_repeated_or_changed_whether_or_not_their_request_is_known_yet() {
    let scene = Scene::new();
    let keeper = Keeper::new(scene.store.clone());
    let put = |labels: Vec<Label>| keeper.put("late", labels).unwrap();
    let receipt = |accepted, unchanged, replaced| Receipt { accepted, unchanged, replaced };
    assert_eq!(put(vec![label("unknown", "true"), label("b", "true"), label("b", "true")]), receipt(2, 1, 0));
    assert_eq!(put(vec![label("b", "false"), label("unknown", "true")]), receipt(0, 1, 1));
    assert_eq!(put(Vec::new()), receipt(0, 0, 0));
    let kept = scene.store.labels_of(&service(), &["b"]).unwrap();
    assert_eq!((kept["b"].value.as_str(), kept["b"].known), ("false", Some("2013-04-02".parse().unwrap())));
    assert!(keeper.put("../late", vec![label("a", "true")]).is_err());
}

#[test]
fn labels_that_arrive_together_each_get_their_own_receipt() {
    let scene = Scene::new();
    let keeper = Arc::new(Keeper::new(scene.store.clone()));
    let sum = |receipts: &[Receipt], of: fn(&Receipt) -> u64| receipts.iter().map(of).sum::<u64>();
    let receipts: Vec<Receipt> = std::thread::scope(|scope| {
        let post = |caller: usize| {
            let keeper = Arc::clone(&keeper);
            scope.spawn(move || {
                let own = (0..20).map(|number| label(&format!("{caller}-{number}"), "true"));
                keeper.put("late", own.chain([label("shared", "true")]).collect()).unwrap()
            })
        };
        let callers: Vec<_> = (0..16).map(post).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert_eq!(sum(&receipts, |receipt| receipt.accepted), 16 * 20 + 1);
    assert_eq!(sum(&receipts, |receipt| receipt.unchanged), 15);
    assert!(receipts.iter().all(|receipt| receipt.accepted + receipt.unchanged == 21));
    assert_eq!(scene.store.label_totals(&service()).unwrap().labels, 16 * 20 + 1);
}
