//! Reads orders: clauses of a name and, if it is wished, `ASC` or `DESC`.

use super::{
    LONGEST_ORDER, MOST_ORDERS, Order,
    lexer::{Lexer, Token},
    name::Name,
    problem::{Problem, shortened},
};
use crate::Error;

/// Reads all clauses of an order; `named` knows the fields.
pub(super) fn read<F, S: AsRef<str>>(
    clauses: &[S],
    named: fn(&Name<'_>) -> Result<F, String>,
) -> Result<Vec<Order<F>>, Error> {
    if clauses.len() > MOST_ORDERS {
        return Err(Error::invalid(format!(
            "`order_by` has {} clauses, {MOST_ORDERS} are read",
            clauses.len()
        )));
    }
    clauses.iter().map(|text| clause(text.as_ref(), named)).collect()
}

fn clause<F>(text: &str, named: fn(&Name<'_>) -> Result<F, String>) -> Result<Order<F>, Error> {
    let introduction = format!("Invalid order_by clause '{}'", shortened(text));
    if text.len() > LONGEST_ORDER {
        let length = text.len();
        return Err(Error::invalid(format!(
            "{introduction}: it has {length} bytes, {LONGEST_ORDER} are read"
        )));
    }
    let read = || {
        let (name, descending) = parts(text)?;
        let field = named(&name).map_err(|message| Problem::new(message, &(0..text.len())))?;
        Ok(Order { field, descending })
    };
    read().map_err(|problem: Problem| problem.within(text, &introduction))
}

/// The name, and whether the largest come first. Nothing may stand around them, not even spaces, as MLflow has it.
fn parts(text: &str) -> Result<(Name<'_>, bool), Problem> {
    let mut lexer = Lexer::new(text);
    let first = lexer.next()?;
    let name = match first.token {
        _ if first.at.start > 0 => return Err(Problem::malformed("it begins with a space", 0)),
        Token::Name(name) => name,
        Token::Text { text, double: true } => Name { kind: None, key: text, quoted: true },
        _ => return Err(Problem::malformed("it begins with a name", first.at.start)),
    };
    let second = lexer.next()?;
    let direction = match second.token {
        Token::End if first.at.end < text.len() => {
            return Err(Problem::malformed("it ends with a space", first.at.end));
        }
        Token::End => return Ok((name, false)),
        Token::Name(direction) => direction,
        _ => return Err(Problem::malformed("only ASC or DESC can follow a name", second.at.start)),
    };
    if lexer.next()?.token != Token::End || second.at.end < text.len() {
        return Err(Problem::malformed("nothing can follow here", second.at.end));
    }
    match (direction.is("ASC"), direction.is("DESC")) {
        (false, false) => {
            let message =
                format!("Invalid ordering key in order_by clause '{}': use ASC or DESC", shortened(text));
            Err(Problem::new(message, &second.at))
        }
        (_, descending) => Ok((name, descending)),
    }
}

/// Refuses an order that has a field twice, as MLflow does for runs and in the registry.
pub(super) fn refuse_duplicates<F: PartialEq + std::fmt::Display>(orders: &[Order<F>]) -> Result<(), Error> {
    for (position, order) in orders.iter().enumerate() {
        if orders[..position].iter().any(|earlier| earlier.field == order.field) {
            return Err(Error::invalid(format!("`order_by` contains duplicate fields: {}", order.field)));
        }
    }
    Ok(())
}

/// The order, and after it what decides between those that are equal by it. Of a field that comes twice the first decides.
pub(super) fn completed<F: PartialEq>(
    orders: Vec<Order<F>>,
    natural: impl IntoIterator<Item = Order<F>>,
) -> Vec<Order<F>> {
    let mut completed: Vec<Order<F>> = Vec::new();
    for order in orders.into_iter().chain(natural) {
        if completed.iter().all(|earlier| earlier.field != order.field) {
            completed.push(order);
        }
    }
    completed
}
