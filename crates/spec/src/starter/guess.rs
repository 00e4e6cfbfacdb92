//! What the columns of a data set are probably for. Each guess keeps its reason for the comment.

use stats::Task;
use table::Kind;

use super::ColumnProfile;

/// The guesses about one data set.
pub(super) struct Guess<'a> {
    /// The columns that can be written about: each name once.
    pub(super) columns: Vec<&'a ColumnProfile>,
    pub(super) rows: u64,
    pub(super) key: Option<&'a ColumnProfile>,
    pub(super) time: Option<&'a ColumnProfile>,
    pub(super) target: Option<Target<'a>>,
    /// Columns that tell rows apart and nothing else.
    pub(super) exclude: Vec<&'a ColumnProfile>,
}

/// The column to predict.
pub(super) struct Target<'a> {
    pub(super) column: &'a ColumnProfile,
    pub(super) reason: &'static str,
    pub(super) task: Task,
    /// The class of a binary target to give the probability of.
    pub(super) positive: Option<Positive>,
}

pub(super) struct Positive {
    pub(super) class: String,
    pub(super) reason: &'static str,
}

/// Words that people name a target by, the surest first.
const TARGET_WORDS: [&str; 20] = [
    "target",
    "label",
    "y",
    "class",
    "outcome",
    "churn",
    "churned",
    "survived",
    "fraud",
    "default",
    "late",
    "delayed",
    "response",
    "converted",
    "cancelled",
    "diagnosis",
    "species",
    "quality",
    "price",
    "amount",
];
const IDENTIFIER_WORDS: [&str; 6] = ["id", "uuid", "guid", "key", "index", "rowid"];
const POSITIVE_CLASSES: [&str; 5] = ["yes", "y", "true", "t", "positive"];

/// More classes than this are more likely an open set of texts than a target.
const MOST_CLASSES: u64 = 50;
/// A whole number with more values than this is taken as a quantity, not as classes.
const MOST_NUMBERED_CLASSES: u64 = 10;
/// A class needs about this many rows to be learnt and tested at all.
const ROWS_PER_CLASS: u64 = 20;
/// Below this, that every text is different says little.
const FEW_ROWS: u64 = 20;

impl<'a> Guess<'a> {
    pub(super) fn of(profiles: &'a [ColumnProfile]) -> Self {
        let mut columns: Vec<&ColumnProfile> = Vec::new();
        for profile in profiles {
            if !columns.iter().any(|earlier| earlier.name == profile.name) {
                columns.push(profile);
            }
        }
        let rows = columns.iter().map(|column| column.rows).max().unwrap_or(0);
        let key = columns.iter().copied().find(|column| is_key(column));
        let time = event_time(&columns);
        let is_feature = |column: &ColumnProfile| !is_key(column) && !is_all_distinct_text(column);
        let features = columns.iter().filter(|column| is_feature(column)).count();
        // A target that is the only usable column has nothing to be predicted from.
        let target = if features > 1 { target(&columns) } else { None };
        let exclude = columns.iter().copied().filter(|column| !is_feature(column)).collect();
        Self { columns, rows, key, time, target, exclude }
    }
}

fn is_key(column: &ColumnProfile) -> bool {
    let is_unique = column.rows > 0 && column.nulls == 0 && column.distinct >= column.rows;
    let can_be_key = column.kind == Kind::Text || column.kind == Kind::Number && column.integer;
    let words = words(&column.name);
    let is_named_so = words.last().is_some_and(|word| IDENTIFIER_WORDS.contains(&word.as_str()));
    is_unique && can_be_key && is_named_so
}

fn is_all_distinct_text(column: &ColumnProfile) -> bool {
    let present = column.rows.saturating_sub(column.nulls);
    column.kind == Kind::Text && present > FEW_ROWS && column.distinct >= present
}

