//! What is asked for: the fields of the operation that was named, with fragments and variables put in.

use serde_json::{Map, Value};

use super::parse::{self, DEEPEST, Document, Input, MOST, Operation, Selection};

/// The most fields of the outermost selection.
const MOST_ROOTS: usize = 10;
/// The most fields of one selection that are given other names.
const MOST_ALIASES: usize = 10;
/// How large all arguments are together, about, in bytes: a variable or a fragment may stand in many places.
const LARGEST: usize = 4 << 20;
/// What a value takes, but for its text.
const WEIGHT: usize = 32;

/// What the language calls an operation. Neither writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Query,
    Mutation,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
        }
    }
}

/// What is asked for in one request.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) kind: Kind,
    pub(super) fields: Vec<Field>,
}

/// A field that is asked for.
#[derive(Debug, PartialEq)]
pub(super) struct Field {
    /// What it is called in the answer.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
    pub(super) fields: Vec<Self>,
    is_renamed: bool,
}

/// Reads what is asked for.
pub(super) fn read(text: &str, name: Option<&str>, variables: &Map<String, Value>) -> Result<Asked, String> {
    let document = parse::document(text)?;
    let operation = named(&document.operations, name)?;
    let nothing = Map::new();
    let mut expanding = Expanding { document: &document, variables: &nothing, left: MOST, room: LARGEST };
    let mut values = expanding.values(&operation.defaults)?;
    values.extend(variables.clone());
    expanding.variables = &values;
    let fields = expanding.fields(&operation.selections, 1)?;
    match fields.len() {
        count if count > MOST_ROOTS => Err(format!(
            "GraphQL queries should have at most {MOST_ROOTS} root fields, got {count} root fields."
        )),
        _ => Ok(Asked { kind: operation.kind, fields }),
    }
}

fn named<'a>(operations: &'a [Operation], name: Option<&str>) -> Result<&'a Operation, String> {
    match (name.filter(|name| !name.is_empty()), operations) {
        (None, [only]) => Ok(only),
        (None, []) => Err("Must provide an operation.".to_owned()),
        (None, _) => Err("Must provide operation name if query contains multiple operations.".to_owned()),
        (Some(name), _) => operations
            .iter()
            .find(|operation| operation.name.as_deref() == Some(name))
            .ok_or_else(|| format!("Unknown operation named '{name}'.")),
    }
}

/// Puts fragments and variables in.
struct Expanding<'a> {
    document: &'a Document,
    variables: &'a Map<String, Value>,
    /// As many fields as may still come: fragments in fragments grow fast.
    left: usize,
    /// As large as further arguments may be.
    room: usize,
}

impl Expanding<'_> {
    fn fields(&mut self, selections: &[Selection], depth: usize) -> Result<Vec<Field>, String> {
        let mut fields = Vec::new();
        self.add(&mut fields, selections, depth, 0)?;
        let aliases = fields.iter().filter(|field| field.is_renamed).count();
        if aliases > MOST_ALIASES {
            return Err(format!(
                "GraphQL queries should have at most {MOST_ALIASES} aliases, got {aliases} aliases."
            ));
        }
        Ok(fields)
    }

    /// Adds the fields of selections that stand at a depth, within so many fragments.
    fn add(
        &mut self,
        to: &mut Vec<Field>,
        selections: &[Selection],
        depth: usize,
        within: usize,
    ) -> Result<(), String> {
        if depth > DEEPEST || within > DEEPEST {
            return Err(format!("Query exceeds maximum depth of {DEEPEST}"));
        }
        for selection in selections {
            self.left = self
                .left
                .checked_sub(1)
                .ok_or_else(|| format!("Query exceeds maximum total selections of {MOST}"))?;
            match selection {
                Selection::Field { .. } => merge(to, self.field(selection, depth)?)?,
                Selection::Inline(selections) => self.add(to, selections, depth, within + 1)?,
                Selection::Fragment(name) => {
                    let fragment = self.document.fragments.get(name);
                    let fragment = fragment.ok_or_else(|| format!("Unknown fragment '{name}'."))?;
                    self.add(to, fragment, depth, within + 1)?;
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, selection: &Selection, depth: usize) -> Result<Field, String> {
        let Selection::Field { alias, name, arguments, selections } = selection else {
            return Err("Expected a field.".to_owned());
        };
        let arguments = self.values(arguments)?;
        let fields = if selections.is_empty() { Vec::new() } else { self.fields(selections, depth + 1)? };
        let key = alias.as_ref().unwrap_or(name).clone();
        Ok(Field { key, name: name.clone(), arguments, fields, is_renamed: alias.is_some() })
    }

    fn values(&mut self, inputs: &[(String, Input)]) -> Result<Map<String, Value>, String> {
        let value = |(name, input): &(String, Input)| {
            self.take(name.len())?;
            Ok((name.clone(), self.value(input)?))
        };
        inputs.iter().map(value).collect()
    }

    fn value(&mut self, input: &Input) -> Result<Value, String> {
        let variables = self.variables;
        let value = match input {
            Input::Plain(value) => Some(value),
            Input::Variable(name) => variables.get(name),
            Input::List(_) | Input::Object(_) => None,
        };
        self.weigh(value.unwrap_or(&Value::Null))?;
        match input {
            Input::List(inputs) => inputs.iter().map(|input| self.value(input)).collect(),
            Input::Object(inputs) => Ok(Value::Object(self.values(inputs)?)),
            Input::Plain(_) | Input::Variable(_) => Ok(value.cloned().unwrap_or_default()),
        }
    }

    /// Takes what a value needs from the room that there is.
    fn weigh(&mut self, value: &Value) -> Result<(), String> {
        self.take(WEIGHT + value.as_str().map_or(0, str::len))?;
        match value {
            Value::Array(values) => values.iter().try_for_each(|value| self.weigh(value)),
            Value::Object(values) => values.iter().try_for_each(|(name, value)| {
                self.take(name.len())?;
                self.weigh(value)
            }),
            _ => Ok(()),
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.room.checked_sub(bytes);
        self.room =
            left.ok_or_else(|| format!("Query exceeds maximum size of arguments of {LARGEST} bytes"))?;
        Ok(())
    }
}

/// Adds a field; what is asked for twice is answered once, with all that was asked of it.
fn merge(fields: &mut Vec<Field>, field: Field) -> Result<(), String> {
    let Some(same) = fields.iter_mut().find(|other| other.key == field.key) else {
        fields.push(field);
        return Ok(());
    };
    if same.name != field.name || same.arguments != field.arguments {
        return Err(format!(
            "Fields '{}' conflict because they are different fields. Use different aliases on the fields to fetch both if this was intentional.",
            field.key
        ));
    }
    field.fields.into_iter().try_for_each(|inner| merge(&mut same.fields, inner))
}
