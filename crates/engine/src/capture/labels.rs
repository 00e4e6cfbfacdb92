//! Keeps the labels that callers send: on disk before they are acknowledged, and those that
//! arrive together in one transaction.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base::Name;
use serving::labels::{Label, Labels, Receipt, Refused};
use store::{LabelReceipt, NewLabel, Store};

/// Keeps labels in a store. The server is given one.
pub struct Keeper {
    store: Store,
    waiting: Mutex<Vec<Waiting>>,
    /// Whoever has it commits for all that wait.
    commit: Mutex<()>,
}

struct Waiting {
    service: Name,
    labels: Vec<NewLabel>,
    answer: Arc<Answer>,
}

#[derive(Default)]
struct Answer(Mutex<Option<Result<Receipt, String>>>);

impl Keeper {
    /// A keeper for this store.
    pub fn new(store: Store) -> Self {
        Self { store, waiting: Mutex::default(), commit: Mutex::default() }
    }

    /// Commits everything that waits.
    fn commit(&self) {
        let mut by_service: BTreeMap<Name, Vec<Waiting>> = BTreeMap::new();
        for waiting in std::mem::take(&mut *lock(&self.waiting)) {
            by_service.entry(waiting.service.clone()).or_default().push(waiting);
        }
        for (service, group) in by_service {
            let receipts = self.put(&service, &group).map_err(|error| base::causes(&error));
            for (place, waiting) in group.iter().enumerate() {
                let receipt = receipts.as_ref().map(|receipts| receipts[place]).map_err(Clone::clone);
                *lock(&waiting.answer.0) = Some(receipt);
            }
        }
    }

    /// One receipt for each that waits.
    fn put(&self, service: &Name, group: &[Waiting]) -> Result<Vec<Receipt>, store::Error> {
        if let [single] = group {
            return Ok(vec![receipt(self.store.put_labels(service, &single.labels)?)]);
        }
        let labels: Vec<NewLabel> = group.iter().flat_map(|waiting| waiting.labels.iter().cloned()).collect();
        let ids: Vec<&str> = labels.iter().map(|label| label.id.as_str()).collect();
        let known = self.store.labels_of(service, &ids)?;
        let mut values = known.iter().map(|(id, label)| (id.as_str(), label.value.as_str())).collect();
        let receipts = group.iter().map(|waiting| share(&mut values, &waiting.labels)).collect();
        self.store.put_labels(service, &labels)?;
        Ok(receipts)
    }
}

/// What becomes of one caller's labels among those of others, of which the values so far are known.
fn share<'a>(values: &mut HashMap<&'a str, &'a str>, labels: &'a [NewLabel]) -> Receipt {
    let mut receipt = Receipt::default();
    for label in labels {
        match values.insert(&label.id, &label.value) {
            None => receipt.accepted += 1,
            Some(value) if value == label.value => receipt.unchanged += 1,
            Some(_) => receipt.replaced += 1,
        }
    }
    receipt
}

fn receipt(receipt: LabelReceipt) -> Receipt {
    let LabelReceipt { accepted, unchanged, replaced } = receipt;
    Receipt { accepted, unchanged, replaced }
}

impl Labels for Keeper {
    fn put(&self, model: &str, labels: Vec<Label>) -> Result<Receipt, Refused> {
        let service = model.parse::<Name>().map_err(|error| Refused::Label(error.to_string()))?;
        let answer = Arc::new(Answer::default());
        let new = |label: Label| NewLabel { id: label.id, value: label.value, known: label.time };
        let labels = labels.into_iter().map(new).collect();
        lock(&self.waiting).push(Waiting { service, labels, answer: Arc::clone(&answer) });
        {
            let _turn = lock(&self.commit);
            // The one before us may have committed ours with its own.
            if lock(&answer.0).is_none() {
                self.commit();
            }
        }
        let answered = lock(&answer.0).take();
        let answered =
            answered.unwrap_or_else(|| Err("the thread that was to keep them panicked".to_owned()));
        answered.map_err(|cause| Refused::Unavailable(cause.into()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panicking thread leaves here is whole: a list that was taken, or an answer that is missing.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Keeper").field("store", &self.store).finish_non_exhaustive()
    }
}
