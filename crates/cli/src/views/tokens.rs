//! Tokens, without their secrets.

use base::Timestamp;
use server::access::{Token, Wanted};

use super::table::aligned;

/// What to do with a token that was just made.
pub(crate) fn made(wanted: &Wanted) -> String {
    let end = match &wanted.expires {
        Some(expires) => format!("until {}", second(*expires)),
        None => "until it is revoked".to_owned(),
    };
    format!(
        "token `{}` may {}, {end}. It is shown this once; give it to clients as MLFLOW_TRACKING_TOKEN",
        wanted.name, wanted.scope
    )
}

pub(crate) fn list(tokens: &[Token], now: Timestamp) -> String {
    if tokens.is_empty() {
        return "there are no tokens: whoever reaches the server may do everything, and only this machine does"
            .to_owned();
    }
    let mut rows = vec![["token", "scope", "created", "expires"].map(str::to_owned).to_vec()];
    for token in tokens {
        let end = match token.expires {
            None => "never".to_owned(),
            Some(expires) if expires <= now => format!("{}, expired", second(expires)),
            Some(expires) => second(expires),
        };
        rows.push(vec![token.name.clone(), token.scope.to_string(), second(token.created), end]);
    }
    aligned(&rows, 0)
}

/// The time to the second.
fn second(time: Timestamp) -> String {
    format!("{}Z", time.to_string().chars().take(19).collect::<String>())
}
