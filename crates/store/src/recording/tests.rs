use base::Timestamp;
use rusqlite::Transaction;
use serde_json::json;

use crate::{
    DeliveryFilter, Error, IncidentFilter, IncidentRef, IncidentStatus, Link, MonitorChange, NewDelivery,
    NewIncident, NewTicket, SignalPoint, Store, TicketFilter, TicketStatus, WindowRecord,
    database::Fault,
    testing::{Scene, name},
};

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn point(start: i64) -> MonitorChange {
    MonitorChange::Point(SignalPoint {
        monitor: name("late"),
        version: 1,
        signal: "traffic".to_owned(),
        start: at(start),
        end: at(start + 10),
        value: 1.0,
        lower: None,
        upper: None,
        rows: 1,
        p_value: None,
        departs: false,
        detail: json!(null),
    })
}

fn window(start: i64, detail: &str) -> MonitorChange {
    let (monitor, detail) = (name("late"), json!(detail));
    MonitorChange::Window(WindowRecord { monitor, version: 1, start: at(start), end: at(start + 10), detail })
}

fn state(clock: i64) -> MonitorChange {
    MonitorChange::State { monitor: name("late"), value: json!({"clock": clock}) }
}

fn incident() -> MonitorChange {
    MonitorChange::OpenIncident(NewIncident {
        monitor: name("late"),
        fingerprint: "f".to_owned(),
        status: IncidentStatus::Open,
        onset: at(0),
        opened: at(10),
        confirmed: None,
        resolved: None,
        severity: "high".to_owned(),
        title: "title".to_owned(),
        detail: json!(null),
    })
}

fn ticket(fingerprint: &str, incident: Option<IncidentRef>) -> MonitorChange {
    let ticket = NewTicket {
        fingerprint: Some(fingerprint.to_owned()),
        title: "title".to_owned(),
        severity: "high".to_owned(),
        body: String::new(),
        evidence: json!(null),
        links: vec![],
    };
    MonitorChange::OpenTicket { ticket, incident }
}

fn event(subject: &str) -> MonitorChange {
    MonitorChange::Enqueue(NewDelivery {
        webhook: "chat".to_owned(),
        event_id: format!("event of {subject}"),
        kind: "kaizen.ticket.opened".to_owned(),
        subject: subject.to_owned(),
        body: "{}".to_owned(),
    })
}

fn comment(ticket: u64) -> MonitorChange {
    MonitorChange::CommentTicket { ticket, by: "monitor.late".to_owned(), text: "it is back".to_owned() }
}

/// How much there is of everything a call may record.
fn counts(store: &Store) -> [usize; 5] {
    [
        store.signals(&name("late"), None, None).unwrap().len(),
        store.windows(&name("late"), 1_000_000).unwrap().len(),
        store.incidents(&IncidentFilter::default()).unwrap().len(),
        store.tickets(&TicketFilter::default()).unwrap().len(),
        store.deliveries(&DeliveryFilter::default()).unwrap().len(),
    ]
}

#[test]
fn a_ticket_links_the_incident_that_the_same_call_opened() {
    let scene = Scene::new();
    let changes = [
        point(0),
        window(0, "all well"),
        incident(),
        incident(),
        ticket("f", Some(IncidentRef::Opened(3))),
        event("late"),
        state(10),
        ticket("g", Some(IncidentRef::Id(1))),
    ];
    let opened = scene.store.record(&changes).unwrap();
    assert_eq!(opened, [1, 2, 1, 2], "two incidents and two tickets, in their order");
    assert_eq!(counts(&scene.reopened()), [1, 1, 2, 2, 1]);
    let links = |id: u64| scene.store.ticket(id).unwrap().links;
    let link = |target: &str| [Link { rel: "incident".to_owned(), target: target.to_owned() }];
    assert_eq!((links(1), links(2)), (link("incident/2").into(), link("incident/1").into()));
}

