//! Large graphs: reading and checking them takes time in proportion to their size.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

fn no_env(_: &str) -> Option<String> {
    None
}

/// A chain of so many steps, each of which reads a script and what the one before it writes.
fn chain(steps: usize) -> String {
    let mut text = String::from("[project]\nname = 'p'\n[step.s0]\nrun = 'x'\nwrites = ['build/s0']\n");
    for step in 1..steps {
        let before = step - 1;
        writeln!(
            text,
            "[step.s{step}]\nrun = 'python x.py'\nreads = ['step.s{before}', 'x.py']\nwrites = ['build/s{step}']"
        )
        .expect("a String takes everything");
    }
    text
}

/// So many steps that read one, and one that reads them all.
fn fan(steps: usize) -> String {
    let mut text = String::from("[project]\nname = 'p'\n[step.first]\nrun = 'x'\n");
    for step in 0..steps {
        writeln!(
            text,
            "[step.s{step}]\nrun = 'x'\nreads = ['step.first', 'in/{step}']\nwrites = ['out/{step}/x']"
        )
        .expect("a String takes everything");
    }
    let all: Vec<String> = (0..steps).map(|step| format!("'step.s{step}'")).collect();
    writeln!(text, "[step.last]\nrun = 'x'\nreads = [{}]", all.join(", "))
        .expect("a String takes everything");
    text
}

/// Steps that each read what is not declared: the worst that a slip of a generator can do.
fn misspelt(steps: usize) -> String {
    let mut text = String::from("[project]\nname = 'p'\n");
    for step in 0..steps {
        writeln!(text, "[step.s{step}]\nrun = 'x'\nreads = ['step.t{step}']\nwrites = ['same']")
            .expect("a String takes everything");
    }
    text
}

/// The shortest of the times that reading the text takes.
fn shortest(text: &str, before: Duration) -> Duration {
    let start = Instant::now();
    let steps = spec::parse("kaizen.toml", text, &no_env)
        .map_or_else(|found| found.len(), |project| project.steps.len());
    assert!(steps > 1_000);
    start.elapsed().min(before)
}

/// How many times as long four times as many steps take.
fn growth(make: fn(usize) -> String) -> f64 {
    let (small, large) = (make(2_000), make(8_000));
    let mut times = [Duration::MAX; 2];
    // In turns, so that what else this machine does meets both; the shortest has met the least of it.
    for _ in 0..4 {
        times = [shortest(&small, times[0]), shortest(&large, times[1])];
    }
    times[1].as_secs_f64() / times[0].as_secs_f64()
}

#[test]
fn four_times_as_many_steps_take_far_from_sixteen_times_as_long() {
    for (name, make) in [("chain", chain as fn(usize) -> String), ("fan", fan), ("misspelt", misspelt)] {
        let growth = growth(make);
        assert!(growth < 10.0, "{name}: {growth:.1} times");
    }
}

#[test]
fn a_circle_of_many_steps_and_many_circles_are_found_at_once() {
    let ring = format!(
        "{}[step.s0]\nrun = 'x'\nreads = ['step.s19999']\n",
        chain(20_000).replace("[step.s0]\nrun = 'x'\nwrites = ['build/s0']\n", "")
    );
    let found = spec::parse("kaizen.toml", &ring, &no_env).unwrap_err();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.len() < 300, "{}", found[0].message);
    let mut pairs = String::from("[project]\nname = 'p'\n");
    for pair in 0..5_000 {
        writeln!(pairs, "[step.a{pair}]\nrun = 'x'\nreads = ['step.b{pair}']").unwrap();
        writeln!(pairs, "[step.b{pair}]\nrun = 'x'\nreads = ['step.a{pair}']").unwrap();
    }
    let found = spec::parse("kaizen.toml", &pairs, &no_env).unwrap_err();
    assert_eq!(found.len(), 50);
}
