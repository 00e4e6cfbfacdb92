//! `kaizen drift`: two files compared without a project.

use serde_json::Value;

use crate::context::TestContext;

/// Rows of a day on which it was this warm.
fn day(warmth: u32, carriers: &[&str]) -> String {
    let mut text = "temp,humidity,carrier,late\n".to_owned();
    for row in 0..600u32 {
        let (temp, humidity) = (warmth + row * 37 % 20, row * 53 % 41);
        let carrier = carriers[row as usize % carriers.len()];
        text.push_str(&format!("{temp},{humidity},{carrier},{}\n", row % 5 == 0));
    }
    text
}

fn winter_and_summer() -> TestContext {
    let context = TestContext::empty();
    context.write("winter.csv", day(0, &["AA", "UA", "DL"]));
    context.write("summer.csv", day(15, &["AA", "UA", "<b>new</b>"]));
    context
}

#[test]
fn what_drifted_comes_first_with_its_size_and_is_counted_last() {
    let context = winter_and_summer();
    let ran = context.run(&["drift", "winter.csv", "summer.csv"]);
    ran.code(0);
    let expected = "\
reference:  winter.csv  600 rows
current:    summer.csv  600 rows

column    verdict                effect  large from  measure         test                p        q        missing  unlike reference
temp      drifted, out of range  2.601   0.1         Wasserstein/σ   Kolmogorov–Smirnov  < 1e-15  < 1e-15  0 %      75.0 % out of range
carrier   drifted, unseen        0.5774  0.1         Jensen–Shannon  chi-square          < 1e-15  < 1e-15  0 %      33.3 % unseen
humidity  steady                 0       0.1         Wasserstein/σ   Kolmogorov–Smirnov  1.000    1.000    0 %      –
late      steady                 0       0.1         Jensen–Shannon  chi-square          1.000    1.000    0 %      –

2 of 4 columns have drifted
";
    assert_eq!(ran.stdout, expected);
    assert_eq!(ran.stderr, "");
}

#[test]
fn the_json_has_every_figure_of_every_column() {
    let context = winter_and_summer();
    let found = context.json(&["drift", "winter.csv", "summer.csv"]);
    assert_eq!(found["reference"], serde_json::json!({ "name": "winter.csv", "rows": 600 }));
    assert_eq!(found["false_discovery_rate"], 0.01);
    let temp = &found["columns"][0];
    assert_eq!((temp["column"].as_str(), temp["drifted"].as_bool()), (Some("temp"), Some(true)));
    assert_eq!(temp["statistics"]["ks"], 0.75);
    assert_eq!(temp["statistics"]["wasserstein"], 15.0);
    assert_eq!((&temp["time"], &temp["rank_error"]), (&Value::Bool(false), &Value::Null));
    let names: Vec<_> = found["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["column"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["temp", "carrier", "humidity", "late"]);
}

#[test]
fn drift_is_no_failure_unless_it_is_asked_to_be() {
    let context = winter_and_summer();
    context.run(&["drift", "winter.csv", "summer.csv", "--fail"]).code(11).says("2 of 4 columns");
    context
        .run(&["drift", "winter.csv", "winter.csv", "--fail"])
        .code(0)
        .says("None of 4 columns has drifted");
    let help = context.run(&["drift", "--help"]);
    help.code(0).says("Ends with 0 whether or not a column drifted");
}

#[test]
fn chosen_columns_alone_are_compared() {
    let context = winter_and_summer();
    let ran = context.run(&["drift", "winter.csv", "summer.csv", "--columns", "late,humidity"]);
    ran.code(0).says("None of 2 columns has drifted").never_says("temp");
    context
        .run(&["drift", "winter.csv", "summer.csv", "--columns", "tmp"])
        .code(2)
        .says("did you mean `temp`?");
    for rate in ["0", "1", "x"] {
        let ran = context.run(&["drift", "winter.csv", "summer.csv", "--false-discovery-rate", rate]);
        ran.code(2).says("between 0 and 1");
    }
}

#[test]
fn columns_that_vanished_or_changed_their_type_are_named() {
    let context = TestContext::empty();
    context.write("old.csv", "a,gone,code,none\n1,2,7,\n2,3,8,\n");
    context.write("new.csv", "a,code,none,new\n1,x,,1\n");
    let ran = context.run(&["drift", "old.csv", "new.csv"]);
    ran.code(0)
        .says("gone  it vanished: the current data do not have it")
        .says("code  its type changed: number in the reference, text in the current data")
        .says("none  every value is missing on both sides")
        .says("new   it is new: the reference does not have it");
}

#[test]
fn the_document_is_whole_in_itself_and_what_comes_from_data_is_text_in_it() {
    let context = winter_and_summer();
    context.write(
        "hostile.csv",
        day(15, &["<script>alert(1)</script>"]).replace("humidity", "<script>x</script>"),
    );
    context.write("hostile_too.csv", day(0, &["AA"]).replace("humidity", "<script>x</script>"));
    let ran = context.run(&["drift", "hostile_too.csv", "hostile.csv", "--html", "drift.html"]);
    ran.code(0).says("wrote drift.html");
    let document = context.read("drift.html");
    assert!(document.starts_with("<!doctype html>") && document.ends_with("</html>\n"));
    assert!(!document.contains("<script") && document.contains("&lt;script&gt;x&lt;/script&gt;"));
    for outside in ["http:", "https:", "src=", "href=", "url(", "@import"] {
        assert!(!document.contains(outside), "{outside}");
    }
    assert!(document.contains("<svg") && document.contains("hostile.csv, 600 rows"));
    let left: Vec<_> =
        std::fs::read_dir(context.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("part")), "{left:?}");
}

