//! Triggers that are called from outside: whoever proves himself with the trigger's token makes the steps that read
//! it run again.
//!
//! `server` reads name and token from a request and hands them to whoever knows the project's triggers, which is
//! `engine` behind the trait [`Triggers`]. It answers once the call is on disk.

/// Whoever knows the triggers of a project.
pub trait Triggers: Send + Sync {
    /// Lets a trigger fire; it is on disk when this returns. It may wait.
    ///
    /// # Errors
    /// When it did not fire.
    fn fire(&self, name: &str, token: &str) -> Result<(), NotFired>;
}

/// Why a trigger did not fire. The caller's part is in the message, the operator's in the source.
#[derive(Debug, thiserror::Error)]
pub enum NotFired {
    /// There is no such trigger, it is not one to call, or the token is another: one answer for all three, so that
    /// nobody learns which triggers there are.
    #[error(
        "no trigger of this name takes this token; see `webhook = {{ token = … }}` of the trigger in kaizen.toml"
    )]
    Refused,
    /// There is no room or no store to record it in at the moment.
    #[error("the trigger did not fire; call it again later: the server's log has the cause")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
