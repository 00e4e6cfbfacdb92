//! Runs every file in `tests/scenarios`: commands after `> `, and below each what it must print.
//!
//! `KAIZEN_UPDATE_GOLDEN=1 cargo test -p plan --test scenarios` writes the output that is printed now into
//! the files; review the difference as you would review code.

// Said again so that clippy takes the helpers for test code too.
#![cfg(test)]

mod simulator;

use std::{fs, path::Path};

use simulator::Simulator;

#[test]
fn every_scenario_prints_what_its_file_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 25, "only {} scenarios were found", files.len());
    let mut failures = Vec::new();
    for file in files {
        let golden = fs::read_to_string(&file).unwrap();
        let printed = replay(&golden);
        if option_env!("KAIZEN_UPDATE_GOLDEN").is_some() {
            fs::write(&file, &printed).unwrap();
        } else if printed != golden {
            failures.push(format!("--- {}\n{}", file.display(), difference(&golden, &printed)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The file again, with each command's output made anew. Comments and `spec` blocks stay.
fn replay(golden: &str) -> String {
    let mut simulator = Simulator::default();
    let mut printed = String::new();
    let mut lines = golden.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("> ") {
            printed.push_str(&format!("{line}\n"));
            let mut block = Vec::new();
            while let Some(next) = lines.next_if(|next| next.starts_with("  | ")) {
                printed.push_str(&format!("{next}\n"));
                block.push(&next[4..]);
            }
            printed.push_str(&simulator.execute(command, &block));
        } else if line.starts_with('#') {
            printed.push_str(&format!("{line}\n"));
        }
    }
    printed
}

fn difference(golden: &str, printed: &str) -> String {
    let (mut golden, mut printed) = (golden.lines(), printed.lines());
    loop {
        match (golden.next(), printed.next()) {
            (None, None) => return "only the final newline differs".to_owned(),
            (then, now) if then == now => {}
            (then, now) => return format!("expected {then:?}\n printed {now:?}"),
        }
    }
}
