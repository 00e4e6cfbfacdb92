//! Every route, with requests that are nearly right, and with such as are not: MLflow's error, and nothing is harmed.

mod odd;
mod requests;
mod routes;
mod world;

use base::Random;

use super::client::{Answer, Client, Request};
use crate::{context::TestContext, server_command::server};
use requests::Author;
use routes::ROUTES;
use world::World;

const REQUESTS: usize = 1_700;

#[test]
fn whatever_is_sent_to_any_route_is_answered_in_mlflows_form_and_harms_nothing() {
    for seed in [1, 20_251_125] {
        survives(seed, REQUESTS);
    }
}

fn survives(seed: u64, requests: usize) {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let mut client = Client::new(&url);
    let mut world = World::make(&mut client);
    let kept = world.kept(&mut client);
    let mut random = Random::new(seed);
    let mut loose = world.loose(&mut client);
    let mut done = 0;
    for number in 0..requests {
        let request = Author { random: &mut random, world: &world }.request(&ROUTES[number % ROUTES.len()]);
        let answer = client.ask(&request);
        let what = format!("request {number} of seed {seed}: {}", shown(&request));
        let answer = answer.unwrap_or_else(|error| panic!("{error} instead of an answer to {what}"));
        check(&answer, &request, &what);
        world.learn(&answer);
        if answer.is_done() {
            done += 1;
            loose.clear();
        } else if random.below(8) == 0 {
            let before = std::mem::replace(&mut loose, world.loose(&mut client));
            assert!(before.is_empty() || before == loose, "refused with {answer:?}, but done: {what}");
        }
    }
    assert!(done > requests / 5, "only {done} requests were right: they break too little");
    assert_eq!(world.kept(&mut client), kept, "seed {seed}");
    // What was in memory only is as it was, too.
    let ended = running.interrupt();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "seed {seed}");
    let (running, url) = server(&context, &[]);
    assert_eq!(world.kept(&mut Client::new(&url)), kept, "seed {seed}, after a restart");
    running.interrupt().code(0);
}

fn check(answer: &Answer, request: &Request, what: &str) {
    let body = String::from_utf8_lossy(&answer.body);
    assert!(answer.status < 500 || answer.status == 501, "{} {body}\n{what}", answer.status);
    assert!(!answer.head.contains("chunked") || answer.is_done(), "{what}");
    if answer.is_done() || answer.status == 304 || request.method == "HEAD" {
        return;
    }
    let error: serde_json::Value = serde_json::from_str(&body)
        .unwrap_or_else(|error| panic!("{error} in {} {body:?}\n{what}", answer.status));
    let says = |field: &str| error[field].as_str().is_some_and(|text| !text.is_empty());
    assert!(says("error_code") && says("message"), "{} {body}\n{what}", answer.status);
    assert!(body.len() < 10_000, "an answer of {} bytes\n{what}", body.len());
}

fn shown(request: &Request) -> String {
    let body: String = String::from_utf8_lossy(&request.body).chars().take(1_500).collect();
    let target: String = request.target.chars().take(1_500).collect();
    format!("{} {target}\n{:?}\n{body}", request.method, request.headers)
}