#[test]
fn a_document_never_replaces_the_data_and_a_place_that_cannot_be_written_is_named() {
    let context = winter_and_summer();
    let before = context.read("winter.csv");
    let ran = context.run(&["drift", "winter.csv", "summer.csv", "--html", "./winter.csv"]);
    ran.code(2).says("is one of the files to compare");
    assert_eq!(context.read("winter.csv"), before);
    let ran = context.run(&["drift", "winter.csv", "summer.csv", "--html", "absent/drift.html"]);
    ran.code(1).says("write absent/drift.html");
}

#[test]
fn directories_globs_and_every_format_are_compared() {
    let context = winter_and_summer();
    let (first, second) = (day(0, &["AA"]), day(0, &["AA"]));
    context.write("parts/one.csv", first);
    context.write("parts/two.csv", second);
    let ran = context.run(&["drift", "parts", "winter.csv", "--columns", "temp"]);
    ran.code(0).says("parts       1,200 rows").says("has not drifted");
    context.run(&["drift", "parts/*.csv", "winter.csv", "--columns", "temp"]).code(0).says("1,200 rows");
    context.write("rows.jsonl", "{\"temp\": 1}\n{\"temp\": null}\n");
    context.run(&["drift", "winter.csv", "rows.jsonl", "--columns", "temp"]).code(0).says("0 % → 50.0 %");
}

#[test]
fn bad_files_are_named_with_a_way_out() {
    let context = winter_and_summer();
    context.write("empty.csv", "");
    context.write("headed.csv", "temp\n");
    context.write("ragged.csv", "a,b\n1,2\n3\n");
    context.write("cut.parquet", "PAR1 and no more");
    context.write("what.bin", "x");
    for (file, word) in [
        ("absent.csv", "no data file matches"),
        ("empty.csv", "the file is empty"),
        ("headed.csv", "there are no rows in headed.csv"),
        ("ragged.csv", "ragged.csv:3"),
        ("cut.parquet", "cut or damaged"),
        ("what.bin", "does not say its format"),
    ] {
        context.run(&["drift", "winter.csv", file]).code(4).says(file).says(word);
        context.run(&["drift", file, "winter.csv", "--json"]).code(4).says(word);
    }
}

#[test]
fn the_figures_of_other_tools_are_shown_beside_ours() {
    let context = winter_and_summer();
    for (tool, method) in [("evidently", "jensenshannon"), ("nannyml", "jensen_shannon")] {
        let found = context.json(&["drift", "winter.csv", "summer.csv", "--compat", tool]);
        assert!(found["columns"][0]["compat"][method].is_number(), "{found:#}");
        context.run(&["drift", "winter.csv", "summer.csv", "--compat", tool]).code(0).says(method);
    }
    context.run(&["drift", "winter.csv", "summer.csv", "--compat", "pandas"]).code(2).says("evidently");
}

#[test]
fn a_terminal_is_not_steered_by_the_name_of_a_column() {
    let context = TestContext::empty();
    context.write("a.csv", "\u{1b}[2Jx\n1\n2\n");
    let ran = context.run(&["drift", "a.csv", "a.csv"]);
    ran.code(0);
    assert!(!ran.stdout.contains('\u{1b}'), "{ran:#?}");
}
