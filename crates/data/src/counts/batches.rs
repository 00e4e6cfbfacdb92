//! Arrow arrays into counters: what every format can be counted by.

use arrow::{
    array::{Array, ArrayRef, PrimitiveArray, cast::AsArray},
    compute::cast,
    datatypes::{ArrowPrimitiveType, DataType, Date32Type, Float64Type, TimestampMicrosecondType},
};

use super::{counter::Counter, numbers::Numbers};

/// The length of a day in microseconds.
pub(super) const DAY: f64 = 86_400_000_000.0;

/// Counts the rows of an array of a view's type; says what is wrong when it is of another kind.
pub(super) fn count(array: &ArrayRef, counter: &mut Counter) -> Result<(), String> {
    counter.add_missing(array.null_count() as u64);
    match counter {
        Counter::Numbers(numbers) => count_numbers(array, numbers),
        Counter::Categories(categories) => {
            if let Some(booleans) = array.as_boolean_opt() {
                let (trues, falses) = (booleans.true_count() as u64, booleans.false_count() as u64);
                counter.add_booleans(trues, falses);
                return Ok(());
            }
            let texts = array.as_string_opt::<i32>().ok_or("it is not text")?;
            texts.iter().flatten().for_each(|text| categories.add(text, 1));
            Ok(())
        }
    }
}

fn count_numbers(array: &ArrayRef, numbers: &mut Numbers) -> Result<(), String> {
    if let Some(days) = array.as_primitive_opt::<Date32Type>() {
        add_all(days, numbers, |days| f64::from(days) * DAY);
    } else if let Some(instants) = array.as_primitive_opt::<TimestampMicrosecondType>() {
        add_all(instants, numbers, |micros| micros as f64);
    } else {
        let array = cast(array, &DataType::Float64).map_err(|error| error.to_string())?;
        add_all(array.as_primitive::<Float64Type>(), numbers, |number| number);
    }
    Ok(())
}

fn add_all<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    numbers: &mut Numbers,
    of: impl Fn(T::Native) -> f64,
) {
    for value in array.iter().flatten() {
        numbers.add(of(value), 1);
    }
}
