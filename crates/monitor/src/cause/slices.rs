//! All slices of one and two columns, with their rows and losses in both periods: bounded work whatever the data.

use std::{collections::BTreeMap, ops::Sub};

use table::{Table, Values};

use super::{case::Case, compared::Compared, evidence::Rows, finding::number};

/// The most columns that are sliced by: those the model relies on most.
const MOST_COLUMNS: usize = 12;

/// The most categories of a column; the rarest others are left out.
const MOST_CATEGORIES: usize = 12;

/// Numbers are cut at these quantiles of the reference.
const CUTS: [f64; 3] = [0.25, 0.5, 0.75];

/// A slice of two columns with more than this share of the rows of one of its halves is needless.
const NEEDLESS: f64 = 0.9;

const NONE: usize = usize::MAX;

/// Rows and losses.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) rows: f64,
    loss: f64,
    squares: f64,
}

/// Rows that share a value or two.
#[derive(Debug, Clone)]
pub(super) struct Slice {
    /// As people would say it: `carrier = UA and temp missing`.
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) before: Sums,
    pub(super) now: Sums,
    /// Positions of the columns among the cuts, each with the part.
    parts: Vec<(usize, usize)>,
}

impl Sums {
    fn add(&mut self, loss: f64) {
        self.rows += 1.0;
        self.loss += loss;
        self.squares += loss * loss;
    }

    pub(super) fn mean(self) -> f64 {
        self.loss / self.rows
    }

    /// The squared standard error of the mean.
    pub(super) fn error_squared(self) -> f64 {
        let variance = (self.squares / self.rows - self.mean().powi(2)).max(0.0);
        variance / (self.rows - 1.0).max(1.0)
    }
}

impl Sub for Sums {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            rows: self.rows - other.rows,
            loss: self.loss - other.loss,
            squares: self.squares - other.squares,
        }
    }
}

impl Slice {
    /// Whether the reference has next to no such row.
    pub(super) fn is_new(&self) -> bool {
        self.before.rows < 5.0
    }

    /// Whether it is next to all of one of its two halves: then the half says the same with fewer words.
    fn is_needless(&self, halves: &[Slice]) -> bool {
        let half = |slice: &&Slice| self.parts.len() == 2 && self.parts.contains(&slice.parts[0]);
        halves.iter().filter(half).any(|half| self.now.rows > NEEDLESS * half.now.rows)
    }
}

/// Which rows of both periods are still counted.
pub(super) struct Left {
    before: Vec<bool>,
    now: Vec<bool>,
}

/// The columns that are sliced by, cut into parts.
pub(super) struct Cuts<'a> {
    reference: &'a Rows,
    current: &'a Rows,
    columns: Vec<Binned>,
}

impl<'a> Cuts<'a> {
    pub(super) fn of(case: &Case<'a>) -> Self {
        let free = case.columns.iter().filter(|column| !column.clock && !case.is_claimed(&column.name));
        let columns = free.take(MOST_COLUMNS).filter_map(|column| binned(case, column)).collect();
        Self { reference: case.evidence.reference, current: case.evidence.current, columns }
    }

    /// All rows that have a loss.
    pub(super) fn all_rows(&self) -> Left {
        let finite = |rows: &Rows| rows.loss.iter().map(|loss| loss.is_finite()).collect();
        Left { before: finite(self.reference), now: finite(self.current) }
    }

    /// The rows that are left, together.
    pub(super) fn whole(&self, left: &Left) -> (Sums, Sums) {
        let place = vec![0; self.reference.len().max(self.current.len())];
        let sum = |rows: &Rows, left: &[bool]| sums(rows, left, &place[..rows.len()], None, 1)[0];
        (sum(self.reference, &left.before), sum(self.current, &left.now))
    }

    /// Slices by one column, then by two.
    pub(super) fn slices(&self, left: &Left) -> Vec<Slice> {
        let places = 0..self.columns.len();
        let mut slices: Vec<Slice> = places.clone().flat_map(|one| self.by(one, None, left)).collect();
        let singles = slices.len();
        for one in places.clone() {
            for other in one + 1..places.end {
                let pairs = self.by(one, Some(other), left);
                let needed: Vec<Slice> =
                    pairs.into_iter().filter(|pair| !pair.is_needless(&slices[..singles])).collect();
                slices.extend(needed);
            }
        }
        slices
    }

    /// Leaves the rows of a slice out from now on.
    pub(super) fn leave_out(&self, slice: &Slice, left: &mut Left) {
        let inside = |row: usize, of: fn(&Binned) -> &[usize]| {
            slice.parts.iter().all(|(column, part)| of(&self.columns[*column])[row] == *part)
        };
        let out = |left: &mut Vec<bool>, of: fn(&Binned) -> &[usize]| {
            for (row, left) in left.iter_mut().enumerate() {
                *left &= !inside(row, of);
            }
        };
        out(&mut left.before, |binned| &binned.before);
        out(&mut left.now, |binned| &binned.now);
    }

