use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderValue, Method, header};
use base::{Clock as _, FixedClock, Timestamp};
use tempfile::TempDir;
use tracking::promise::{self, Place, Promise, Promises};

use super::{Access, Denial, Scope, Tokens, Wanted};

/// A directory with a server's view of it, and a clock that the test moves.
struct Scene {
    _directory: TempDir,
    path: PathBuf,
    clock: Arc<FixedClock>,
    access: Access,
}

impl Scene {
    /// With these tokens from the beginning.
    fn with(names: &[&str]) -> (Self, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(0)));
        let secrets = names.iter().map(|name| create(&path, name, Scope::Write, None)).collect();
        let access = Access::of(&path, clock.clone()).unwrap();
        (Self { _directory: directory, path, clock, access }, secrets)
    }

    fn wait(&self, time: Duration) -> Option<String> {
        self.clock.advance(time);
        self.access.look()
    }

    fn write(&self, secret: Option<&str>) -> Result<Option<String>, Denial> {
        ask(&self.access, Method::POST, "/api/2.0/mlflow/runs/create", secret)
    }
}

fn create(directory: &std::path::Path, name: &str, scope: Scope, expires: Option<Timestamp>) -> String {
    let created = Timestamp::from_micros(0);
    let wanted = Wanted { name: name.parse().unwrap(), scope, created, expires };
    Tokens::of(directory).create(&wanted).unwrap().reveal().to_owned()
}

fn ask(access: &Access, method: Method, path: &str, secret: Option<&str>) -> Result<Option<String>, Denial> {
    let mut headers = HeaderMap::new();
    if let Some(secret) = secret {
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {secret}")).unwrap());
    }
    access.admit(&method, path, &headers).map(|caller| caller.name().map(str::to_owned))
}

#[test]
fn without_tokens_everybody_may_do_everything() {
    let (scene, _) = Scene::with(&[]);
    assert!(!scene.access.asks());
    assert_eq!(scene.write(None), Ok(None));
    assert_eq!(scene.write(Some("left over from another server")), Ok(None));
    assert_eq!(ask(&Access::open_to_all(), Method::DELETE, "/", None), Ok(None));
}

#[test]
fn with_a_token_whoever_has_none_or_another_is_kept_out() {
    let (scene, secrets) = Scene::with(&["ci"]);
    assert!(scene.access.asks());
    assert_eq!(scene.write(Some(&secrets[0])), Ok(Some("ci".to_owned())));
    assert_eq!(scene.write(None), Err(Denial::Missing));
    let secret = &secrets[0];
    for other in ["kz_", "ci", &secret[..secret.len() - 1], &format!("{secret}A"), &secret.to_uppercase()] {
        assert_eq!(scene.write(Some(other)), Err(Denial::Unknown), "{other}");
    }
}

#[test]
fn the_first_token_closes_a_server_that_runs_and_the_last_one_does_not_open_it() {
    let (scene, _) = Scene::with(&[]);
    let secret = create(&scene.path, "ci", Scope::Write, None);
    assert_eq!(scene.wait(Duration::from_secs(1)), None);
    assert_eq!(scene.write(None), Err(Denial::Missing));
    assert_eq!(scene.write(Some(&secret)), Ok(Some("ci".to_owned())));
    Tokens::of(&scene.path).revoke("ci").unwrap();
    assert_eq!(scene.wait(Duration::from_secs(1)), None);
    assert_eq!(scene.write(Some(&secret)), Err(Denial::Unknown));
    assert_eq!(scene.write(None), Err(Denial::Missing));
    fs::remove_file(scene.path.join("tokens.json")).unwrap();
    assert_eq!(scene.wait(Duration::from_secs(1)), None);
    assert_eq!(scene.write(None), Err(Denial::Missing));
}

#[test]
fn the_file_is_not_looked_at_more_than_a_few_times_a_second() {
    let (scene, _) = Scene::with(&["ci"]);
    let late = create(&scene.path, "late", Scope::Write, None);
    scene.wait(Duration::from_millis(100));
    assert_eq!(scene.write(Some(&late)), Err(Denial::Unknown));
    scene.wait(Duration::from_millis(100));
    assert_eq!(scene.write(Some(&late)), Ok(Some("late".to_owned())));
}