#[test]
fn a_change_that_cannot_be_made_undoes_those_before_it() {
    let scene = Scene::new();
    scene.store.record(&[state(1)]).unwrap();
    let refused = [
        (comment(9), "find ticket 9"),
        (MonitorChange::MoveTicket { ticket: 9, to: TicketStatus::Done }, "find ticket 9"),
        (ticket("g", Some(IncidentRef::Opened(0))), "change 0"),
        (ticket("g", Some(IncidentRef::Opened(7))), "change 7"),
    ];
    for (change, named) in refused {
        let before =
            [point(0), window(0, "all well"), incident(), ticket("f", None), event("late"), state(2)];
        let error = scene.store.record(&[&before[..], &[change]].concat()).unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
        assert_eq!(counts(&scene.store), [0; 5]);
        assert_eq!(scene.store.monitor_state(&name("late")).unwrap(), Some(json!({"clock": 1})));
    }
}

#[test]
fn an_event_can_spell_the_number_of_the_ticket_it_tells_of() {
    let scene = Scene::new();
    let told = scene.store.record_with(|recorder| {
        let ticket = recorder.make(&ticket("f", None))?.expect("it opens one");
        let subject = format!("ticket/{ticket}");
        assert_eq!(recorder.make(&event(&subject))?, None);
        Ok(subject)
    });
    let delivery = &scene.store.deliveries(&DeliveryFilter::default()).unwrap()[0];
    assert_eq!(delivery.subject, told.unwrap());
}

#[test]
fn a_caller_that_changes_its_mind_undoes_all_of_it() {
    let scene = Scene::new();
    let refused = scene.store.record_with(|recorder| {
        recorder.make(&incident())?;
        Err::<(), _>(Error::UnknownNumber { kind: "reason", id: 1 })
    });
    assert!(refused.is_err());
    assert_eq!(counts(&scene.store), [0; 5]);
}

#[test]
fn a_ticket_is_commented_and_closed_with_the_incident_it_is_about() {
    let scene = Scene::new();
    scene.store.record(&[incident(), ticket("f", Some(IncidentRef::Opened(0)))]).unwrap();
    let mut record = scene.store.incident(1).unwrap();
    (record.status, record.resolved) = (IncidentStatus::Resolved, Some(at(50)));
    let close = MonitorChange::MoveTicket { ticket: 1, to: TicketStatus::Done };
    let changes = [MonitorChange::UpdateIncident(record), comment(1), close];
    assert!(scene.store.record(&changes).unwrap().is_empty());
    assert_eq!(scene.store.incident(1).unwrap().status, IncidentStatus::Resolved);
    assert_eq!(scene.store.ticket(1).unwrap().closed, Some(scene.now()));
    assert_eq!(scene.store.comments(1).unwrap()[0].text, "it is back");
}

#[test]
fn a_full_disk_undoes_a_whole_call_and_the_same_call_is_made_when_there_is_room() {
    let scene = Scene::new();
    scene.store.record(&[state(1)]).unwrap();
    let limit = |pages: i64| {
        let set = |transaction: &Transaction<'_>| {
            let now: i64 = transaction.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let set = format!("PRAGMA max_page_count = {}", now + pages);
            transaction.query_row(&set, [], |_| Ok(())).map_err(Fault::from)
        };
        scene.store.database().read("set a limit", set).unwrap();
    };
    limit(4);
    let mut changes: Vec<_> = (0..50).map(|start| window(start, &"x".repeat(4_000))).collect();
    changes.extend([point(0), incident(), ticket("f", Some(IncidentRef::Opened(51))), event("late")]);
    changes.insert(0, state(2));
    changes[53] = ticket("f", Some(IncidentRef::Opened(52)));
    let error = scene.store.record(&changes).unwrap_err();
    assert!(matches!(error, Error::NoSpace { .. }), "{error}");
    assert_eq!(counts(&scene.store), [0; 5]);
    assert_eq!(scene.reopened().monitor_state(&name("late")).unwrap(), Some(json!({"clock": 1})));

    limit(1_000);
    scene.store.record(&changes).unwrap();
    assert_eq!(counts(&scene.reopened()), [1, 50, 1, 1, 1]);
}
