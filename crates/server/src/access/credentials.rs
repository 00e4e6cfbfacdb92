//! What a request says of who sends it.

use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The secret of `Authorization: Bearer SECRET`, or of `Basic`, where it stands as the password beside any name, as
/// `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD` send it. Two such headers are none.
pub(crate) fn of(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = std::str::from_utf8(values.next()?.as_bytes()).ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, rest) = value.trim().split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return (!rest.is_empty()).then(|| rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    let (_, password) = pair.split_once(':')?;
    (!password.is_empty()).then(|| password.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::of;

    fn read(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        of(&headers)
    }

    #[test]
    fn a_secret_is_a_bearer_or_the_password_of_any_user() {
        for value in ["Bearer kz_a", "bearer  kz_a ", "Basic bWxmbG93Omt6X2E=", "BASIC Omt6X2E="] {
            assert_eq!(read(&[value]).as_deref(), Some("kz_a"), "{value}");
        }
        assert_eq!(read(&["Basic YTpiOmM="]).as_deref(), Some("b:c"), "a password may hold a colon");
    }

    #[test]
    fn what_is_neither_is_no_secret() {
        for value in
            ["", "Bearer", "Bearer ", "kz_a", "Digest kz_a", "Basic !!", "Basic bm9uZQ==", "Basic YTo="]
        {
            assert_eq!(read(&[value]), None, "{value}");
        }
        assert_eq!(read(&["Bearer kz_a", "Bearer kz_b"]), None);
        assert_eq!(read(&[]), None);
    }
}
