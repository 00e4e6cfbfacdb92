//! What waits for tracking servers.

use std::path::Path;

use server::spool::Standing;

/// A line each, and what to do about it.
pub(crate) fn text(standing: &[Standing], directory: &Path) -> String {
    if standing.iter().all(|one| one.waiting == 0 && one.refused == 0 && !one.is_running) {
        return format!("nothing waits in {}", directory.display());
    }
    let lines: Vec<_> = standing.iter().map(line).collect();
    let mut text = lines.join("\n");
    if standing.iter().any(|one| one.waiting > 0 && !one.is_running) {
        text.push_str("\n`kaizen spool flush` sends what waits where no spool runs");
    }
    text
}

fn line(one: &Standing) -> String {
    let place = one.directory.display();
    let mut line = format!("{place}: {} wait for {}", one.waiting, one.upstream);
    if one.bytes > 0 {
        line.push_str(&format!(" ({} bytes)", base::grouped(one.bytes)));
    }
    if one.is_running {
        line.push_str(", a spool runs");
    }
    if one.refused > 0 {
        let file = one.directory.join("refused.jsonl");
        line.push_str(&format!("; {} not wanted, see {}", one.refused, file.display()));
    }
    line
}