    fn by(&self, one: usize, other: Option<usize>, left: &Left) -> Vec<Slice> {
        let (first, second) = (&self.columns[one], other.map(|other| &self.columns[other]));
        let width = second.map_or(1, |second| second.names.len());
        let cells = first.names.len() * width;
        let by = |of: fn(&Binned) -> &[usize]| (of(first), second.map(|second| (of(second), width)));
        let (rows, other_rows) = by(|binned| &binned.before);
        let before = sums(self.reference, &left.before, rows, other_rows, cells);
        let (rows, other_rows) = by(|binned| &binned.now);
        let now = sums(self.current, &left.now, rows, other_rows, cells);
        let parts = |cell: usize| {
            let second = other.map(|other| (other, cell % width));
            std::iter::once((one, cell / width)).chain(second).collect::<Vec<_>>()
        };
        let seen = (0..cells).filter(|cell| now[*cell].rows > 0.0);
        seen.map(|cell| self.slice(parts(cell), before[cell], now[cell])).collect()
    }

    fn slice(&self, parts: Vec<(usize, usize)>, before: Sums, now: Sums) -> Slice {
        let name = |(column, part): &(usize, usize)| self.columns[*column].names[*part].as_str();
        Slice {
            name: parts.iter().map(name).collect::<Vec<_>>().join(" and "),
            columns: parts.iter().map(|(column, _)| self.columns[*column].column.clone()).collect(),
            before,
            now,
            parts,
        }
    }
}

/// A column cut into few parts: their names, and the part of each row.
struct Binned {
    column: String,
    names: Vec<String>,
    before: Vec<usize>,
    now: Vec<usize>,
}

/// Names of parts, and the part of a row.
type Parts = (Vec<String>, Box<dyn Fn(&Values, usize) -> usize>);

fn binned(case: &Case<'_>, column: &Compared) -> Option<Binned> {
    let (names, part): Parts =
        if column.numbers().is_some() { quarters(column)? } else { categories(column)? };
    let parts = |table: &Table| {
        let values = &table.column(&column.name)?.values;
        Some((0..table.rows()).map(|row| part(values, row)).collect::<Vec<_>>())
    };
    let before = parts(&case.evidence.reference.table)?;
    let now = parts(&case.evidence.current.table)?;
    Some(Binned { column: column.name.clone(), names, before, now })
}

fn quarters(column: &Compared) -> Option<Parts> {
    let (before, _) = column.numbers()?;
    let mut cuts: Vec<f64> = CUTS.iter().map(|share| before.quantile(*share)).collect();
    cuts.dedup();
    let name = &column.name;
    let mut names = vec![format!("{name} ≤ {}", number(cuts[0]))];
    for pair in cuts.windows(2) {
        names.push(format!("{name} in ({}, {}]", number(pair[0]), number(pair[1])));
    }
    names.push(format!("{name} > {}", number(cuts[cuts.len() - 1])));
    names.push(format!("{name} is missing"));
    let missing = names.len() - 1;
    let part = move |values: &Values, row: usize| {
        let Values::Number(values) = values else { return NONE };
        if values[row].is_nan() { missing } else { cuts.partition_point(|cut| *cut < values[row]) }
    };
    Some((names, Box::new(part)))
}

fn categories(column: &Compared) -> Option<Parts> {
    let (before, now) = column.categories()?;
    let mut counts = now.counts.clone();
    for (name, count) in &before.counts {
        *counts.entry(name.clone()).or_default() += count;
    }
    let mut common: Vec<(String, usize)> = counts.into_iter().collect();
    common.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    common.truncate(MOST_CATEGORIES);
    let mut names: Vec<String> = common.iter().map(|(name, _)| format!("{} = {name}", column.name)).collect();
    names.push(format!("{} is missing", column.name));
    let missing = names.len() - 1;
    let places: BTreeMap<String, usize> =
        common.into_iter().enumerate().map(|(place, (name, _))| (name, place)).collect();
    let part = move |values: &Values, row: usize| match values.label(row) {
        Some(name) => places.get(&name).copied().unwrap_or(NONE),
        None => missing,
    };
    Some((names, Box::new(part)))
}

/// Sums by cell: by the parts of one column, or of one and another with its number of parts.
fn sums(
    rows: &Rows,
    left: &[bool],
    one: &[usize],
    other: Option<(&[usize], usize)>,
    cells: usize,
) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); cells];
    for (row, loss) in rows.loss.iter().enumerate().filter(|(row, _)| left[*row]) {
        let cell = match other {
            None => one[row],
            Some((other, _)) if one[row] == NONE || other[row] == NONE => NONE,
            Some((other, width)) => one[row] * width + other[row],
        };
        if cell != NONE {
            sums[cell].add(*loss);
        }
    }
    sums
}
