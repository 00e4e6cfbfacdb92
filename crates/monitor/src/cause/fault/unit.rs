//! Another unit: the numbers now are what the numbers before become by one of the usual conversions.

use crate::cause::{
    case::Case,
    compared::{Compared, Numbers, distance},
    finding::{Finding, number},
    found::{Fact, Kind},
    season,
};

/// A conversion: `to = scale · from + offset`.
struct Conversion {
    from: &'static str,
    to: &'static str,
    scale: f64,
    offset: f64,
}

const fn scaled(from: &'static str, to: &'static str, scale: f64) -> Conversion {
    Conversion { from, to, scale, offset: 0.0 }
}

/// Tried both ways. Factors from the international yard and pound agreement of 1959 and the SI brochure.
const CONVERSIONS: &[Conversion] = &[
    Conversion { from: "°C", to: "°F", scale: 1.8, offset: 32.0 },
    Conversion { from: "°C", to: "K", scale: 1.0, offset: 273.15 },
    Conversion { from: "°F", to: "K", scale: 5.0 / 9.0, offset: 273.15 - 160.0 / 9.0 },
    scaled("miles", "kilometres", 1.609_344),
    scaled("metres", "feet", 1.0 / 0.3048),
    scaled("inches", "centimetres", 2.54),
    scaled("inches", "millimetres", 25.4),
    scaled("kilograms", "pounds", 1.0 / 0.453_592_37),
    scaled("metres a second", "kilometres an hour", 3.6),
    scaled("metres a second", "miles an hour", 1.0 / 0.447_04),
    scaled("metres a second", "knots", 3.6 / 1.852),
    scaled("knots", "miles an hour", 1.852 / 1.609_344),
    scaled("inches of mercury", "hectopascals", 33.863_9),
    scaled("minutes", "seconds, or hours became minutes", 60.0),
    scaled("hours", "seconds", 3_600.0),
    scaled("fractions", "percentages, or units became hundredths", 100.0),
    scaled("units", "tenths", 10.0),
    scaled("seconds", "milliseconds, or kilo-units became units", 1_000.0),
    scaled("seconds", "microseconds", 1_000_000.0),
];

/// The distance that is left, in deviations: at most so much, and so many times less than without the conversion.
const FITS: f64 = 0.25;
const TIMES: f64 = 3.2;

/// Below this many values a fit says nothing.
const LEAST_VALUES: usize = 30;

pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let open = case.open().filter(|column| !season::is_gradual(case, &column.name));
    open.filter_map(|column| best(column).map(|fit| finding(case, column, &fit))).collect()
}

struct Fit<'a> {
    from: &'a str,
    to: &'a str,
    scale: f64,
    offset: f64,
    /// What is left after the conversion, and what there is without it, both in deviations of the converted reference.
    left: f64,
    without: f64,
}

fn best(column: &Compared) -> Option<Fit<'static>> {
    let (before, now) = column.numbers()?;
    if before.sorted.len().min(now.sorted.len()) < LEAST_VALUES || before.commonest().1 > 0.9 {
        return None;
    }
    let unchanged = distance(before, now, 1.0, 0.0);
    let fitting = CONVERSIONS.iter().flat_map(both_ways).filter(|(from, ..)| is_plausible(from, before));
    let fits = fitting.map(|(from, to, scale, offset)| {
        let spread = scale * before.spread();
        let left = distance(before, now, scale, offset) / spread;
        // An unchanged column is as far away as the wider of the two scales says: else every shrinking would fit.
        let without = unchanged / spread.max(before.spread());
        Fit { from, to, scale, offset, left, without }
    });
    let best = fits.min_by(|one, other| one.left.total_cmp(&other.left))?;
    (best.left <= FITS && best.without >= TIMES * best.left).then_some(best)
}

/// Whether numbers could be temperatures of this unit, on Earth; anything could be of the other units.
fn is_plausible(unit: &str, numbers: &Numbers) -> bool {
    let (low, high) = match unit {
        "°C" => (-60.0, 60.0),
        "°F" => (-80.0, 140.0),
        "K" => (180.0, 340.0),
        _ => return true,
    };
    numbers.quantile(0.01) >= low && numbers.quantile(0.99) <= high
}

fn both_ways(one: &'static Conversion) -> [(&'static str, &'static str, f64, f64); 2] {
    [(one.from, one.to, one.scale, one.offset), (one.to, one.from, 1.0 / one.scale, -one.offset / one.scale)]
}

fn finding(case: &Case<'_>, column: &Compared, fit: &Fit<'_>) -> Finding {
    let name = &column.name;
    let formula = match fit.offset {
        0.0 => format!("{} × the old values", number(fit.scale)),
        offset => format!("{} × the old values {:+.4}", number(fit.scale), offset),
    };
    let (left, without) = (number(fit.left), number(fit.without));
    Finding {
        kind: Kind::UnitChange,
        columns: vec![name.clone()],
        subject: name.clone(),
        title: format!("`{name}` changed its unit, as if {} became {}", fit.from, fit.to),
        explanation: format!(
            "{formula} fits the new values of `{name}` within {left} deviations, against {without} without a conversion."
        ),
        evidence: vec![
            Fact::of("mean before", means(column).0, column.before.rows()),
            Fact::of("mean now", means(column).1, column.now.rows()),
            Fact::of("distance with the conversion, in deviations", left.clone(), column.now.rows()),
            Fact::of("distance without it, in deviations", without.clone(), column.now.rows()),
        ],
        strength: (1.0 - fit.left / fit.without).min(0.98),
        importance: column.importance,
        cost: case.cost_of_columns(std::slice::from_ref(name)),
        recorded: None,
    }
}

fn means(column: &Compared) -> (String, String) {
    column
        .numbers()
        .map_or_else(Default::default, |(before, now)| (number(before.mean()), number(now.mean())))
}
