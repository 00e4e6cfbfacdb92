//! Whatever the file holds, it is read or refused with findings that have a place in it.

use proptest::prelude::*;

const COMPLETE: &str = include_str!("complete.toml");

fn no_env(_: &str) -> Option<String> {
    None
}

/// Whatever can be read can be expanded, or is refused with findings that are placed.
fn expand(text: &str, project: &spec::Project) {
    let files = |_: &spec::Pattern| vec!["images/a.jpg".to_owned(), "images/x y.jpg".to_owned()];
    match spec::expand(project, &files) {
        Ok(expanded) => assert!(expanded.steps.values().all(|step| step.each.is_none())),
        Err(found) => {
            assert!(!found.is_empty());
            let placed = spec::place("kaizen.toml", text, found);
            assert!(
                placed.iter().all(|finding| finding.line.is_some() && finding.field.is_some()),
                "{placed:?}"
            );
        }
    }
}

/// Reads the text, and holds every finding to the promises of a diagnostic.
fn read(text: &str) {
    let diagnostics = match spec::parse("kaizen.toml", text, &no_env) {
        Ok(project) => return expand(text, &project),
        Err(diagnostics) => diagnostics,
    };
    assert!(!diagnostics.is_empty());
    let lines: Vec<&str> = text.split('\n').collect();
    for diagnostic in &diagnostics {
        let (line, column) = (diagnostic.line.expect("a line"), diagnostic.column.expect("a column"));
        let length = lines[line - 1].chars().count();
        assert!((1..=length + 1).contains(&column), "{diagnostic:?}");
        assert_eq!(diagnostic.file.as_deref(), Some("kaizen.toml"));
        assert!(!diagnostic.message.contains(char::is_control), "{diagnostic:?}");
    }
    let rendered = spec::render(&diagnostics, text);
    assert!(rendered.chars().all(|letter| !letter.is_control() || "\n\t".contains(letter)));
}

/// Pieces that the file is made of, to get past the parser and into the tables.
fn piece() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "[",
        "]",
        "{",
        "}",
        "=",
        ",",
        ".",
        "\n",
        "\"",
        "'''",
        "#",
        "-1",
        "1e400",
        "nan",
        "true",
        "[]",
        "{}",
        "[[",
        "]]",
        "2013-01-01",
        "07:32:00",
        "\"${env.X}\"",
        "\"\"",
        "99999999999999999999",
        "0x7f",
        "\u{0}",
        "é",
        "\r",
        "\"step.clean\"",
        "\"data.flights\"",
        "\"../x\"",
        "[step.clean]",
        "[model.late]",
        "[service.late.rollout]",
        "[monitor.late]",
        "[monitor.late.retrain]",
        "cron = \"0 0 31 2 *\"",
        "\"*/7 1-5 L * MON#2\"",
        "[webhook.ops]",
        "\"https://[::1\"",
        "\"${each.lr}\"",
        "\"$${each.\"",
        "[step.tune]",
        "[step.tune.each]",
        "file = \"images/*\"",
        "[trigger.nightly]",
        "time_zone = \"Europe/Berlin\"",
        "[run]",
    ];
    prop_oneof![proptest::sample::select(PIECES).prop_map(str::to_owned), "\\PC{0,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_text_of_the_files_pieces_is_read_or_refused(pieces in proptest::collection::vec(piece(), 0..60)) {
        read(&pieces.concat());
    }

    #[test]
    fn a_file_with_a_few_slips_is_read_or_refused(
        slips in proptest::collection::vec((any::<prop::sample::Index>(), 0..12usize, piece()), 1..6),
    ) {
        let mut letters: Vec<char> = COMPLETE.chars().collect();
        for (place, removed, inserted) in slips {
            let start = place.index(letters.len());
            let end = (start + removed).min(letters.len());
            letters.splice(start..end, inserted.chars());
        }
        read(&letters.into_iter().collect::<String>());
    }

    #[test]
    fn values_in_the_wrong_places_are_read_or_refused(
        swaps in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
    ) {
        let mut lines: Vec<(String, String)> = COMPLETE
            .lines()
            .filter_map(|line| line.split_once(" = "))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        for (one, other) in swaps {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            let value = lines[one].1.clone();
            lines[one].1 = std::mem::replace(&mut lines[other].1, value);
        }
        // The tables stay as they are; only what stands after the `=` moves.
        let mut values = lines.into_iter().map(|(key, value)| format!("{key} = {value}"));
        let text: Vec<String> = COMPLETE
            .lines()
            .map(|line| if line.contains(" = ") { values.next().unwrap() } else { line.to_owned() })
            .collect();
        read(&text.join("\n"));
    }
}

#[test]
fn deep_and_long_files_are_read_or_refused() {
    read(&format!("a = {}", "[".repeat(100_000)));
    read(&format!("a = {}", "{ a = ".repeat(100_000)));
    read(&format!("{}a = 1", "a.".repeat(100_000)));
    let steps: String =
        (0..2_000).map(|n| format!("[step.s{n}]\nrun = 'x'\nreads = ['step.s{}']\n", n + 1)).collect();
    read(&format!("[project]\nname = 'p'\n{steps}[step.s2000]\nrun = 'x'\nreads = ['step.s0']\n"));
}
