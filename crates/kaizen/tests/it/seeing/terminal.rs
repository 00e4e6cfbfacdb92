//! On a terminal: what runs is shown at its foot, and goes when it has ended.

use super::{many, with};

#[test]
fn on_a_terminal_what_runs_stays_within_it_and_leaves_nothing_behind() {
    let context = many(6, "sleep 0.${each.n}");
    let name = "a-rather-long-name-of-a-step-that-is-wider-than-the-terminal-is-and-must-not-wrap";
    let toml = context.read("kaizen.toml").replace("step.many", &format!("step.{}", &name[..60]));
    context.write("kaizen.toml", toml);
    let rows = 5;
    let ran = context.on_terminal((rows, 40), &["run", "--jobs", "6"]);
    ran.code(0);
    let mut screen = Screen::new(rows, 40);
    screen.show(&ran.stdout);
    assert!(screen.drawn > 0, "nothing was drawn while it ran: {ran:#?}");
    let left = screen.text();
    assert!(left.contains("6 actions") && left.ends_with("run 1: 6 done\n"), "{left}");
    assert!(!left.contains('…') && !left.contains("running"), "{left}");
    assert_eq!(left.matches("/6  run").count(), 6, "{left}");
}

#[test]
fn on_a_terminal_a_long_run_shows_where_it_is_and_keeps_its_summary() {
    let context = many(60, "test ${each.n} != 7 || exit 1; sleep 0.02");
    let ran = context.on_terminal((10, 100), &["run", "--keep-going", "--jobs", "20"]);
    ran.code(5);
    let mut screen = Screen::new(10, 100);
    screen.show(&ran.stdout);
    assert!(screen.drawn > 0, "nothing was drawn while it ran: {ran:#?}");
    let left = screen.text();
    assert!(left.ends_with("run 1: 59 done, 1 failed\n"), "{left}");
    assert!(left.contains("step.many[n=7]  failed after"), "{left}");
    assert!(!left.contains('…') && left.lines().count() < 10, "{left}");
}

#[test]
fn what_a_command_prints_cannot_steer_the_terminal() {
    let context =
        with("[project]\nname = \"hostile\"\n\n[step.hostile]\nrun = \"printf '\\\\033[2Jgone'; exit 1\"\n");
    let ran = context.on_terminal((24, 80), &["run"]);
    ran.code(5);
    assert!(!ran.stdout.contains("\u{1b}[2J") && ran.stdout.contains("[2Jgone"), "{ran:#?}");
}

/// As much of a terminal as Kaizen uses: lines, and moving up to draw some of them anew.
struct Screen {
    rows: usize,
    columns: usize,
    lines: Vec<String>,
    /// How often something was drawn anew.
    drawn: usize,
}

impl Screen {
    fn new(rows: usize, columns: usize) -> Self {
        Self { rows, columns, lines: vec![String::new()], drawn: 0 }
    }

    fn show(&mut self, sent: &str) {
        let mut rest = sent;
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            match letter {
                '\r' => {}
                '\n' => self.lines.push(String::new()),
                '\u{1b}' => rest = self.steer(rest),
                letter => self.put(letter),
            }
        }
    }

    /// `[nF` goes up to the beginning of a line; `[0J` takes away everything from there.
    fn steer<'a>(&mut self, rest: &'a str) -> &'a str {
        let end = rest.find(|letter: char| letter.is_ascii_alphabetic()).expect("a sequence has an end");
        let (sequence, after) = rest.split_at(end + 1);
        match sequence.as_bytes() {
            [b'[', number @ .., b'F'] => {
                let up: usize = std::str::from_utf8(number).unwrap().parse().unwrap();
                assert!(up < self.rows, "{up} lines are above the top of {} rows", self.rows);
                assert!(after.starts_with("\u{1b}[0J"), "what is drawn anew is taken away first");
                let cut = self.lines.len() - 1 - up;
                self.lines.truncate(cut);
                self.lines.push(String::new());
                self.drawn += 1;
            }
            b"[0J" => {}
            other => panic!("an unknown sequence {:?}", String::from_utf8_lossy(other)),
        }
        after
    }

    /// A line that is full goes on in the next one.
    fn put(&mut self, letter: char) {
        if self.lines.last().is_some_and(|line| line.chars().count() == self.columns) {
            self.lines.push(String::new());
        }
        self.lines.last_mut().expect("there is always a line").push(letter);
    }

    fn text(&self) -> String {
        self.lines.join("\n")
    }
}
