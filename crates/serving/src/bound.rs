//! Whether a tensor's shape, its data and the model's input agree.

use crate::{data::Data, problem::Problem, schema::Input};

/// The shape that goes into the model, and how many rows that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) rows: usize,
    pub(crate) shape: Vec<usize>,
}

pub(crate) fn bind(input: &Input, shape: &[i64], data: &Data) -> Result<Extent, Problem> {
    let found = data.values.len();
    if size(shape) != Some(found) {
        return Err(Problem::Length { shape: shape.to_vec(), found });
    }
    if let Some(nesting) = data.nesting()
        && !same(&nesting, shape)
    {
        return Err(Problem::Nesting { shape: shape.to_vec(), nesting });
    }
    if found == 0 {
        return Err(Problem::NoRows);
    }
    let refused = || Problem::Shape { shape: shape.to_vec(), expected: input.form.to_string() };
    let shape = input.form.fit(shape).ok_or_else(refused)?;
    Ok(Extent { rows: shape.first().copied().unwrap_or(1), shape })
}

/// The number of values of a shape; nothing when a dimension is negative or the product overflows.
fn size(shape: &[i64]) -> Option<usize> {
    shape.iter().try_fold(1usize, |size, length| size.checked_mul(usize::try_from(*length).ok()?))
}

/// Whether the nested arrays are those of the shape; dimensions of one are not counted,
/// so that `[[1],[2]]` is good for `[2]`.
fn same(nesting: &[usize], shape: &[i64]) -> bool {
    let nesting = nesting.iter().filter(|length| **length != 1).map(|length| *length as i64);
    nesting.eq(shape.iter().copied().filter(|length| *length != 1))
}

#[cfg(test)]
mod tests {
    use onnx::Element;

    use super::bind;
    use crate::{
        problem::Problem,
        schema::{Form, Input},
    };

    fn check(form: Form, shape: &[i64], data: &str) -> Result<Vec<usize>, Problem> {
        let input = Input { name: "x".to_owned(), element: Element::Float, kind: None, form };
        bind(&input, shape, &serde_json::from_str(data).unwrap()).map(|extent| extent.shape)
    }

    #[test]
    fn a_column_is_taken_as_one_dimension_or_two_and_given_as_the_graph_has_it() {
        for data in ["[1,2]", "[[1],[2]]"] {
            for shape in [&[2][..], &[2, 1]] {
                assert_eq!(check(Form::Wide(1), shape, data), Ok(vec![2, 1]));
                assert_eq!(check(Form::List, shape, data), Ok(vec![2]));
            }
        }
    }

    #[test]
    fn a_wide_input_is_taken_by_rows_and_a_single_row_may_be_flat() {
        assert_eq!(check(Form::Wide(3), &[2, 3], "[1,2,3,4,5,6]"), Ok(vec![2, 3]));
        assert_eq!(check(Form::Wide(3), &[2, 3], "[[1,2,3],[4,5,6]]"), Ok(vec![2, 3]));
        assert_eq!(check(Form::Wide(3), &[3], "[1,2,3]"), Ok(vec![1, 3]));
        assert_eq!(check(Form::Open(2), &[1, 2], "[1,2]"), Ok(vec![1, 2]));
        assert_eq!(check(Form::Any, &[1, 1, 2], "[[[1,2]]]"), Ok(vec![1, 1, 2]));
    }

    #[test]
    fn shapes_that_lie_are_refused_however_large_they_are() {
        for shape in [&[3][..], &[-1], &[-2, -1], &[i64::MAX, i64::MAX], &[1 << 32, 1 << 32], &[0], &[]] {
            assert!(matches!(check(Form::Wide(1), shape, "[1,2]"), Err(Problem::Length { .. })), "{shape:?}");
        }
        let six = "[1,2,3,4,5,6]";
        assert!(matches!(check(Form::Wide(1), &[1, 2], "[1,2]"), Err(Problem::Shape { .. })));
        assert!(matches!(check(Form::Wide(3), &[3, 2], six), Err(Problem::Shape { .. })));
        assert!(matches!(check(Form::Open(2), &[6], six), Err(Problem::Shape { .. })));
        let crossed = "[[1,2],[3,4],[5,6]]";
        assert!(matches!(check(Form::Wide(3), &[2, 3], crossed), Err(Problem::Nesting { .. })));
        assert_eq!(check(Form::Wide(1), &[0], "[]"), Err(Problem::NoRows));
        assert_eq!(check(Form::Any, &[5, 0], "[]"), Err(Problem::NoRows));
    }
}
