use std::{fmt, str::FromStr};

use base::Name;
use serde::{Deserialize, Serialize};

/// A thing the project file declares, written as `data.flights`, `step.features`, `monitor.late`,
/// `model.late` or `service.late`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Node {
    /// A declared source of data.
    Data(Name),
    /// A node of the pipeline.
    Step(Name),
    /// A watch over a service.
    Monitor(Name),
    /// A registered model.
    Model(Name),
    /// A named endpoint.
    Service(Name),
}

/// Text that does not name a node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names nothing in a project; expected data.NAME, step.NAME, monitor.NAME, model.NAME or service.NAME"
)]
pub struct NodeError(String);

impl Node {
    /// What kind of thing it is, as in the project file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Data(_) => "data",
            Self::Step(_) => "step",
            Self::Monitor(_) => "monitor",
            Self::Model(_) => "model",
            Self::Service(_) => "service",
        }
    }

    /// Its name.
    pub fn name(&self) -> &Name {
        match self {
            Self::Data(name)
            | Self::Step(name)
            | Self::Monitor(name)
            | Self::Model(name)
            | Self::Service(name) => name,
        }
    }

    /// For an instance of a fan-out, `step.train[lr=0.1]`, the step it was declared as: `step.train`.
    pub fn group(&self) -> Option<Self> {
        let name: Name = self.name().group()?.parse().ok()?;
        Some(match self {
            Self::Data(_) => Self::Data(name),
            Self::Step(_) => Self::Step(name),
            Self::Monitor(_) => Self::Monitor(name),
            Self::Model(_) => Self::Model(name),
            Self::Service(_) => Self::Service(name),
        })
    }
}

impl fmt::Display for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.kind(), self.name())
    }
}

impl FromStr for Node {
    type Err = NodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || NodeError(text.chars().take(80).collect());
        let (kind, name) = text.split_once(['.', ' ']).ok_or_else(invalid)?;
        let name: Name = name.trim().parse().map_err(|_| invalid())?;
        match kind {
            "data" => Ok(Self::Data(name)),
            "step" => Ok(Self::Step(name)),
            "monitor" => Ok(Self::Monitor(name)),
            "model" => Ok(Self::Model(name)),
            "service" => Ok(Self::Service(name)),
            _ => Err(invalid()),
        }
    }
}

impl TryFrom<String> for Node {
    type Error = NodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Node> for String {
    fn from(node: Node) -> Self {
        node.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn an_instance_reads_back_with_its_dots_and_names_its_group() {
        let node: Node = "step.train[lr=0.1,depth=3]".parse().unwrap();
        assert_eq!(node.to_string(), "step.train[lr=0.1,depth=3]");
        assert_eq!(node.group(), Some("step.train".parse().unwrap()));
        assert_eq!("step train[lr=0.1]".parse::<Node>().unwrap().to_string(), "step.train[lr=0.1]");
        assert_eq!("step.train".parse::<Node>().unwrap().group(), None);
    }
}
