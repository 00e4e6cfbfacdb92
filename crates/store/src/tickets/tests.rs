use serde_json::json;

use crate::{
    Comment, Error, Link, NewTicket, Opened, Ticket, TicketEdit, TicketFilter, TicketStatus, testing::Scene,
};

fn ticket(fingerprint: Option<&str>) -> NewTicket {
    NewTicket {
        fingerprint: fingerprint.map(str::to_owned),
        title: "late: temp is 10 degrees colder".to_owned(),
        severity: "high".to_owned(),
        body: "# What happened\n\n\"é\" | `x`".to_owned(),
        evidence: json!({"psi": 0.31}),
        links: vec![link("version", "late/2")],
    }
}

fn link(rel: &str, target: &str) -> Link {
    Link { rel: rel.to_owned(), target: target.to_owned() }
}

fn open(scene: &Scene, fingerprint: Option<&str>) -> u64 {
    let Opened { id, new } = scene.store.open_ticket(&ticket(fingerprint)).unwrap();
    assert!(new);
    id
}

#[test]
fn a_ticket_is_read_back_as_it_was_opened() {
    let scene = Scene::new();
    let new = ticket(Some("late/drift.temp"));
    let id = open(&scene, Some("late/drift.temp"));
    let expected = Ticket {
        id,
        fingerprint: new.fingerprint,
        title: new.title,
        status: TicketStatus::Open,
        severity: new.severity,
        body: new.body,
        evidence: new.evidence,
        links: new.links,
        created: scene.now(),
        updated: scene.now(),
        closed: None,
    };
    assert_eq!(scene.reopened().ticket(id).unwrap(), expected);
}

#[test]
fn news_of_an_unfinished_ticket_goes_into_it() {
    let scene = Scene::new();
    let id = open(&scene, Some("f"));
    scene.store.move_ticket(id, TicketStatus::Doing).unwrap();
    scene.advance(60);
    let mut news = ticket(Some("f"));
    news.title = "another title".to_owned();
    news.severity = "low".to_owned();
    news.evidence = json!({"psi": 0.12});
    news.links.push(link("incident", "incident/7"));
    assert_eq!(scene.store.open_ticket(&news).unwrap(), Opened { id, new: false });
    let there = scene.store.ticket(id).unwrap();
    assert_eq!((there.title, there.status), (news.title, TicketStatus::Doing));
    assert_eq!((there.severity.as_str(), &there.evidence), ("low", &news.evidence));
    assert_eq!(there.links, news.links, "a link that is there is not added again");
    assert_eq!(there.updated, scene.now());
}

#[test]
fn after_a_ticket_is_done_the_next_one_links_to_it() {
    let scene = Scene::new();
    let first = open(&scene, Some("f"));
    scene.store.move_ticket(first, TicketStatus::Done).unwrap();
    let second = open(&scene, Some("f"));
    let links = scene.store.ticket(second).unwrap().links;
    assert_eq!(links, [link("version", "late/2"), link("earlier", &format!("ticket/{first}"))]);

    let error = scene.store.move_ticket(first, TicketStatus::Doing).unwrap_err();
    assert!(matches!(error, Error::TicketTaken { ticket, other } if (ticket, other) == (first, second)));
    scene.store.move_ticket(second, TicketStatus::Done).unwrap();
    scene.store.move_ticket(first, TicketStatus::Open).unwrap();
}

#[test]
fn tickets_without_a_fingerprint_are_each_their_own() {
    let scene = Scene::new();
    assert_ne!(open(&scene, None), open(&scene, None));
}

