use std::{fs, path::Path};

use plan::schedule::Capacity;

/// What this machine offers to the steps of a project, by what it has and what `[run]` says.
#[derive(Debug, Clone)]
pub struct Machine {
    /// How many actions run at once, unless the command line says otherwise.
    pub slots: usize,
    /// Processors, in thousandths.
    pub millicpus: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// Graphics processors, by index.
    pub gpus: Vec<u32>,
}

impl Machine {
    /// This machine, as the project wants it used.
    pub fn of(offer: &spec::Offer) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let gpus = executor::devices::gpus(Path::new("/"));
        let offered = offer.gpus.map_or(gpus.len(), |gpus| usize::try_from(gpus).unwrap_or(usize::MAX));
        Self {
            slots: offer.jobs.and_then(|jobs| usize::try_from(jobs).ok()).unwrap_or(processors),
            millicpus: offer.millicpus().unwrap_or(processors as u64 * 1000),
            memory: offer.memory.map_or_else(|| total_memory(Path::new("/proc/meminfo")), |size| size.get()),
            gpus: gpus.into_iter().take(offered).collect(),
        }
    }

    /// What a pass with so many places may hand out. More places than processors mean more processors too: whoever
    /// asks for them knows that the steps wait more than they compute.
    pub(crate) fn capacity(&self, slots: Option<usize>) -> Capacity {
        let slots = slots.unwrap_or(self.slots).max(1);
        let millicpus = self.millicpus.max(slots as u64 * 1000);
        Capacity { slots, millicpus, memory: self.memory, gpus: self.gpus.clone() }
    }
}

/// Bytes of memory by `/proc/meminfo`; where it does not say, memory is not counted.
fn total_memory(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.map_or(u64::MAX, |kib| kib.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::total_memory;

    #[test]
    fn memory_is_what_the_system_says_and_is_not_counted_where_it_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("meminfo");
        fs::write(&file, "MemTotal:       24567890 kB\nMemFree:  1 kB\n").unwrap();
        assert_eq!(total_memory(&file), 24_567_890 * 1024);
        assert_eq!(total_memory(Path::new("/no/such/file")), u64::MAX);
    }
}
