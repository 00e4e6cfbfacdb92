//! The Arrow types that a view has, whatever its files hold, and the kinds that tables make of them.

use std::{str::FromStr, sync::Arc};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use table::Kind;

use crate::{Error, Manifest};

/// Every instant is microseconds in UTC.
pub(crate) fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The type that a view shows for a file's type: text is `Utf8`, instants are microseconds in UTC.
pub(crate) fn normal(found: &DataType) -> DataType {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Dictionary(_, values) => normal(values),
        DataType::Timestamp(_, _) | DataType::Date64 => instant(),
        other => other.clone(),
    }
}

/// What a table makes of a view's type.
pub(crate) fn kind(normal: &DataType) -> Option<Kind> {
    match normal {
        DataType::Utf8 => Some(Kind::Text),
        DataType::Boolean => Some(Kind::Boolean),
        DataType::Timestamp(_, _) | DataType::Date32 => Some(Kind::Time),
        other if other.is_numeric() => Some(Kind::Number),
        _ => None,
    }
}

/// The type that holds the values of both, when they are of one kind.
pub(crate) fn merge(one: &DataType, other: &DataType) -> Option<DataType> {
    match (one, other) {
        (one, other) if one == other => Some(one.clone()),
        (DataType::Null, typed) | (typed, DataType::Null) => Some(typed.clone()),
        (one, other) => match (kind(one)?, kind(other)?) {
            (Kind::Number, Kind::Number) if small_integer(one) && small_integer(other) => {
                Some(DataType::Int64)
            }
            (Kind::Number, Kind::Number) => Some(DataType::Float64),
            (Kind::Time, Kind::Time) => Some(instant()),
            _ => None,
        },
    }
}

fn small_integer(found: &DataType) -> bool {
    found.is_integer() && *found != DataType::UInt64
}

/// A type in the words of the project file: `number`, `text` …, or Arrow's for what has no such word.
pub(crate) fn described(found: &DataType) -> String {
    kind(found).map_or_else(|| found.to_string(), |kind| kind.to_string())
}

/// Whether the text of a type in the manifest leads back to the type.
pub(crate) fn can_be_stored(found: &DataType) -> bool {
    DataType::from_str(&found.to_string()).is_ok_and(|read| read == *found)
}

/// The columns that SQL sees: all those whose type can be stored.
pub(crate) fn of_view(manifest: &Manifest) -> Result<SchemaRef, Error> {
    if manifest.version != crate::manifest::VERSION {
        return Err(Error::Manifest(format!("it has version {}, which is not known here", manifest.version)));
    }
    let mut fields = Vec::new();
    for field in &manifest.fields {
        match DataType::from_str(&field.data_type) {
            Ok(found) => fields.push(Field::new(&field.name, found, true)),
            Err(_) if field.kind.is_none() => {}
            Err(_) => {
                let (name, found) = (&field.name, &field.data_type);
                return Err(Error::Manifest(format!("the type `{found}` of `{name}` is not known")));
            }
        }
    }
    Ok(Arc::new(Schema::new(fields)))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, TimeUnit};

    use super::{can_be_stored, instant, merge, normal};

    #[test]
    fn types_of_one_kind_widen_and_types_of_two_kinds_do_not() {
        assert_eq!(merge(&DataType::Int32, &DataType::Int64), Some(DataType::Int64));
        assert_eq!(merge(&DataType::Int64, &DataType::UInt64), Some(DataType::Float64));
        assert_eq!(merge(&DataType::Null, &DataType::Utf8), Some(DataType::Utf8));
        assert_eq!(merge(&DataType::Date32, &instant()), Some(instant()));
        assert_eq!(merge(&DataType::Utf8, &DataType::Int64), None);
    }

    #[test]
    fn the_types_of_a_view_survive_being_written_into_a_manifest() {
        let list = DataType::new_list(DataType::Int64, true);
        let nested = DataType::Struct(vec![Field::new("a", DataType::Utf8, true)].into());
        let zoned = normal(&DataType::Timestamp(TimeUnit::Nanosecond, Some("America/New_York".into())));
        for found in [DataType::Float32, DataType::Decimal128(12, 2), DataType::Utf8, zoned, list, nested] {
            assert!(can_be_stored(&found), "{found}");
        }
    }
}
