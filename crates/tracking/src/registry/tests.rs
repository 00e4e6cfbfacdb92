use std::{sync::Arc, time::Duration};

use base::{FixedClock, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{Code, Error, Settings, Tracking};

struct Here {
    tracking: Tracking,
    clock: Arc<FixedClock>,
    _directory: TempDir,
}

impl Here {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(1_000_000)));
        let tracking = Tracking::open(Settings::of(directory.path(), Arc::clone(&clock) as _)).unwrap();
        Self { tracking, clock, _directory: directory }
    }

    fn tick(&self) {
        self.clock.advance(Duration::from_secs(1));
    }

    fn make(&self, name: &str) -> Result<RegisteredModel, Error> {
        let new = NewRegisteredModel { name: name.to_owned(), ..NewRegisteredModel::default() };
        self.tracking.create_registered_model(new).wait()
    }

    fn make_prompt(&self, name: &str) -> Result<RegisteredModel, Error> {
        let tags = vec![(IS_PROMPT.to_owned(), "true".to_owned())];
        let new = NewRegisteredModel { name: name.to_owned(), tags, ..NewRegisteredModel::default() };
        self.tracking.create_registered_model(new).wait()
    }

    fn register(&self, name: &str, source: &str) -> Result<ModelVersion, Error> {
        self.tracking.create_model_version(version(name, source)).wait()
    }

    /// A registered model with this many versions.
    fn with_versions(&self, name: &str, count: usize) {
        self.make(name).unwrap();
        for _ in 0..count {
            self.register(name, "runs:/r/model").unwrap();
        }
    }

    fn to(&self, version: &str, stage: &str, archive: bool) -> Result<ModelVersion, Error> {
        self.tracking
            .transition_model_version_stage("m".to_owned(), version.to_owned(), stage, archive)
            .wait()
    }

    fn stages(&self) -> Vec<String> {
        let stage = |number| self.tracking.model_version("m", number).unwrap().current_stage;
        ["1", "2", "3"].map(stage).to_vec()
    }

    fn set_alias(&self, alias: &str, version: &str) -> Result<(), Error> {
        self.tracking.set_registered_model_alias("m".to_owned(), alias.to_owned(), version.to_owned()).wait()
    }

    /// A logged model of this id, with this source run.
    fn logged_model(&self, model_id: &'static str, run_id: &'static str) {
        let sql = "INSERT OR IGNORE INTO experiments (id, experiment_id, name, artifact_location, created, updated) \
            VALUES (77, '77', 'here', 's3://b/77', 0, 0)";
        let model = "INSERT INTO logged_models \
            (model_id, experiment, name, artifact_location, created, updated, status, source_run_id) \
            VALUES (?1, 77, 'm', 's3://b/77/models/m', 0, 0, 2, ?2)";
        let body = move |writing: &mut crate::writer::Writing<'_>| {
            writing.transaction.execute(sql, [])?;
            writing.transaction.execute(model, [model_id, run_id])?;
            Ok(())
        };
        self.tracking.write(body).wait().unwrap();
    }
}

fn version(name: &str, source: &str) -> NewVersion {
    NewVersion { name: name.to_owned(), source: source.to_owned(), ..NewVersion::default() }
}

