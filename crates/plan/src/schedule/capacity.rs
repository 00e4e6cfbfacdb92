//! What the machine offers to actions, what one of them claims, and what is free at the moment.

use std::collections::BTreeSet;

use base::Size;

/// What is offered to actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// So many actions at once, however little they claim.
    pub slots: usize,
    /// Thousandths of a processor.
    pub millicpus: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// GPUs by index; one that is named twice is still one.
    pub gpus: Vec<u32>,
}

/// What one action takes while it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// Thousandths of a processor.
    pub millicpus: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// GPUs to itself.
    pub gpus: usize,
    /// Higher goes first.
    pub priority: i64,
}

impl Capacity {
    /// Why such an action could never start, not even alone; nothing when it could. The caller knows
    /// where the claim was written, and says the way out.
    pub fn refuses(&self, claim: &Claim) -> Option<String> {
        let gpus = Free::all(self).gpus.len();
        if self.slots == 0 {
            return Some("no action may run, because `jobs` is 0".to_owned());
        }
        if claim.millicpus > self.millicpus {
            return Some(short("cpu", &cpus(claim.millicpus), &cpus(self.millicpus)));
        }
        if claim.memory > self.memory {
            let (wanted, offered) = (Size::bytes(claim.memory), Size::bytes(self.memory));
            return Some(format!("it claims {wanted} of memory and {offered} are offered"));
        }
        (claim.gpus > gpus).then(|| short("gpu", &claim.gpus.to_string(), &gpus.to_string()))
    }
}

/// More of something is claimed than there is.
fn short(what: &str, wanted: &str, offered: &str) -> String {
    let plural = if wanted == "1" { "" } else { "s" };
    let are = if offered == "1" { "is" } else { "are" };
    format!("it claims {wanted} {what}{plural} and {offered} {are} offered")
}

/// Processors as people write them: `2`, `0.5`.
fn cpus(millicpus: u64) -> String {
    let whole = format!("{}.{:03}", millicpus / 1_000, millicpus % 1_000);
    whole.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A claim without its priority. Their order is by what is scarcest, so that
/// claims that fit together lie together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Need {
    pub(super) gpus: usize,
    pub(super) memory: u64,
    pub(super) millicpus: u64,
}

impl Need {
    pub(super) const NOTHING: Self = Self { gpus: 0, memory: 0, millicpus: 0 };
    pub(super) const EVERYTHING: Self = Self { gpus: usize::MAX, memory: u64::MAX, millicpus: u64::MAX };

    pub(super) fn of(claim: &Claim) -> Self {
        Self { gpus: claim.gpus, memory: claim.memory, millicpus: claim.millicpus }
    }

    pub(super) fn is_within(&self, free: &Self) -> bool {
        self.gpus <= free.gpus && self.memory <= free.memory && self.millicpus <= free.millicpus
    }

    /// The smaller of each.
    pub(super) fn least(&self, other: &Self) -> Self {
        Self {
            gpus: self.gpus.min(other.gpus),
            memory: self.memory.min(other.memory),
            millicpus: self.millicpus.min(other.millicpus),
        }
    }

    /// The larger of each.
    pub(super) fn most(&self, other: &Self) -> Self {
        Self {
            gpus: self.gpus.max(other.gpus),
            memory: self.memory.max(other.memory),
            millicpus: self.millicpus.max(other.millicpus),
        }
    }
}

/// What no action has taken.
#[derive(Debug)]
pub(super) struct Free {
    slots: usize,
    millicpus: u64,
    memory: u64,
    gpus: BTreeSet<u32>,
}

impl Free {
    pub(super) fn all(capacity: &Capacity) -> Self {
        let Capacity { slots, millicpus, memory, ref gpus } = *capacity;
        Self { slots, millicpus, memory, gpus: gpus.iter().copied().collect() }
    }

    /// What one more action may need, if there may be one more.
    pub(super) fn room(&self) -> Option<Need> {
        let room = Need { gpus: self.gpus.len(), memory: self.memory, millicpus: self.millicpus };
        (self.slots > 0).then_some(room)
    }

    /// Takes what is needed, which there is room for, and says which GPUs: the lowest.
    pub(super) fn take(&mut self, need: &Need) -> Vec<u32> {
        self.slots -= 1;
        self.memory -= need.memory;
        self.millicpus -= need.millicpus;
        (0..need.gpus).filter_map(|_| self.gpus.pop_first()).collect()
    }

    pub(super) fn give_back(&mut self, need: &Need, gpus: Vec<u32>) {
        self.slots += 1;
        self.memory += need.memory;
        self.millicpus += need.millicpus;
        self.gpus.extend(gpus);
    }
}

#[cfg(test)]
mod tests {
    use super::{Capacity, Claim};

    #[test]
    fn what_can_never_fit_is_refused_with_the_resource_that_is_short() {
        let capacity = Capacity { slots: 2, millicpus: 2_000, memory: 1 << 30, gpus: vec![0, 0, 1] };
        let fits = Claim { millicpus: 2_000, memory: 1 << 30, gpus: 2, priority: 0 };
        assert_eq!(capacity.refuses(&fits), None);
        let refused = |claim: Claim| capacity.refuses(&claim).unwrap();
        let cpus = refused(Claim { millicpus: 2_500, ..fits.clone() });
        assert_eq!(cpus, "it claims 2.5 cpus and 2 are offered");
        let memory = refused(Claim { memory: 2 << 30, ..fits.clone() });
        assert_eq!(memory, "it claims 2.0 GiB of memory and 1.0 GiB are offered");
        let gpus = refused(Claim { gpus: 3, ..fits.clone() });
        assert_eq!(gpus, "it claims 3 gpus and 2 are offered");
        let one = Capacity { millicpus: 1_000, gpus: vec![7], ..capacity.clone() };
        let gpus = one.refuses(&Claim { millicpus: 0, ..fits.clone() }).unwrap();
        assert_eq!(gpus, "it claims 2 gpus and 1 is offered");
        assert_eq!(one.refuses(&fits).unwrap(), "it claims 2 cpus and 1 is offered");
        let without = Capacity { gpus: Vec::new(), millicpus: 500, ..capacity.clone() };
        let gpu = without.refuses(&Claim { gpus: 1, ..Claim::default() }).unwrap();
        assert_eq!(gpu, "it claims 1 gpu and 0 are offered");
        let cpu = without.refuses(&Claim { millicpus: 1_000, ..Claim::default() }).unwrap();
        assert_eq!(cpu, "it claims 1 cpu and 0.5 are offered");
        let none = Capacity { slots: 0, ..capacity };
        assert!(none.refuses(&fits).is_some_and(|why| why.contains("`jobs`")));
    }
}
