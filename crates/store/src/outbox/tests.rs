use std::time::Duration;

use base::Timestamp;

use crate::{
    Change, DeliveryFilter, DeliveryStatus, Error, NewDelivery,
    testing::{Scene, author, done, name},
};

fn event(webhook: &str, event_id: &str) -> NewDelivery {
    NewDelivery {
        webhook: webhook.to_owned(),
        event_id: event_id.to_owned(),
        kind: "kaizen.incident.confirmed".to_owned(),
        subject: "incident/7".to_owned(),
        body: "{\"title\":\"é\"}".to_owned(),
    }
}

fn enqueue(scene: &Scene, count: usize) {
    for number in 1..=count {
        scene.store.enqueue(&event("chat", &format!("event {number}"))).unwrap();
    }
}

fn due(scene: &Scene) -> Vec<u64> {
    scene.store.due_deliveries("chat", scene.now(), 10).unwrap().iter().map(|delivery| delivery.id).collect()
}

fn later(scene: &Scene, seconds: u64) -> Timestamp {
    let micros = Duration::from_secs(seconds).as_micros();
    Timestamp::from_micros(scene.now().micros() + i64::try_from(micros).unwrap())
}

#[test]
fn an_event_is_due_at_once_and_until_it_is_delivered() {
    let scene = Scene::new();
    enqueue(&scene, 2);
    let delivery = &scene.reopened().due_deliveries("chat", scene.now(), 1).unwrap()[0];
    assert_eq!((delivery.webhook.as_str(), delivery.event_id.as_str()), ("chat", "event 1"));
    assert_eq!((delivery.body.as_str(), delivery.subject.as_str()), ("{\"title\":\"é\"}", "incident/7"));
    assert_eq!((delivery.status, delivery.attempts), (DeliveryStatus::Waiting, 0));
    scene.advance(5);
    scene.store.delivered(delivery.id).unwrap();
    assert_eq!(due(&scene), [2]);
    let filter = DeliveryFilter { status: Some(DeliveryStatus::Delivered), ..DeliveryFilter::default() };
    let ended = &scene.store.deliveries(&filter).unwrap()[0];
    assert_eq!((ended.id, ended.attempts, ended.ended), (delivery.id, 1, Some(scene.now())));
}

#[test]
fn a_failed_delivery_waits_for_its_next_attempt_and_does_not_hold_up_the_rest() {
    let scene = Scene::new();
    enqueue(&scene, 2);
    scene.store.failed(1, "connection refused", later(&scene, 60)).unwrap();
    assert_eq!(due(&scene), [2]);
    scene.advance(60);
    assert_eq!(due(&scene), [2, 1], "the longest due first");
    let failed = &scene.store.due_deliveries("chat", scene.now(), 10).unwrap()[1];
    assert_eq!((failed.attempts, failed.error.as_deref()), (1, Some("connection refused")));
}

#[test]
fn what_has_ended_is_not_tried_or_changed_again() {
    let scene = Scene::new();
    enqueue(&scene, 2);
    scene.store.abandon(1, "gone for 3 days").unwrap();
    scene.store.delivered(2).unwrap();
    assert_eq!(due(&scene), [0; 0]);
    for error in [
        scene.store.delivered(1).unwrap_err(),
        scene.store.failed(2, "late", scene.now()).unwrap_err(),
        scene.store.abandon(3, "never was").unwrap_err(),
    ] {
        assert!(matches!(error, Error::UnknownNumber { .. }), "{error}");
    }
    let filter = DeliveryFilter { status: Some(DeliveryStatus::Abandoned), ..DeliveryFilter::default() };
    assert_eq!(scene.store.deliveries(&filter).unwrap()[0].error.as_deref(), Some("gone for 3 days"));
}