fn json_of(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn a_registered_model_is_shown_as_mlflow_shows_it() {
    let here = Here::new();
    let new = NewRegisteredModel {
        name: "größe 1".to_owned(),
        description: Some("d".to_owned()),
        tags: vec![("k".to_owned(), "old".to_owned()), ("k".to_owned(), "v".to_owned())],
    };
    let made = here.tracking.create_registered_model(new).wait().unwrap();
    let expected = json!({
        "name": "größe 1", "creation_timestamp": 1_000, "last_updated_timestamp": 1_000, "description": "d",
        "tags": [{"key": "k", "value": "v"}],
    });
    assert_eq!(json_of(&made), expected);
    here.tick();
    here.register("größe 1", "runs:/r/model").unwrap();
    let set = here.tracking.set_registered_model_alias("größe 1".to_owned(), "a".to_owned(), "1".to_owned());
    set.wait().unwrap();
    let shown = json_of(&here.tracking.registered_model("größe 1").unwrap());
    assert_eq!(shown["aliases"], json!([{"alias": "a", "version": "1"}]));
    assert_eq!(shown["last_updated_timestamp"], 2_000);
    assert_eq!(shown["latest_versions"][0]["version"], "1");
    assert_eq!(shown["latest_versions"][0].get("aliases"), None);
}

#[test]
fn a_version_is_shown_as_mlflow_shows_it() {
    let here = Here::new();
    here.make("m").unwrap();
    here.tick();
    let new = NewVersion {
        run_id: "r1".to_owned(),
        run_link: "http://there/r1".to_owned(),
        tags: vec![("k".to_owned(), String::new())],
        ..version("m", "runs:/r1/model")
    };
    let made = here.tracking.create_model_version(new).wait().unwrap();
    let expected = json!({
        "name": "m", "version": "1", "creation_timestamp": 2_000, "last_updated_timestamp": 2_000,
        "current_stage": "None", "description": "", "source": "runs:/r1/model", "run_id": "r1", "status": "READY",
        "run_link": "http://there/r1", "tags": [{"key": "k", "value": ""}],
    });
    assert_eq!(json_of(&made), expected);
    here.set_alias("b", "1").unwrap();
    here.set_alias("a", "1").unwrap();
    assert_eq!(here.tracking.model_version("m", "1").unwrap().aliases, ["a", "b"]);
}

#[test]
fn a_name_is_registered_once_and_models_and_prompts_share_names() {
    let here = Here::new();
    here.make("model").unwrap();
    here.make_prompt("prompt").unwrap();
    let message = |made: Result<RegisteredModel, Error>| {
        let error = made.unwrap_err();
        assert_eq!(error.code, Code::ResourceAlreadyExists);
        error.message
    };
    assert_eq!(message(here.make("model")), "Registered Model (name=model) already exists.");
    assert_eq!(message(here.make_prompt("prompt")), "Prompt (name=prompt) already exists.");
    let mixed = message(here.make_prompt("model"));
    let expected =
        "Tried to create a prompt with name 'model', but the name is already taken by a registered model.";
    assert!(mixed.starts_with(expected), "{mixed}");
    let mixed = message(here.make("prompt"));
    let expected =
        "Tried to create a registered model with name 'prompt', but the name is already taken by a prompt.";
    assert!(mixed.starts_with(expected), "{mixed}");
}

#[test]
fn versions_follow_a_renamed_model() {
    let here = Here::new();
    here.with_versions("old", 2);
    here.make("taken").unwrap();
    here.tick();
    let rename =
        |from: &str, to: &str| here.tracking.rename_registered_model(from.to_owned(), to.to_owned()).wait();
    let renamed = rename("old", "new").unwrap();
    assert_eq!((renamed.name.as_str(), renamed.last_updated_timestamp), ("new", 2_000));
    let version = here.tracking.model_version("new", "1").unwrap();
    assert_eq!((version.name.as_str(), version.last_updated_timestamp), ("new", 2_000));
    let missing = Error::missing("Registered Model with name=old not found");
    assert_eq!(here.tracking.registered_model("old").unwrap_err(), missing);
    assert_eq!(rename("old", "x").unwrap_err(), missing);
    assert_eq!(
        rename("new", "taken").unwrap_err(),
        Error::exists("Registered Model (name=taken) already exists.")
    );
    assert_eq!(rename("new", "new").unwrap().name, "new");
    let empty = Error::invalid("Missing value for required parameter 'new_name'.");
    assert_eq!(rename("new", " ").unwrap_err(), empty);
}

#[test]
fn a_deleted_model_takes_all_along_and_its_name_starts_again() {
    let here = Here::new();
    here.with_versions("m", 2);
    here.set_alias("a", "1").unwrap();
    here.tracking.delete_registered_model("m".to_owned()).wait().unwrap();
    let missing = Error::missing("Registered Model with name=m not found");
    assert_eq!(here.tracking.model_version_by_alias("m", "a").unwrap_err(), missing);
    assert_eq!(here.tracking.delete_registered_model("m".to_owned()).wait().unwrap_err(), missing);
    let error = here.tracking.model_version("m", "1").unwrap_err();
    assert_eq!(error, Error::missing("Model Version (name=m, version=1) not found"));
    here.with_versions("m", 1);
    assert_eq!(here.tracking.registered_model("m").unwrap().aliases, []);
}

#[test]
fn a_deleted_version_leaves_its_number_and_nothing_else() {
    let here = Here::new();
    here.with_versions("m", 2);
    here.set_alias("a", "2").unwrap();
    here.set_alias("b", "1").unwrap();
    here.tick();
    here.tracking.delete_model_version("m".to_owned(), "2".to_owned()).wait().unwrap();
    let missing = Error::missing("Model Version (name=m, version=2) not found");
    assert_eq!(here.tracking.model_version("m", "2").unwrap_err(), missing);
    assert_eq!(here.tracking.model_version_download_uri("m", "2").unwrap_err(), missing);
    let again = here.tracking.delete_model_version("m".to_owned(), "2".to_owned()).wait();
    assert_eq!(again.unwrap_err(), missing);
    assert_eq!(here.to("2", "Staging", false).unwrap_err(), missing);
    let gone = here.tracking.model_version_by_alias("m", "a").unwrap_err();
    assert_eq!(gone, Error::invalid("Registered model alias a not found."));
    let model = here.tracking.registered_model("m").unwrap();
    assert_eq!(model.aliases.len(), 1);
    assert_eq!(model.last_updated_timestamp, 2_000);
    let sources =
        "SELECT count(*) FROM model_versions WHERE version = 2 AND source || run_id || run_link <> ''";
    let kept =
        |transaction: &rusqlite::Transaction<'_>| Ok(transaction.query_row(sources, [], |row| row.get(0))?);
    assert_eq!(here.tracking.read(kept), Ok(0));
    assert_eq!(here.register("m", "runs:/r/model").unwrap().version, "3");
}

#[test]
fn a_stage_can_be_cleared_for_a_version() {
    let here = Here::new();
    here.with_versions("m", 3);
    here.to("1", "staging", false).unwrap();
    here.to("2", "PRODUCTION", false).unwrap();
    here.tick();
    let moved = here.to("3", "StAgInG", true).unwrap();
    assert_eq!((moved.current_stage.as_str(), moved.last_updated_timestamp), ("Staging", 2_000));
    assert_eq!(here.stages(), ["Archived", "Production", "Staging"]);
    assert_eq!(here.tracking.model_version("m", "1").unwrap().last_updated_timestamp, 2_000);
    assert_eq!(here.tracking.registered_model("m").unwrap().last_updated_timestamp, 2_000);
    here.to("3", "Production", false).unwrap();
    assert_eq!(here.stages(), ["Archived", "Production", "Production"]);
    for inactive in ["None", "archived"] {
        let message = here.to("3", inactive, true).unwrap_err().message;
        let expected = format!("because '{inactive}' is not an Active stage.");
        assert!(message.contains(&expected), "{message}");
    }
    let bad = here.to("3", "Live", false).unwrap_err();
    let expected =
        "Invalid Model Version stage: Live. Value must be one of None, Staging, Production, Archived.";
    assert_eq!(bad, Error::invalid(expected));
}

#[test]
fn the_latest_version_of_each_stage_is_found() {
    let here = Here::new();
    here.with_versions("m", 7);
    for (version, stage) in [("1", "Archived"), ("2", "Production"), ("3", "Archived"), ("4", "Production")] {
        here.to(version, stage, false).unwrap();
    }
    here.to("5", "Staging", false).unwrap();
    here.to("6", "Staging", false).unwrap();
    let latest = |stages: &[&str]| {
        let stages: Vec<_> = stages.iter().map(|stage| (*stage).to_owned()).collect();
        let found = here.tracking.latest_versions("m", &stages).unwrap();
        found.into_iter().map(|version| (version.current_stage, version.version)).collect::<Vec<_>>()
    };
    let named = |found: &[(&str, &str)]| {
        found.iter().map(|(stage, version)| ((*stage).to_owned(), (*version).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(latest(&["none", "Staging", "None"]), named(&[("Staging", "6"), ("None", "7")]));
    let all = named(&[("Archived", "3"), ("Production", "4"), ("Staging", "6"), ("None", "7")]);
    assert_eq!(latest(&[]), all);
    assert_eq!(here.tracking.registered_model("m").unwrap().latest_versions.len(), 4);
    assert!(here.tracking.latest_versions("m", &["Live".to_owned()]).is_err());
}

#[test]
fn an_alias_points_at_one_version() {
    let here = Here::new();
    here.with_versions("m", 2);
    let version = |alias: &str| here.tracking.model_version_by_alias("m", alias).map(|found| found.version);
    here.set_alias("champion", "1").unwrap();
    assert_eq!(version("champion"), Ok("1".to_owned()));
    here.set_alias("champion", "2").unwrap();
    assert_eq!(version("champion"), Ok("2".to_owned()));
    assert_eq!(version("Champion"), Err(Error::invalid("Registered model alias Champion not found.")));
    assert_eq!(version("Latest"), Ok("2".to_owned()));
    let missing = Error::missing("Model Version (name=m, version=9) not found");
    assert_eq!(here.set_alias("x", "9").unwrap_err(), missing);
    assert!(here.set_alias("x", "one").is_err());
    let delete = || here.tracking.delete_registered_model_alias("m".to_owned(), "champion".to_owned()).wait();
    delete().unwrap();
    delete().unwrap();
    assert!(version("champion").is_err());
    here.make("empty").unwrap();
    let none = here.tracking.model_version_by_alias("empty", "latest").unwrap_err();
    assert_eq!(none, Error::missing("Latest version not found for model empty."));
}

#[test]
fn tags_are_set_and_taken_away() {
    let here = Here::new();
    here.with_versions("m", 1);
    let (m, one) = (|| "m".to_owned(), || "1".to_owned());
    let tracking = &here.tracking;
    tracking.set_registered_model_tag(m(), "k".to_owned(), "v".to_owned()).wait().unwrap();
    tracking.set_registered_model_tag(m(), "k".to_owned(), String::new()).wait().unwrap();
    assert_eq!(json_of(&tracking.registered_model("m").unwrap())["tags"], json!([{"key": "k", "value": ""}]));
    tracking.delete_registered_model_tag(m(), "k".to_owned()).wait().unwrap();
    tracking.delete_registered_model_tag(m(), "k".to_owned()).wait().unwrap();
    assert_eq!(tracking.registered_model("m").unwrap().tags, []);
    tracking.set_model_version_tag(m(), one(), ("k".to_owned(), "v".to_owned())).wait().unwrap();
    assert_eq!(
        json_of(&tracking.model_version("m", "1").unwrap())["tags"],
        json!([{"key": "k", "value": "v"}])
    );
    tracking.delete_model_version_tag(m(), one(), "k".to_owned()).wait().unwrap();
    assert_eq!(tracking.model_version("m", "1").unwrap().tags, []);
    let two = tracking.set_model_version_tag(m(), "2".to_owned(), ("k".to_owned(), String::new())).wait();
    assert_eq!(two.unwrap_err(), Error::missing("Model Version (name=m, version=2) not found"));
    let bad = tracking.set_registered_model_tag(m(), "a;b".to_owned(), String::new()).wait().unwrap_err();
    assert!(bad.message.starts_with("Invalid value \"a;b\" for parameter 'key' supplied"), "{}", bad.message);
    let nameless =
        tracking.delete_model_version_tag(" ".to_owned(), one(), "k".to_owned()).wait().unwrap_err();
    assert_eq!(nameless, Error::invalid("Missing value for required parameter 'name'."));
}

#[test]
fn descriptions_change_and_say_when() {
    let here = Here::new();
    here.with_versions("m", 1);
    here.tick();
    let model = here.tracking.update_registered_model("m".to_owned(), "it".to_owned()).wait().unwrap();
    assert_eq!((model.description.as_str(), model.last_updated_timestamp), ("it", 2_000));
    here.tick();
    let update = |text: Option<&str>| {
        let text = text.map(str::to_owned);
        here.tracking.update_model_version("m".to_owned(), "1".to_owned(), text).wait().unwrap()
    };
    let version = update(Some("one"));
    assert_eq!((version.description.as_deref(), version.last_updated_timestamp), (Some("one"), 3_000));
    assert_eq!(update(None).description, None);
    assert_eq!(here.tracking.registered_model("m").unwrap().last_updated_timestamp, 2_000);
}

#[test]
fn a_version_of_a_version_has_its_files() {
    let here = Here::new();
    here.with_versions("m", 1);
    let copy = here.register("m", "models:/m/1").unwrap();
    assert_eq!(copy.source, "models:/m/1");
    let uri = |version: &str| here.tracking.model_version_download_uri("m", version);
    assert_eq!(uri("2"), Ok("runs:/r/model".to_owned()));
    here.register("m", "models:/m/2").unwrap();
    assert_eq!(uri("3"), Ok("runs:/r/model".to_owned()));
    let missing = here.register("m", "models:/m/9").unwrap_err();
    assert_eq!(missing.code, Code::ResourceDoesNotExist);
    assert!(missing.message.contains("(name=m, version=9) not found"), "{}", missing.message);
    for movable in ["models:/m@a", "models:/m/latest", "models:/m/Staging"] {
        let message = here.register("m", movable).unwrap_err().message;
        assert!(message.starts_with("Unable to fetch model from model URI"), "{message}");
    }
    assert_eq!(here.register("m", "runs:/r/model").unwrap().version, "4", "what was refused took no number");
}

#[test]
fn a_version_of_a_logged_model_has_its_run_and_files_and_the_model_says_so() {
    let here = Here::new();
    here.make("m").unwrap();
    here.make("o\"m").unwrap();
    here.logged_model("m-1", "r1");
    let by_id = NewVersion { model_id: "m-1".to_owned(), ..version("m", "models:/m-1") };
    let made = here.tracking.create_model_version(by_id.clone()).wait().unwrap();
    assert_eq!((made.run_id.as_str(), made.source.as_str()), ("r1", "models:/m-1"));
    assert_eq!(here.tracking.model_version_download_uri("m", "1"), Ok("s3://b/77/models/m".to_owned()));
    let other = NewVersion { name: "o\"m".to_owned(), run_id: "r9".to_owned(), ..by_id.clone() };
    assert_eq!(here.tracking.create_model_version(other).wait().unwrap().run_id, "r9");
    let tags = here.tracking.logged_model("m-1", false).unwrap().info.tags;
    let expected = r#"[{"name": "m", "version": 1}, {"name": "o\"m", "version": 1}]"#;
    assert_eq!((tags[0].key.as_str(), tags[0].value.as_str()), ("mlflow.modelVersions", expected));
    let unknown = NewVersion { model_id: "m-9".to_owned(), ..version("m", "s3://b/a") };
    let error = here.tracking.create_model_version(unknown).wait().unwrap_err();
    assert_eq!(error, Error::missing("Logged model with ID 'm-9' not found."));
    assert_eq!(here.tracking.registered_model("m").unwrap().latest_versions[0].version, "1");
}

#[test]
fn a_version_needs_a_name_that_is_there_and_good_tags() {
    let here = Here::new();
    let error = here.register("m", "runs:/r/model").unwrap_err();
    assert_eq!(error, Error::missing("Registered Model with name=m not found"));
    assert!(here.register("a/b", "runs:/r/model").is_err());
    here.make("m").unwrap();
    let new = NewVersion { tags: vec![("a;b".to_owned(), String::new())], ..version("m", "runs:/r/model") };
    assert!(here.tracking.create_model_version(new).wait().is_err());
    let prompt =
        NewVersion { tags: vec![(IS_PROMPT.to_owned(), "true".to_owned())], ..version("m", "/etc/passwd") };
    let error = here.tracking.create_model_version(prompt).wait().unwrap_err();
    assert!(error.message.starts_with("Invalid prompt source"), "{}", error.message);
}

#[test]
fn many_at_once_get_numbers_without_a_gap() {
    let here = Here::new();
    here.make("m").unwrap();
    let waiting: Vec<_> =
        (0..50).map(|_| here.tracking.create_model_version(version("m", "runs:/r/model"))).collect();
    let numbers: Vec<i64> =
        waiting.into_iter().map(|made| made.wait().unwrap().version.parse().unwrap()).collect();
    assert_eq!(numbers, (1..=50).collect::<Vec<_>>());
}
