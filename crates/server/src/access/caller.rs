//! Who sends a request, for the routes.

use crate::access::Scope;

/// Who asks. Every request that reaches a route carries one among its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    name: Option<String>,
    scope: Scope,
}

impl Caller {
    pub(super) fn new(name: &str, scope: Scope) -> Self {
        Self { name: Some(name.to_owned()), scope }
    }

    /// Somebody on this machine, of a server that asks for no token.
    pub(super) fn anyone() -> Self {
        Self { name: None, scope: Scope::Admin }
    }

    /// The name of the token; nothing where none was asked for.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What the caller may do.
    pub fn scope(&self) -> Scope {
        self.scope
    }
}