#[test]
fn a_ticket_is_closed_when_it_is_moved_to_done_and_only_while_it_is_there() {
    let scene = Scene::new();
    let id = open(&scene, None);
    scene.advance(60);
    scene.store.move_ticket(id, TicketStatus::Done).unwrap();
    let closed = scene.now();
    scene.advance(60);
    scene.store.move_ticket(id, TicketStatus::Done).unwrap();
    let done = scene.store.ticket(id).unwrap();
    assert_eq!((done.status, done.closed, done.updated), (TicketStatus::Done, Some(closed), closed));
    scene.store.move_ticket(id, TicketStatus::Open).unwrap();
    assert_eq!(scene.store.ticket(id).unwrap().closed, None);
}

#[test]
fn an_edit_changes_what_it_names() {
    let scene = Scene::new();
    let id = open(&scene, Some("f"));
    let before = scene.store.ticket(id).unwrap();
    scene.advance(60);
    let edit = TicketEdit { body: Some("shorter".to_owned()), ..TicketEdit::default() };
    scene.store.edit_ticket(id, &edit).unwrap();
    let expected = Ticket { body: "shorter".to_owned(), updated: scene.now(), ..before };
    assert_eq!(scene.store.ticket(id).unwrap(), expected);

    let edit = TicketEdit {
        title: Some("title".to_owned()),
        severity: Some("low".to_owned()),
        body: None,
        evidence: Some(json!(null)),
        links: Some(vec![]),
    };
    scene.store.edit_ticket(id, &edit).unwrap();
    let edited = scene.store.ticket(id).unwrap();
    assert_eq!((edited.title.as_str(), edited.severity.as_str()), ("title", "low"));
    assert_eq!((edited.evidence, edited.links), (json!(null), vec![]));
}

#[test]
fn comments_stay_in_their_order_and_touch_the_ticket() {
    let scene = Scene::new();
    let (id, other) = (open(&scene, None), open(&scene, None));
    scene.store.comment(id, "ada", "I look into it").unwrap();
    scene.advance(60);
    scene.store.comment(id, "monitor.late", "it is back").unwrap();
    let comments = scene.reopened().comments(id).unwrap();
    let (by, text) = ("monitor.late".to_owned(), "it is back".to_owned());
    assert_eq!(comments[1], Comment { ticket: id, at: scene.now(), by, text });
    assert_eq!((comments.len(), comments[0].by.as_str()), (2, "ada"));
    assert_eq!(scene.store.ticket(id).unwrap().updated, scene.now());
    assert_eq!(scene.store.comments(other).unwrap(), []);
}

#[test]
fn tickets_are_found_by_status_and_fingerprint_newest_first() {
    let scene = Scene::new();
    let ids = ["f", "g", "h"].map(|fingerprint| open(&scene, Some(fingerprint)));
    scene.store.move_ticket(ids[1], TicketStatus::Doing).unwrap();
    let found = |filter: TicketFilter| -> Vec<u64> {
        scene.store.tickets(&filter).unwrap().iter().map(|ticket| ticket.id).collect()
    };
    let (status, fingerprint) = (Some(TicketStatus::Open), Some("g".to_owned()));
    assert_eq!(found(TicketFilter::default()), [ids[2], ids[1], ids[0]]);
    assert_eq!(found(TicketFilter { status, ..TicketFilter::default() }), [ids[2], ids[0]]);
    assert_eq!(found(TicketFilter { fingerprint, ..TicketFilter::default() }), [ids[1]]);
    assert_eq!(found(TicketFilter { limit: Some(1), ..TicketFilter::default() }), [ids[2]]);
}

#[test]
fn a_ticket_that_is_not_there_is_named() {
    let scene = Scene::new();
    for error in [
        scene.store.ticket(9).unwrap_err(),
        scene.store.comments(9).unwrap_err(),
        scene.store.comment(9, "ada", "hello").unwrap_err(),
        scene.store.move_ticket(9, TicketStatus::Done).unwrap_err(),
        scene.store.edit_ticket(9, &TicketEdit::default()).unwrap_err(),
    ] {
        assert!(matches!(error, Error::UnknownNumber { kind: "ticket", id: 9 }), "{error}");
    }
}
