//! How bad an incident is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad an incident is, from its effect on quality, on value and on the service's users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The world changed, and quality is estimated or measured to be as before.
    Info,
    /// The effect on quality is small or unknown.
    Minor,
    /// Quality is lost beyond the margin.
    Major,
    /// Quality is lost several times beyond the margin, or the service fails its users.
    Critical,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
