//! Webhooks: what happens is told to others, signed, again and again until it is heard, and nothing waits for it.

use std::time::{Duration, Instant};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{
    context::{TestContext, eventually},
    receiver::{Answer, Delivery, Receiver},
    watched::{PLANTED, Ride, Watched, incidents, rides, tickets, trained},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The watched project with these webhooks beside it.
fn telling(webhooks: &[(&str, &Receiver)]) -> TestContext {
    let context = trained();
    let mut toml = context.read("kaizen.toml");
    for (name, receiver) in webhooks {
        toml.push_str(&format!("\n[webhook.{name}]\nurl = \"{}\"\nsecret = \"{SECRET}\"\n", receiver.url));
    }
    context.write("kaizen.toml", toml);
    context
}

/// Checks a delivery as a receiver that trusts nobody does.
#[track_caller]
fn is_signed(delivery: &Delivery) {
    let signed = format!(
        "{}.{}.{}",
        delivery.header("webhook-id"),
        delivery.header("webhook-timestamp"),
        delivery.body
    );
    let key = BASE64_STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let mut code = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    code.update(signed.as_bytes());
    let sent = delivery.header("webhook-signature").strip_prefix("v1,").unwrap();
    code.verify_slice(&BASE64_STANDARD.decode(sent).unwrap()).unwrap();
    assert_eq!(delivery.header("content-type"), "application/cloudevents+json");
}

#[test]
fn incident_ticket_verdict_and_release_are_told_signed_and_once() {
    let receiver = Receiver::start(|_| Answer::Status(204));
    let watched = Watched::of(telling(&[("ours", &receiver)]));
    watched.replay("2024-01-16", "2024-01-25");
    eventually("version 2 serves", || watched.context.served() == Some(2));
    watched.replay("2024-01-25", "2024-01-28");
    let wanted = [
        "dev.kaizen.incident.confirmed",
        "dev.kaizen.incident.resolved",
        "dev.kaizen.release.released",
        "dev.kaizen.ticket.changed",
        "dev.kaizen.ticket.closed",
        "dev.kaizen.ticket.opened",
        "dev.kaizen.verdict.judged",
    ];
    eventually("everything is told", || receiver.kinds().len() >= wanted.len());
    let mut kinds = receiver.kinds();
    kinds.sort();
    assert_eq!(kinds, wanted);
    let taken = receiver.taken();
    taken.iter().for_each(is_signed);
    for delivery in &taken {
        let event = delivery.event();
        assert_eq!(
            (&event["specversion"], &event["source"]),
            (&"1.0".into(), &"/kaizen/rides".into()),
            "{event:#}"
        );
        assert_eq!(event["id"], delivery.header("webhook-id"), "{event:#}");
        assert!(
            event["subject"].is_string() && event["time"].is_string() && event["data"].is_object(),
            "{event:#}"
        );
    }
    let confirmed = taken.iter().find(|delivery| delivery.kind() == wanted[0]).unwrap().event();
    assert_eq!(confirmed["subject"], "incident/1");
    assert!(confirmed.to_string().contains("drift.distance"), "{confirmed:#}");
    let verdict = taken.iter().find(|delivery| delivery.kind().contains("verdict")).unwrap().event();
    assert_eq!(verdict["data"]["decision"], "promote", "{verdict:#}");
}

#[test]
fn a_receiver_that_fails_is_tried_again_with_the_same_event() {
    let receiver = Receiver::start(|number| Answer::Status(if number == 0 { 500 } else { 200 }));
    let watched = Watched::of(telling(&[("ours", &receiver)]));
    watched.replay_labelled(&rides(PLANTED..PLANTED + 2, PLANTED));
    let again = |receiver: &Receiver| {
        let taken = receiver.taken();
        let first = taken.first().map(|delivery| delivery.header("webhook-id").to_owned());
        let same = |delivery: &&Delivery| Some(delivery.header("webhook-id")) == first.as_deref();
        taken.iter().filter(same).cloned().collect::<Vec<_>>()
    };
    eventually("it is tried again", || again(&receiver).len() == 2);
    let tries = again(&receiver);
    tries.iter().for_each(is_signed);
    assert_eq!(tries[0].body, tries[1].body);
    // Two seconds later, which the signature says as well.
    let times: Vec<i64> = tries.iter().map(|one| one.header("webhook-timestamp").parse().unwrap()).collect();
    assert!(times[1] > times[0], "{times:?}");
}

#[test]
fn a_receiver_that_hangs_keeps_nothing_waiting() {
    let hanging = Receiver::start(|_| Answer::Nothing);
    let willing = Receiver::start(|_| Answer::Status(200));
    let watched = Watched::of(telling(&[("hanging", &hanging), ("willing", &willing)]));
    watched.replay_labelled(&rides(PLANTED..PLANTED + 2, PLANTED));
    eventually("it hangs", || !hanging.taken().is_empty());
    // The other hears all of it meanwhile, the ticket is there, and the service answers.
    eventually("the other is told", || willing.kinds().iter().any(|kind| kind == "dev.kaizen.ticket.opened"));
    assert_eq!(hanging.taken().len(), 1, "it still hangs");
    assert_eq!((incidents(&watched.context).len(), tickets(&watched.context).len()), (1, 1));
    let began = Instant::now();
    assert_eq!(watched.infer(&Ride::of(0).request("meanwhile")).status, 200);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let began = Instant::now();
    watched.up.interrupt().code(0);
    assert!(began.elapsed() < Duration::from_secs(30), "the end waited {:?}", began.elapsed());
}

#[test]
fn what_a_killed_process_did_not_tell_is_told_by_the_next() {
    let receiver = Receiver::start(|number| Answer::Status(if number == 0 { 503 } else { 200 }));
    let watched = Watched::of(telling(&[("ours", &receiver)]));
    watched.replay_labelled(&rides(PLANTED..PLANTED + 2, PLANTED));
    eventually("a first try failed", || !receiver.taken().is_empty());
    watched.up.signal(rustix::process::Signal::KILL);
    watched.up.ended();
    let next = Watched::of(watched.context);
    let opened = ["dev.kaizen.incident.confirmed", "dev.kaizen.ticket.opened"];
    eventually("both are told", || {
        opened.iter().all(|kind| receiver.taken().iter().skip(1).any(|one| one.kind() == *kind))
    });
    assert_eq!((incidents(&next.context).len(), tickets(&next.context).len()), (1, 1));
}
