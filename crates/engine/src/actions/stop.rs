//! `stop service.x`: a service that the project no longer declares ends.

use base::Hash;
use store::{Author, Change};

use super::{Done, Turn};

pub(crate) fn perform(turn: &Turn) -> Done {
    let service = turn.action.id.node.name().clone();
    let because = Some("removed from the project".to_owned());
    let by = Author { actor: "rollout".to_owned(), because };
    let mut done = Done::new(Hash::of([]), "no longer answers", serde_json::Value::Null);
    done.changes = vec![
        Change::RemoveService { service, by },
        Change::ForgetNode { node: turn.action.id.node.to_string() },
    ];
    done
}
