use serde_json::{Map, Value, json};

use super::{
    check,
    query::{self, Asked, Kind},
};

fn read(text: &str) -> Result<Asked, String> {
    query::read(text, None, &Map::new())
}

/// What is asked for, shown as names, arguments and deeper names.
fn shown(asked: &Asked) -> Value {
    fn of(fields: &[query::Field]) -> Value {
        fields
            .iter()
            .map(|field| json!([field.key, field.name, field.arguments, of(&field.fields)]))
            .collect()
    }
    of(&asked.fields)
}

#[test]
fn aliases_arguments_comments_and_deeper_fields_are_read() {
    let asked = read(
        r#"query Q($a: [Int!]! = [1], $b: In) @component(name: "x") { # a remark
            one: get(input: {ids: ["a\n\u00e9\ud83d\ude00", """b "c" """], n: -3, f: 1.5e3, yes: true, no: null, w: ALL}) { a, b { c } }
        }"#,
    )
    .unwrap();
    assert_eq!(asked.kind, Kind::Query);
    let input = json!({"input": {"ids": ["a\né😀", "b \"c\""], "n": -3, "f": 1500.0, "yes": true, "no": null, "w": "ALL"}});
    let expected = json!([["one", "get", input, [["a", "a", {}, []], ["b", "b", {}, [["c", "c", {}, []]]]]]]);
    assert_eq!(shown(&asked), expected);
}

#[test]
fn variables_are_put_in_and_have_defaults() {
    let text = "mutation M($a: In!, $b: Int = 7) { get(input: $a, more: [$b, $c]) { x } }";
    let variables = Map::from_iter([("a".to_owned(), json!({"runId": "r"}))]);
    let asked = query::read(text, Some("M"), &variables).unwrap();
    assert_eq!(asked.kind, Kind::Mutation);
    assert_eq!(
        Value::from(asked.fields[0].arguments.clone()),
        json!({"input": {"runId": "r"}, "more": [7, null]})
    );
}

#[test]
fn fragments_are_put_in_and_what_is_asked_twice_is_asked_once() {
    let asked =
        read("{ get { ...F ... on T { a c { e } } ... { b } } } fragment F on T { a c { d } }").unwrap();
    let deeper = json!([
        ["a", "a", {}, []],
        ["c", "c", {}, [["d", "d", {}, []], ["e", "e", {}, []]]],
        ["b", "b", {}, []]
    ]);
    assert_eq!(shown(&asked), json!([["get", "get", {}, deeper]]));
    assert!(read("{ a: get { x } a: other { x } }").unwrap_err().contains("conflict"));
}

#[test]
fn an_operation_is_chosen_by_its_name() {
    let two = "query A { a { x } } query B { b { x } }";
    let of = |name| query::read(two, name, &Map::new());
    assert_eq!(of(Some("B")).unwrap().fields[0].name, "b");
    assert_eq!(of(Some("C")), Err("Unknown operation named 'C'.".to_owned()));
    assert!(of(None).unwrap_err().starts_with("Must provide operation name"));
    assert_eq!(read(""), Err("Must provide an operation.".to_owned()));
}

