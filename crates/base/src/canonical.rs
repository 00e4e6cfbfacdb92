use serde::Serialize;

/// The one spelling of a value as JSON: keys in byte order, no spaces, a final newline.
///
/// Verdicts, manifests and history entries are hashed in this form, so the same
/// value always has the same bytes.
///
/// # Panics
/// When `value` holds a map whose keys are not strings, which our types never do.
pub fn canonical_json<T: Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).expect("our types have string keys");
    let mut text = String::new();
    write(&value, &mut text);
    text.push('\n');
    text
}

fn write(value: &serde_json::Value, text: &mut String) {
    match value {
        serde_json::Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort();
            text.push('{');
            for (position, key) in keys.into_iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                text.push_str(&serde_json::Value::from(key.as_str()).to_string());
                text.push(':');
                write(&map[key], text);
            }
            text.push('}');
        }
        serde_json::Value::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical_json;

    #[test]
    fn keys_are_sorted_at_every_level() {
        let value = serde_json::json!({"b": [1, {"d": 1.5, "c": "x\"y"}], "a": null});
        assert_eq!(canonical_json(&value), "{\"a\":null,\"b\":[1,{\"c\":\"x\\\"y\",\"d\":1.5}]}\n");
    }
}
