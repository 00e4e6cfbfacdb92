//! The board, as people work on it.

use std::fs;

use serde_json::Value;

use crate::{context::TestContext, watched::tickets};

/// A project that was never run, with two tickets.
fn board() -> TestContext {
    let context = TestContext::new();
    let body = "The east gate,\nsince Monday: \"no signal\".";
    context
        .run(&["tickets", "new", "Look at the sensors", "--body", body, "--severity", "major"])
        .code(0)
        .says("ticket 1: Look at the sensors")
        .says("open, major");
    context.run(&["tickets", "new", "Ask for newer prices"]).code(0).says("ticket 2: Ask for newer prices");
    context
}

#[test]
fn a_ticket_is_opened_edited_discussed_and_moved() {
    let context = board();
    context
        .run(&["tickets", "edit", "1", "--title", "Replace the sensors"])
        .code(0)
        .says("Replace the sensors");
    context
        .run(&["tickets", "comment", "1", "New ones are ordered"])
        .code(0)
        .says("tester: New ones are ordered");
    context.run(&["tickets", "move", "1", "doing"]).code(0).says("doing, major");
    let done = context.run(&["tickets", "move", "1", "done", "--because", "they are in place"]);
    done.code(0).says("tester: moved to done: they are in place").says("closed");
    context.run(&["tickets"]).code(0).says("Ask for newer prices").never_says("sensors");
    context.run(&["tickets", "--all"]).code(0).says("done").says("Replace the sensors");
    let whole = context.json(&["tickets", "show", "1"]);
    assert_eq!(whole["body"], "The east gate,\nsince Monday: \"no signal\".");
    assert_eq!(whole["comments"].as_array().unwrap().len(), 2, "{whole:#}");
    // Opened again by a person.
    context.run(&["tickets", "move", "1", "open"]).code(0).never_says("closed");
}

#[test]
fn what_cannot_be_done_to_a_ticket_is_said() {
    let context = board();
    for arguments in [
        &["tickets", "show", "9"][..],
        &["tickets", "comment", "9", "hello"],
        &["tickets", "move", "9", "done"],
    ] {
        let refused = context.run(arguments);
        assert_ne!(refused.code, Some(0), "{refused:#?}");
        refused.says("9");
    }
    context.run(&["tickets", "move", "1", "closed"]).code(2).says("closed").says("done");
    let empty = TestContext::new();
    empty.run(&["tickets"]).code(3).says("there is no store here yet");
}

#[test]
fn an_export_that_is_imported_again_changes_nothing() {
    let context = board();
    context.run(&["tickets", "move", "2", "done"]).code(0);
    context.run(&["tickets", "export", "board.csv"]).code(0).says("wrote 2 tickets to board.csv");
    assert_eq!(context.run(&["tickets", "export"]).code(0).stdout, context.read("board.csv"));
    let before = tickets(&context);
    context
        .run(&["tickets", "import", "board.csv"])
        .code(0)
        .says("0 tickets are new, 0 were changed, 2 are as they were");
    assert_eq!(tickets(&context), before);
}

#[test]
fn an_edited_row_changes_its_ticket_and_a_new_one_opens_another() {
    let context = board();
    context.run(&["tickets", "export", "board.csv"]).code(0);
    let text = context.read("board.csv").replace("Look at the sensors", "Look at the gate");
    let columns = text.lines().next().unwrap().split(',').count();
    let new = format!(",doing,minor,From a colleague,{}\n", ",".repeat(columns - 5));
    context.write("board.csv", text + &new);
    let imported = context.json(&["tickets", "import", "board.csv"]);
    assert_eq!(imported, serde_json::json!({ "new": 1, "changed": 1, "same": 1 }));
    let titles: Vec<Value> = tickets(&context).iter().map(|ticket| ticket["title"].clone()).collect();
    assert_eq!(titles, ["From a colleague", "Ask for newer prices", "Look at the gate"]);
    assert_eq!(tickets(&context)[0]["status"], "doing");
}

#[test]
fn a_file_with_one_bad_row_is_refused_by_that_row_and_changes_nothing() {
    let context = board();
    let before = tickets(&context);
    for (text, words) in [
        ("title,status\nA,open\nB,closed\n", ["row 3", "closed"]),
        ("title,status\nA,open\n,open\n", ["row 3", "no title"]),
        ("title,id\nA,one\n", ["row 2", "id"]),
        ("title,status\nA,open\nB\n", ["row 3", "record"]),
        ("status\nopen\n", ["row 2", "title"]),
    ] {
        context.write("bad.csv", text);
        let refused = context.run(&["tickets", "import", "bad.csv"]);
        refused.code(4);
        for word in words {
            refused.says(word);
        }
    }
    fs::write(context.path("bad.csv"), [b't', b'i', b't', b'l', b'e', b'\n', 0xff, b'\n']).unwrap();
    context.run(&["tickets", "import", "bad.csv"]).code(4).says("row 2");
    context.run(&["tickets", "import", "absent.csv"]).code(1).says("absent.csv");
    assert_eq!(tickets(&context), before);
}