#[test]
fn what_is_too_large_is_refused_in_mlflow_s_words() {
    let many = |count: usize, field: &str| {
        (0..count).map(|at| field.replace('#', &at.to_string())).collect::<String>()
    };
    let roots = format!("{{ {} }}", many(11, "get#{x} "));
    assert!(read(&roots).unwrap_err().starts_with("GraphQL queries should have at most 10 root fields"));
    let aliases = format!("{{ get {{ {} }} }}", many(11, "a#: b "));
    assert!(read(&aliases).unwrap_err().starts_with("GraphQL queries should have at most 10 aliases"));
    let wide = format!("{{ get {{ {} }} }}", many(1_001, "a# "));
    assert_eq!(read(&wide), Err("Query exceeds maximum total selections of 1000".to_owned()));
    let deep = "{a".repeat(11);
    assert_eq!(read(&deep), Err("Query exceeds maximum depth of 10".to_owned()));
    for nested in ["{a(b:".to_owned() + &"[".repeat(100_000), format!("query Q($a: {}", "[".repeat(100_000))]
    {
        assert_eq!(read(&nested), Err("Query exceeds maximum depth of 10".to_owned()));
    }
    // Each fragment asks twice for the next.
    let doubling: String =
        (0..9).map(|at| format!("fragment F{at} on T {{ ...F{0} ...F{0} }} ", at + 1)).collect();
    let doubling = format!("{{ get {{ ...F0 }} }} {doubling} fragment F9 on T {{ x }}");
    assert_eq!(read(&doubling), Err("Query exceeds maximum total selections of 1000".to_owned()));
    assert_eq!(
        read("{ get { ...F } } fragment F on T { ...F }"),
        Err("Query exceeds maximum depth of 10".to_owned())
    );
}

#[test]
fn arguments_that_stand_in_many_places_take_no_more_memory_than_there_is_for_them() {
    let variables = Map::from_iter([("a".to_owned(), json!(["x".repeat(1 << 20)]))]);
    let of = |count: usize| {
        let places: String = (0..count).map(|at| format!("f{at}(b: $a) ")).collect();
        query::read(&format!("query ($a: [String]) {{ get {{ {places} }} }}"), None, &variables)
    };
    assert!(of(3).is_ok());
    assert_eq!(of(4), Err("Query exceeds maximum size of arguments of 4194304 bytes".to_owned()));
    let long = format!("{{ get(a: [{}]) {{ x }} }}", "1,".repeat(200_000));
    assert_eq!(read(&long), Err("Query exceeds maximum size of arguments of 4194304 bytes".to_owned()));
    assert_eq!(read(&" ".repeat(1 << 21)), Err("Query exceeds maximum length of 1048576 bytes".to_owned()));
}

#[test]
fn what_is_no_query_is_refused_with_its_place() {
    for (text, expected) in [
        ("{", "Expected Name, found <EOF> (line 1, column 2)"),
        ("{ a\n  ? }", "Unexpected character: '?' (line 2, column 3)"),
        ("{ a(b: \"c", "Unterminated string"),
        ("{ a(b: \"\\x\") }", "Unterminated string"),
        ("{ a(b: \"\\ud800\") }", "Unterminated string"),
        ("{ a(b: 1.2.3) }", "Invalid number '1.2.3'"),
        ("{ a(b: \"\"\"c\") }", "Unterminated string"),
        ("subscription { a }", "Unexpected Name 'subscription'"),
        ("{ a @skip(if: true) }", "Unknown directive '@skip'."),
        ("{ ...F }", "Unknown fragment 'F'."),
    ] {
        let message = read(text).unwrap_err();
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn only_what_the_types_have_can_be_asked_for() {
    let checked = |text: &str| {
        let asked = read(text).unwrap();
        asked.fields.iter().try_for_each(|field| check(asked.kind, field))
    };
    assert_eq!(
        checked(
            "{ mlflowGetRun { __typename run { info { status } experiment { name } } apiError { code } } }"
        ),
        Ok(())
    );
    for (text, expected) in [
        ("{ drop { a } }", "Cannot query field 'drop' on type 'Query'."),
        (
            "{ mlflowSearchDatasets { apiError { code } } }",
            "Cannot query field 'mlflowSearchDatasets' on type 'Query'.",
        ),
        ("{ mlflowGetRun { run { secret } } }", "Cannot query field 'secret' on type 'MlflowRunExtension'."),
        (
            "{ mlflowGetRun { run } }",
            "Field 'run' of type 'MlflowRunExtension' must have a selection of subfields.",
        ),
        ("{ mlflowGetRun { run { info { status { x } } } } }", "Field 'status' must not have a selection"),
    ] {
        let message = checked(text).unwrap_err();
        assert!(message.starts_with(expected), "{text}: {message}");
    }
}
