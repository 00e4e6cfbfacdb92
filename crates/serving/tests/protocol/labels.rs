//! Labels in a body, and what is said when one is not right.

use serving::labels::{self, Error};

use crate::support::trained;

fn read(body: &str) -> Result<Vec<labels::Label>, Error> {
    labels::read(&trained(), body.as_bytes())
}

#[test]
fn a_label_is_a_class_of_the_model_with_the_time_it_became_known() {
    let body = r#"{"labels":[{"id":"a","label":true},{"id":"b/3","label":"false","time":"2013-04-01T06:00:00Z","x":1}]}"#;
    let labels = read(body).unwrap();
    assert_eq!((labels[0].id.as_str(), labels[0].value.as_str(), labels[0].time), ("a", "true", None));
    assert_eq!((labels[1].id.as_str(), labels[1].value.as_str()), ("b/3", "false"));
    assert_eq!(labels[1].time, Some("2013-04-01T06:00:00Z".parse().unwrap()));
    assert!(read(r#"{"labels":[]}"#).unwrap().is_empty());
}

#[test]
fn each_wrong_label_is_named_by_its_place_and_says_what_to_send() {
    let long = format!(r#"{{"id":"{}","label":true}}"#, "x".repeat(257));
    for (label, words) in [
        ("{}", "label 2: lacks `id`"),
        (r#"{"id":7,"label":true}"#, "label 2: its `id` is not text"),
        (r#"{"id":"","label":true}"#, "an id has 1 to 256"),
        (long.as_str(), "has 257 bytes"),
        (r#"{"id":"b"}"#, "label 2 (`b`): lacks `label`"),
        (r#"{"id":"b","label":null}"#, "is null; leave it out"),
        (r#"{"id":"b","label":[1]}"#, "is neither a boolean, a number nor text"),
        (r#"{"id":"b","label":{"a":1}}"#, "is neither a boolean"),
        (r#"{"id":"b","label":"ture"}"#, "`ture` is not a class of this model (did you mean `true`?)"),
        (r#"{"id":"b","label":1.5}"#, "its classes are `false`, `true`"),
        (r#"{"id":"b","label":true,"time":"then"}"#, "its `time`: `then` is not a time"),
        (r#"{"id":"b","label":true,"time":5}"#, "its `time` is not text"),
    ] {
        let body = format!(r#"{{"labels":[{{"id":"a","label":true}},{label}]}}"#);
        let error = read(&body).unwrap_err().to_string();
        assert!(error.contains(words), "{label}: {error}");
    }
}

#[test]
fn a_body_that_is_no_list_of_labels_or_has_too_many_is_refused() {
    for body in ["", "[]", "{}", r#"{"labels":{}}"#, r#"{"labels":[1]}"#, r#"{"labels":[{"id":"a","lab"#] {
        let error = read(body).unwrap_err().to_string();
        assert!(error.contains("not a list of labels"), "{body}: {error}");
    }
    let many =
        |count: usize| format!(r#"{{"labels":[{}]}}"#, vec![r#"{"id":"a","label":true}"#; count].join(","));
    assert_eq!(read(&many(labels::MOST)).unwrap().len(), labels::MOST);
    assert!(matches!(read(&many(labels::MOST + 1)), Err(Error::TooMany)));
}