#[test]
fn an_event_enqueued_twice_is_sent_once_to_each_webhook() {
    let scene = Scene::new();
    for webhook in ["chat", "pager", "chat"] {
        scene.store.enqueue(&event(webhook, "event 1")).unwrap();
    }
    let webhook = Some("chat".to_owned());
    assert_eq!(scene.store.deliveries(&DeliveryFilter::default()).unwrap().len(), 2);
    let to_chat = scene.store.deliveries(&DeliveryFilter { webhook, ..DeliveryFilter::default() });
    assert_eq!(to_chat.unwrap().len(), 1);
}

#[test]
fn a_webhook_with_a_backlog_does_not_crowd_out_another() {
    let scene = Scene::new();
    enqueue(&scene, 20);
    scene.store.enqueue(&event("pager", "event 1")).unwrap();
    let to_pager = scene.store.due_deliveries("pager", scene.now(), 10).unwrap();
    assert_eq!(to_pager.iter().map(|delivery| delivery.webhook.as_str()).collect::<Vec<_>>(), ["pager"]);
}

#[test]
fn an_event_of_an_action_is_enqueued_with_its_outcome_or_not_at_all() {
    let scene = Scene::new();
    let refused = [
        Change::Enqueue(event("chat", "lost")),
        Change::RemoveAlias { model: name("late"), alias: name("champion"), by: author("gate") },
    ];
    scene.store.next_generation().unwrap();
    let id = scene.begin();
    scene.store.next_generation().unwrap();
    assert!(scene.store.conclude(id, &done(), &refused).is_err(), "the action is of an older generation");
    assert_eq!(due(&scene), [0; 0]);
    scene.change(&[Change::Enqueue(event("chat", "kept"))]).unwrap();
    assert_eq!(scene.store.due_deliveries("chat", scene.now(), 9).unwrap()[0].event_id, "kept");
}

#[test]
fn pruning_keeps_the_newest_that_ended_and_all_that_wait() {
    let scene = Scene::new();
    enqueue(&scene, 6);
    for id in [1, 3, 4, 5] {
        scene.store.delivered(id).unwrap();
    }
    assert_eq!(scene.store.prune_deliveries(2).unwrap(), 2);
    let left = scene.store.deliveries(&DeliveryFilter::default()).unwrap();
    assert_eq!(left.iter().map(|delivery| delivery.id).collect::<Vec<_>>(), [6, 5, 4, 2]);
    assert_eq!(scene.store.prune_deliveries(2).unwrap(), 0);
}

/// Deliveries that have ended, written at once: each by itself would take a transaction.
fn delivered(scene: &Scene, count: u64) {
    let statement = "WITH RECURSIVE numbers (number) AS
            (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < $1)
        INSERT INTO deliveries (webhook, event_id, kind, subject, body, status, attempts, created,
            next_attempt, ended)
        SELECT 'chat', number, 'kind', 'subject', '{}', 'delivered', 1, 0, 0, 0 FROM numbers";
    let written = scene.store.database().write("fill the outbox", |transaction| {
        Ok(transaction.execute(statement, [i64::try_from(count).unwrap()])?)
    });
    assert_eq!(written.unwrap() as u64, count);
}

#[test]
fn pruning_a_large_outbox_takes_the_oldest_first_and_some_at_a_time() {
    let scene = Scene::new();
    delivered(&scene, 2_500);
    let pruned = [(); 4].map(|()| scene.store.prune_deliveries(100).unwrap());
    assert_eq!(pruned, [1_000, 1_000, 400, 0]);
    let left = scene.store.deliveries(&DeliveryFilter::default()).unwrap();
    let ids: Vec<u64> = left.iter().map(|delivery| delivery.id).collect();
    assert_eq!(ids, (2_401..=2_500).rev().collect::<Vec<_>>());
}

#[test]
fn pruning_that_finds_nothing_to_do_does_not_wait_for_a_writer() {
    let scene = Scene::new();
    enqueue(&scene, 3);
    scene.store.delivered(1).unwrap();
    let writer = scene.reopened();
    let pruned =
        writer.database().write("hold the database", |_| Ok(scene.store.prune_deliveries(1).unwrap()));
    assert_eq!(pruned.unwrap(), 0);
    assert_eq!(scene.store.prune_deliveries(0).unwrap(), 1);
}
