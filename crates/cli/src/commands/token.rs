//! `kaizen token`

use std::path::Path;

use base::{Clock, Name, Span, Timestamp};
use server::access::{Scope, Tokens, Wanted};

use super::guarded::{directory, failure};
use crate::{
    Environment, Failure,
    arguments::{Place, Token, TokenCommand},
    exit,
    output::Output,
    views,
};

pub(crate) fn run(
    arguments: Token,
    project: Option<&Path>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let tokens = |place: &Place| directory(place.data.as_deref(), project).map(|found| Tokens::of(&found));
    let clock = environment.clock.as_ref();
    match arguments.command {
        TokenCommand::Create { name, scope, expires, place } => {
            let wanted = wanted(name, scope, expires, clock)?;
            create(&tokens(&place)?, &wanted, output)
        }
        TokenCommand::List { place } => list(&tokens(&place)?, clock.now(), output),
        TokenCommand::Revoke { name, place } => revoke(&tokens(&place)?, &name, output),
    }
}

fn wanted(name: Name, scope: Scope, expires: Option<Span>, clock: &dyn Clock) -> Result<Wanted, Failure> {
    let created = clock.now();
    let moment = |span: Span| {
        let micros = i64::try_from(span.get().as_micros()).ok().filter(|micros| *micros > 0)?;
        created.micros().checked_add(micros).map(Timestamp::from_micros)
    };
    let expires = match expires {
        None => None,
        Some(span) => Some(moment(span).ok_or_else(|| {
            let message = format!("--expires {span} names no time to come; give a span such as 30d");
            Failure::new(exit::USAGE, message)
        })?),
    };
    Ok(Wanted { name, scope, created, expires })
}

fn create(tokens: &Tokens, wanted: &Wanted, output: &mut Output) -> Result<u8, Failure> {
    let secret = tokens.create(wanted).map_err(failure)?;
    let Wanted { name, scope, expires, .. } = wanted;
    let made = serde_json::json!({
        "name": name, "scope": scope, "expires": expires, "token": secret.reveal(),
    });
    // The secret alone is the result, so that a shell can take it.
    output.result(&made, |_| secret.reveal().to_owned());
    output.remark(&views::tokens::made(wanted));
    Ok(exit::DONE)
}

fn list(tokens: &Tokens, now: Timestamp, output: &mut Output) -> Result<u8, Failure> {
    let tokens = tokens.list().map_err(failure)?;
    output.result(&tokens, |tokens| views::tokens::list(tokens, now));
    Ok(exit::DONE)
}

fn revoke(tokens: &Tokens, name: &str, output: &mut Output) -> Result<u8, Failure> {
    tokens.revoke(name).map_err(failure)?;
    output.result(&serde_json::json!({ "revoked": name }), |_| {
        format!("revoked `{name}`; servers that run know within a second")
    });
    Ok(exit::DONE)
}