#[test]
fn a_file_that_is_damaged_lets_nobody_in_and_is_reported_once() {
    let (scene, secrets) = Scene::with(&["ci"]);
    let path = scene.path.join("tokens.json");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, "{").unwrap();
    let trouble = scene.wait(Duration::from_secs(1)).unwrap();
    assert!(trouble.contains("tokens.json is no file of tokens"), "{trouble}");
    assert_eq!(scene.write(Some(&secrets[0])), Err(Denial::Unknown));
    assert_eq!(scene.write(None), Err(Denial::Missing));
    assert_eq!(scene.wait(Duration::from_secs(1)), None);
    fs::write(&path, whole).unwrap();
    assert_eq!(scene.wait(Duration::from_secs(1)), None);
    assert_eq!(scene.write(Some(&secrets[0])), Ok(Some("ci".to_owned())));
}

#[test]
fn a_token_holds_until_the_moment_it_expires() {
    let (scene, _) = Scene::with(&["other"]);
    let expires = Some(Timestamp::from_micros(10_000_000));
    let secret = create(&scene.path, "brief", Scope::Write, expires);
    scene.wait(Duration::from_micros(9_999_999));
    assert_eq!(scene.write(Some(&secret)), Ok(Some("brief".to_owned())));
    scene.wait(Duration::from_micros(1));
    assert_eq!(scene.clock.now(), Timestamp::from_micros(10_000_000));
    assert_eq!(scene.write(Some(&secret)), Err(Denial::Expired("brief".to_owned())));
}

#[test]
fn a_scope_allows_what_it_says_and_no_more() {
    let (scene, _) = Scene::with(&["first"]);
    let scopes = [Scope::Read, Scope::Write, Scope::Admin];
    let secrets = scopes.map(|scope| create(&scene.path, scope.as_str(), scope, None));
    scene.wait(Duration::from_secs(1));
    let requests = [
        (Method::GET, "/api/2.0/mlflow/runs/get"),
        (Method::POST, "/api/2.0/mlflow/runs/create"),
        (Method::DELETE, "/api/2.0/mlflow/registered-models/delete"),
    ];
    for (has, secret) in secrets.iter().enumerate() {
        for (needs, (method, path)) in requests.iter().enumerate() {
            let asked = ask(&scene.access, method.clone(), path, Some(secret));
            assert_eq!(asked.is_ok(), has >= needs, "{:?} {method} {path}", scopes[has]);
        }
    }
    let denied = ask(&scene.access, Method::POST, "/v2/models/late/infer", Some(&secrets[0])).unwrap_err();
    assert_eq!((denied.status().as_u16(), denied.message().contains("`read` may read")), (403, true));
}

#[test]
fn signs_of_life_are_given_to_anyone_whatever_they_send() {
    let (scene, _) = Scene::with(&["ci"]);
    for secret in [None, Some("kz_wrong")] {
        assert!(ask(&scene.access, Method::GET, "/health", secret).is_ok());
    }
}

#[test]
fn the_command_of_a_step_is_let_in_as_long_as_its_run_is_promised() {
    let promises = Promises::default();
    let promised = Promise {
        place: Place::Named("line".to_owned()),
        name: "features".to_owned(),
        user: "tester".to_owned(),
        tags: Vec::new(),
        secret: promise::Secret::new("of-a-step"),
    };
    promises.promise("a", promised);
    let delete = (Method::POST, "/api/2.0/mlflow/experiments/delete");
    let (open, _) = Scene::with(&[]);
    open.access.let_in(promises.clone());
    assert!(!open.access.asks(), "by itself it asks nobody");
    assert!(ask(&open.access, delete.0.clone(), delete.1, Some("of-a-step")).is_ok());
    let (closed, _) = Scene::with(&["ci"]);
    closed.access.let_in(promises.clone());
    assert!(closed.write(Some("of-a-step")).is_ok());
    assert!(ask(&closed.access, delete.0, delete.1, Some("of-a-step")).is_err());
    promises.withdraw("a");
    assert_eq!(closed.write(Some("of-a-step")), Err(Denial::Unknown));
}
