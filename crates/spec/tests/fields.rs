//! One file with every field, held against the reader and against the schema.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

fn complete() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/complete.toml"))
        .expect("the fixture is there")
}

fn no_env(_: &str) -> Option<String> {
    None
}

/// The file's content as JSON, so that it can be walked along with the schema.
fn as_json(text: &str) -> Value {
    fn json(value: toml::Value) -> Value {
        match value {
            toml::Value::Table(table) => table.into_iter().map(|(key, inner)| (key, json(inner))).collect(),
            toml::Value::Array(items) => items.into_iter().map(json).collect(),
            // JSON has no times, and the project file takes them as text too.
            toml::Value::Datetime(time) => time.to_string().into(),
            scalar => serde_json::to_value(scalar).expect("a scalar is JSON"),
        }
    }
    json(toml::Value::Table(toml::from_str(text).expect("the fixture is TOML")))
}

/// The fields of the schema as paths, with `*` for a free key.
fn schema_paths(schema: &Value, path: &str, paths: &mut BTreeSet<String>) {
    for form in schema["anyOf"].as_array().into_iter().flatten() {
        schema_paths(form, path, paths);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let below = format!("{path}/{name}");
        schema_paths(property, &below, paths);
        paths.insert(below);
    }
    if schema["additionalProperties"].is_object() {
        schema_paths(&schema["additionalProperties"], &format!("{path}/*"), paths);
    }
}

/// The fields of a file as paths of the schema, and as JSON pointers of the file.
fn file_paths(value: &Value, schema: &Value, path: &str, pointer: &str, paths: &mut Vec<(String, String)>) {
    for form in schema["anyOf"].as_array().into_iter().flatten() {
        file_paths(value, form, path, pointer, paths);
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        let pointer = format!("{pointer}/{name}");
        if let Some(property) = schema["properties"].get(name) {
            let path = format!("{path}/{name}");
            paths.push((path.clone(), pointer.clone()));
            file_paths(inner, property, &path, &pointer, paths);
        } else if schema["additionalProperties"].is_object() {
            file_paths(inner, &schema["additionalProperties"], &format!("{path}/*"), &pointer, paths);
        }
    }
}

#[test]
fn every_field_reaches_the_project() {
    let project = spec::parse("kaizen.toml", &complete(), &no_env).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&project).unwrap());
}

#[test]
fn a_small_file_gets_every_default() {
    let text = "[project]\nname = 'p'\n[data.a]\nsource = 'a.csv'\ntime = 't'\n[step.s]\nrun = 'x'\n\
                [model.binary]\ndata = 'a'\ntarget = 'y'\ntask = 'binary'\n\
                [model.multiclass]\ndata = 'data.a'\ntarget = 'y'\ntask = 'multiclass'\n\
                gate = { beat_baseline = false, no_worse_than_champion = true }\n\
                [model.regression]\ndata = 'data.a'\ntarget = 'y'\ntask = 'regression'\n\
                gate.no_worse_than_champion = { metric = 'mae', margin = 2 }\n\
                [service.s]\nmodel = 'binary'\n[service.unwatched]\nmodel = 'binary'\n\
                [monitor.s]\n[webhook.w]\nurl = 'http://[::1]:9/x'\nsecret = '0123456789abcdef'\n";
    let project = spec::parse("kaizen.toml", text, &no_env).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&project).unwrap());
}

#[test]
fn the_complete_file_has_every_field_of_the_schema() {
    let schema = spec::schema();
    let (mut known, mut used) = (BTreeSet::new(), Vec::new());
    schema_paths(&schema, "", &mut known);
    file_paths(&as_json(&complete()), &schema, "", "", &mut used);
    let used: BTreeSet<String> = used.into_iter().map(|(path, _)| path).collect();
    assert_eq!(known.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// A field that the reader forgot would take any value: here each in turn takes one that no field takes.
#[test]
fn the_reader_looks_at_every_field_of_the_schema() {
    let schema = spec::schema();
    let file = as_json(&complete());
    let mut used = Vec::new();
    file_paths(&file, &schema, "", "", &mut used);
    let unbroken = toml::to_string(&file).unwrap();
    assert!(spec::parse("kaizen.toml", &unbroken, &no_env).is_ok());
    assert!(used.len() > 60, "the walk found {} fields", used.len());
    for (path, pointer) in used {
        let mut broken = file.clone();
        *broken.pointer_mut(&pointer).unwrap() = serde_json::json!([[{ "no": "field" }]]);
        let text = toml::to_string(&broken).unwrap();
        let diagnostics = spec::parse("kaizen.toml", &text, &no_env).unwrap_err();
        let last = path.rsplit('/').next().unwrap();
        let names_it = |field: &String| field.split(['.', '[']).any(|segment| segment == last);
        let is_named = diagnostics.iter().any(|finding| finding.field.as_ref().is_some_and(names_it));
        assert!(is_named, "{path}: {diagnostics:?}");
    }
}

#[test]
fn every_field_of_the_schema_is_described() {
    fn undescribed(schema: &Value, path: &str, found: &mut Vec<String>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let about = property["description"].as_str().unwrap_or_default();
            if about.len() < 10 || !about.ends_with('.') {
                found.push(format!("{path}/{name}"));
            }
        }
        match schema {
            Value::Object(map) => {
                map.iter().for_each(|(key, inner)| undescribed(inner, &format!("{path}/{key}"), found))
            }
            Value::Array(items) => items.iter().for_each(|inner| undescribed(inner, path, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    undescribed(&spec::schema(), "", &mut found);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_secret_comes_from_the_environment_and_is_shown_nowhere() {
    let env = |name: &str| (name == "SECRET").then(|| "correct horse battery".to_owned());
    let text = "[project]\nname = 'p'\n[webhook.w]\nurl = 'https://h'\nsecret = '${env.SECRET}'\n";
    let project = spec::parse("kaizen.toml", text, &env).unwrap();
    assert_eq!(project.webhooks["w"].secret.reveal(), "correct horse battery");
    let shown = format!("{project:?}{}", serde_json::to_string(&project).unwrap());
    assert!(!shown.contains("horse"), "{shown}");
    let short = |_: &str| Some("horse".to_owned());
    let refused = spec::parse("kaizen.toml", text, &short).unwrap_err();
    assert!(!spec::render(&refused, text).contains("horse"), "{refused:?}");
}

#[test]
fn the_environment_is_filled_in_and_its_escape_is_not() {
    let env = |name: &str| (name == "ROOT").then(|| "/mnt".to_owned());
    let text = "[project]\nname = 'p'\nobjective = '$${env.ROOT}'\n[data.a]\nsource = '${env.ROOT}/a.csv'\n";
    let project = spec::parse("kaizen.toml", text, &env).unwrap();
    assert_eq!(project.objective.as_deref(), Some("${env.ROOT}"));
    assert_eq!(project.data.values().next().unwrap().source, "/mnt/a.csv");
}