/// The time column with the fewest missing values, and of these the one with the most distinct ones.
fn event_time<'a>(columns: &[&'a ColumnProfile]) -> Option<&'a ColumnProfile> {
    let times = columns.iter().copied().filter(|column| column.kind == Kind::Time && is_named(column));
    // The first of equals, so the reverse order for max_by_key, which takes the last.
    times.rev().max_by_key(|column| (std::cmp::Reverse(column.nulls), column.distinct))
}

fn target<'a>(columns: &[&'a ColumnProfile]) -> Option<Target<'a>> {
    let candidates: Vec<&ColumnProfile> =
        columns.iter().copied().filter(|column| can_be_target(column)).collect();
    let last =
        |fits: fn(&ColumnProfile) -> bool| candidates.iter().copied().rev().find(|column| fits(column));
    let by_name = candidates.iter().copied().rev().filter_map(|column| Some((name_rank(column)?, column)));
    let (column, reason) = if let Some((_, column)) = by_name.min_by_key(|(rank, _)| *rank) {
        (column, "its name is one that targets have")
    } else if let Some(column) = last(|column| task_of(column) == Task::Binary) {
        (column, "it is the last column with two values")
    } else if let Some(column) = last(|column| column.kind == Kind::Number) {
        (column, "it is the last column of numbers")
    } else {
        (candidates.last().copied()?, "it is the last column with few values")
    };
    let task = task_of(column);
    let positive = if task == Task::Binary { positive(column) } else { None };
    Some(Target { column, reason, task, positive })
}

fn can_be_target(column: &ColumnProfile) -> bool {
    let few_classes = column.kind != Kind::Text || column.distinct <= MOST_CLASSES;
    let varies = column.distinct >= 2;
    is_named(column) && varies && few_classes && column.kind != Kind::Time && !is_key(column)
}

/// Whether the column has a name that a field of the project file takes.
fn is_named(column: &ColumnProfile) -> bool {
    !column.name.trim().is_empty()
}

/// How surely the name is a target's, from 0; a whole name counts before a word of one.
fn name_rank(column: &ColumnProfile) -> Option<usize> {
    let words = words(&column.name);
    let rank = TARGET_WORDS.iter().position(|target| words.iter().any(|word| word == target))?;
    Some(if words.len() == 1 { rank } else { rank + TARGET_WORDS.len() })
}

fn task_of(column: &ColumnProfile) -> Task {
    let enough_rows = column.rows >= column.distinct.saturating_mul(ROWS_PER_CLASS);
    match column.kind {
        Kind::Number if !column.integer => Task::Regression,
        _ if column.kind == Kind::Boolean || column.distinct == 2 => Task::Binary,
        Kind::Number if column.distinct > MOST_NUMBERED_CLASSES || !enough_rows => Task::Regression,
        _ => Task::Multiclass,
    }
}

fn positive(column: &ColumnProfile) -> Option<Positive> {
    let class = |class: &str, reason: &'static str| Some(Positive { class: class.to_owned(), reason });
    match column.kind {
        Kind::Boolean => class("true", "the one that is true"),
        Kind::Number => {
            let largest: f64 = column.max.as_ref()?.parse().ok()?;
            class(&format!("{largest:.0}"), "the larger of the two values")
        }
        Kind::Text | Kind::Time => {
            let [(more, _), (fewer, _)] = &column.top[..] else { return None };
            let says_yes = |class: &&String| POSITIVE_CLASSES.contains(&class.to_lowercase().as_str());
            match [more, fewer].into_iter().find(says_yes) {
                Some(yes) => class(yes, "the value that says yes"),
                None => class(fewer, "the rarer of the two values"),
            }
        }
    }
}

/// The words of a name in lower case: `tailNum_id` is tail, num and id.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lowercase = false;
    for letter in name.chars() {
        let begins = !letter.is_alphanumeric() || (letter.is_uppercase() && after_lowercase);
        if begins {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        after_lowercase = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_are_taken_apart_at_signs_and_at_capitals() {
        assert_eq!(words("PassengerId"), ["passenger", "id"]);
        assert_eq!(words("row_ID"), ["row", "id"]);
        assert_eq!(words("valid"), ["valid"]);
        assert!(words("--").is_empty());
    }
}
