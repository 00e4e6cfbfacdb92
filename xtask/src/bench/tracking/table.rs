//! The figures of servers side by side.

use std::time::Duration;

use super::{load::Load, server::Memory};

/// What was measured of one server.
pub(super) struct Figures {
    command: String,
    start: Duration,
    memory_idle: Memory,
    loads: Vec<(String, usize, Load)>,
    /// Megabytes a second.
    pub(super) artifact_up: f64,
    pub(super) artifact_down: f64,
    pub(super) memory_after: Memory,
}

impl Figures {
    pub(super) fn new(command: &str, start: Duration, memory_idle: Memory) -> Self {
        Self {
            command: command.to_owned(),
            start,
            memory_idle,
            loads: Vec::new(),
            artifact_up: 0.0,
            artifact_down: 0.0,
            memory_after: Memory::default(),
        }
    }

    /// Adds a load of requests, each of which stands for so many units.
    pub(super) fn add(&mut self, what: &str, unit: usize, load: Load) {
        self.loads.push((what.to_owned(), unit, load));
    }

    fn cells(&self) -> Vec<(String, String)> {
        let mut cells = vec![
            ("start to first answer, median".to_owned(), format!("{} ms", self.start.as_millis())),
            ("memory, idle".to_owned(), memory(self.memory_idle)),
        ];
        for (what, unit, load) in &self.loads {
            let clients =
                if load.clients == 1 { "1 client".to_owned() } else { format!("{} clients", load.clients) };
            cells.push((format!("{what}; {clients}"), shown(load, *unit)));
        }
        cells.push((
            "artifact up, down, MB/s".to_owned(),
            format!("{:.0}, {:.0}", self.artifact_up, self.artifact_down),
        ));
        cells.push(("memory, after all of it".to_owned(), memory(self.memory_after)));
        cells
    }
}

/// A row for each figure, a column for each server.
pub(super) fn markdown(columns: &[Figures]) -> String {
    let mut out = String::new();
    let cells: Vec<Vec<(String, String)>> = columns.iter().map(Figures::cells).collect();
    let heads: Vec<String> = columns.iter().map(|figures| format!("`{}`", figures.command)).collect();
    out += &format!("| | {} |\n| --- |{}\n", heads.join(" | "), " --- |".repeat(columns.len()));
    for row in 0..cells.first().map_or(0, Vec::len) {
        let values: Vec<&str> = cells.iter().map(|cells| cells[row].1.as_str()).collect();
        out += &format!("| {} | {} |\n", cells[0][row].0, values.join(" | "));
    }
    out + "\nOf each load: units a second; p50 and p99 of a request; the server's processor time for a request.\n"
}

fn shown(load: &Load, unit: usize) -> String {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    format!(
        "{:.0}; p50 {:.2} ms, p99 {:.2} ms; CPU {:.3} ms",
        load.rate() * unit as f64,
        milliseconds(load.percentile(0.5)),
        milliseconds(load.percentile(0.99)),
        milliseconds(load.cpu_each())
    )
}

fn memory(memory: Memory) -> String {
    let megabytes = memory.bytes / 1_000_000;
    if memory.processes > 1 {
        format!("{megabytes} MB in {} processes", memory.processes)
    } else {
        format!("{megabytes} MB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_has_a_column() {
        let mut figures = Vec::new();
        for (command, processes) in [("one", 1), ("other", 3)] {
            let memory = Memory { processes, bytes: 30_000_000 };
            let mut of_one = Figures::new(command, Duration::from_millis(20), memory);
            let times = vec![Duration::from_millis(2); 10];
            let (wall, cpu) = (Duration::from_secs(1), Duration::from_millis(10));
            of_one.add("batches, metrics/s", 1_000, Load { clients: 4, times, wall, cpu });
            figures.push(of_one);
        }
        let table = markdown(&figures);
        assert!(table.starts_with("| | `one` | `other` |\n| --- | --- | --- |\n"), "{table}");
        assert!(table.contains("| memory, idle | 30 MB | 30 MB in 3 processes |"), "{table}");
        let load = "10000; p50 2.00 ms, p99 2.00 ms; CPU 1.000 ms";
        assert!(table.contains(&format!("| batches, metrics/s; 4 clients | {load} | {load} |")), "{table}");
    }
}
