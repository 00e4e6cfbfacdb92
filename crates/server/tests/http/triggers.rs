//! Triggers over HTTP.

use std::{
    io::Write as _,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use base::Size;
use server::Settings;
use serving::triggers::{NotFired, Triggers};

use crate::support::{Answer, Running, echo, rows, settings};

const TOKEN: &str = "a token of 16 bytes";

/// What becomes of a call with the right token.
#[derive(Default)]
enum Disk {
    #[default]
    Well,
    Full,
    Broken,
}

/// A project with the trigger `nightly`.
#[derive(Default)]
struct Project {
    disk: Mutex<Disk>,
    fired: Mutex<usize>,
}

impl Triggers for Project {
    fn fire(&self, name: &str, token: &str) -> Result<(), NotFired> {
        if (name, token) != ("nightly", TOKEN) {
            return Err(NotFired::Refused);
        }
        let disk = std::mem::take(&mut *self.disk.lock().unwrap());
        match disk {
            Disk::Well => *self.fired.lock().unwrap() += 1,
            Disk::Full => return Err(NotFired::Unavailable("no space is left".into())),
            Disk::Broken => panic!("the disk is broken"),
        }
        Ok(())
    }
}

fn triggered(settings: Settings) -> (Running, Arc<Project>) {
    let project = Arc::new(Project::default());
    let triggers = Arc::clone(&project);
    let models = [echo("late", "3")];
    (Running::start_with(settings, models, |service| service.trigger_with(triggers)), project)
}

const NIGHTLY: &str = "/v1/triggers/nightly";
const RIGHT: (&str, &str) = ("Authorization", "Bearer a token of 16 bytes");

#[test]
fn a_trigger_that_is_called_with_its_token_fires_before_it_is_acknowledged() {
    let (server, project) = triggered(settings());
    let answer = server.call("POST", NIGHTLY, &[RIGHT], "");
    assert_eq!((answer.status, answer.body.to_string()), (202, r#"{"trigger":"nightly"}"#.to_owned()));
    assert_eq!(*project.fired.lock().unwrap(), 1);
    let scheme = ("authorization", "bearer  a token of 16 bytes");
    assert_eq!(server.call("POST", NIGHTLY, &[scheme], "").status, 202, "schemes have no case");
}

#[test]
fn whatever_the_body_is_it_is_not_looked_at() {
    let (server, project) = triggered(settings());
    let gzip = ("Content-Encoding", "gzip");
    for body in ["", "{", "null", "\u{1f}\u{8b}", &"x".repeat(1 << 20)] {
        assert_eq!(server.call("POST", NIGHTLY, &[RIGHT, gzip], body).status, 202);
    }
    assert_eq!(*project.fired.lock().unwrap(), 5);
}

#[test]
fn who_proves_nothing_is_asked_for_the_token_whether_or_not_there_is_such_a_trigger() {
    let (server, project) = triggered(settings());
    let basic = [("Authorization", "Basic bmlnaHRseTp0b2tlbg==")];
    let bare = [("Authorization", TOKEN)];
    let empty = [("Authorization", "Bearer ")];
    let twice = [RIGHT, RIGHT];
    let headers: [&[(&str, &str)]; 5] = [&[], &basic, &bare, &empty, &twice];
    for path in [NIGHTLY, "/v1/triggers/other"] {
        for headers in headers {
            let answer = server.call("POST", path, headers, "{}");
            assert_eq!(answer.status, 401, "{headers:?}");
            assert!(answer.head.contains("www-authenticate: bearer\r\n"), "{}", answer.head);
            assert!(answer.error().contains("send `Authorization: Bearer TOKEN`"), "{}", answer.error());
        }
    }
    assert_eq!(*project.fired.lock().unwrap(), 0);
}

#[test]
fn a_wrong_token_and_an_unknown_trigger_get_the_same_answer() {
    let (server, project) = triggered(settings());
    let wrong = server.call("POST", NIGHTLY, &[("Authorization", "Bearer a token of 16 bytez")], "");
    assert_eq!(wrong.status, 404);
    assert!(wrong.error().starts_with("no trigger of this name takes this token"), "{}", wrong.error());
    for path in ["/v1/triggers/other", "/v1/triggers/%ff", "/v1/triggers/..%2Fnightly"] {
        let unknown = server.call("POST", path, &[RIGHT], "");
        assert_eq!((unknown.status, &unknown.body), (404, &wrong.body), "{path}");
    }
    assert_eq!(*project.fired.lock().unwrap(), 0);
    assert!(server.failures.lock().unwrap().is_empty(), "none of it is the server's fault");
}

#[test]
fn a_trigger_only_answers_post_and_only_who_names_this_machine() {
    let (server, project) = triggered(settings());
    for method in ["GET", "PUT", "DELETE"] {
        let answer = server.call(method, NIGHTLY, &[RIGHT], "");
        assert_eq!(answer.status, 405);
        assert!(answer.head.contains("allow: post\r\n"), "{}", answer.head);
    }
    for foreign in [("Host", "rebound.example.com"), ("Origin", "https://example.com")] {
        assert_eq!(server.call("POST", NIGHTLY, &[RIGHT, foreign], "").status, 403);
    }
    assert_eq!(*project.fired.lock().unwrap(), 0);
}

#[test]
fn a_call_that_cannot_be_recorded_is_to_be_made_again_and_the_operator_learns_why() {
    let (server, project) = triggered(settings());
    *project.disk.lock().unwrap() = Disk::Full;
    let answer = server.call("POST", NIGHTLY, &[RIGHT], "");
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.error(),
        "the trigger did not fire; call it again later: the server's log has the cause"
    );
    let failures = server.failures.lock().unwrap().clone();
    assert_eq!(failures[0].model, "trigger.nightly");
    assert!(failures[0].cause.contains("no space is left"), "{}", failures[0].cause);
    assert_eq!(server.call("POST", NIGHTLY, &[RIGHT], "").status, 202);
}

#[test]
fn a_call_that_panics_takes_neither_the_server_nor_its_cause_along() {
    let (server, project) = triggered(settings());
    *project.disk.lock().unwrap() = Disk::Broken;
    let answer = server.call("POST", NIGHTLY, &[RIGHT], "");
    assert_eq!(answer.status, 500);
    assert_eq!(answer.error(), "the trigger did not fire; the server's log has the cause");
    assert!(server.failures.lock().unwrap()[0].cause.contains("panicked"));
    assert_eq!(server.call("POST", NIGHTLY, &[RIGHT], "").status, 202);
}

#[test]
fn a_body_over_the_limit_or_one_that_does_not_come_fires_nothing() {
    let limits = Settings { body_limit: Size::bytes(1 << 10), ..settings() };
    let limits = Settings { request_timeout: Duration::from_millis(300), ..limits };
    let (server, project) = triggered(limits);
    let large = "x".repeat(1 << 12);
    let answer = server.call("POST", NIGHTLY, &[RIGHT], &large);
    assert_eq!(answer.status, 413);
    assert!(answer.error().ends_with("this route needs none"), "{}", answer.error());

    let head = format!("POST {NIGHTLY} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n");
    let mut chunked = server.connect();
    write!(chunked, "{head}Transfer-Encoding: chunked\r\n\r\n1000\r\n{large}\r\n0\r\n\r\n").unwrap();
    assert_eq!(Answer::read(&mut chunked).unwrap().status, 413);

    let mut waiting = server.connect();
    write!(waiting, "{head}Content-Length: 100000\r\nExpect: 100-continue\r\n\r\n").unwrap();
    assert_eq!(Answer::read(&mut waiting).unwrap().status, 413, "it is not asked for");

    let mut slow = server.connect();
    write!(slow, "{head}Content-Length: 10\r\n\r\n123").unwrap();
    assert_eq!(Answer::read(&mut slow).unwrap().status, 408);
    assert_eq!(*project.fired.lock().unwrap(), 0);
}

#[test]
fn a_server_without_a_project_has_no_triggers_and_says_where_they_are() {
    let answer = Running::usual().call("POST", NIGHTLY, &[RIGHT], "");
    assert_eq!(answer.status, 404);
    assert!(answer.error().contains("run `kaizen up` in a project"), "{}", answer.error());
}

/// A disk that hangs until it is let go.
#[derive(Default)]
struct Hanging {
    held: Mutex<()>,
    entered: Mutex<usize>,
}

impl Triggers for Hanging {
    fn fire(&self, _: &str, _: &str) -> Result<(), NotFired> {
        *self.entered.lock().unwrap() += 1;
        let _turn = self.held.lock().unwrap();
        Ok(())
    }
}

#[test]
fn calls_on_a_hanging_disk_are_refused_in_time_and_take_few_threads() {
    let disk = Arc::new(Hanging::default());
    let triggers = Arc::clone(&disk);
    let settings = Settings { request_timeout: Duration::from_millis(500), ..settings() };
    let server = Running::start_with(settings, [echo("late", "3")], |service| service.trigger_with(triggers));
    let held = disk.held.lock().unwrap();
    thread::scope(|scope| {
        let calls = [(); 20].map(|()| scope.spawn(|| server.call("POST", NIGHTLY, &[RIGHT], "")));
        for answer in calls.map(|call| call.join().unwrap()) {
            assert_eq!(answer.status, 503);
            assert!(answer.error().contains("not recorded within 0.5 s"), "{}", answer.error());
        }
    });
    assert_eq!(*disk.entered.lock().unwrap(), 4, "the others never took a thread");
    assert_eq!(server.post("/v2/models/late/infer", &rows(5_000)).status, 200, "predictions go on");
    drop(held);
    assert_eq!(server.call("POST", NIGHTLY, &[RIGHT], "").status, 202, "so do calls once it is over");
}
