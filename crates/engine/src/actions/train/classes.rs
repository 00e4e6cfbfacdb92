//! The classes of a model made elsewhere, in the spelling of the target column.

use learn::Division;
use table::Kind;

/// Classes as a model orders them, and whether that is known or taken to be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Classes {
    pub(super) names: Vec<String>,
    /// What was taken to be so, for the reader of the report.
    pub(super) assumed: Option<String>,
}

/// The model's classes as the target spells them. A model that says nothing is taken to have them in their natural
/// order, and one of whole numbers from 0 to count them in it.
pub(super) fn of(said: Option<&[String]>, division: &Division) -> Classes {
    let natural = natural(division);
    let Some(said) = said else {
        let assumed = (!natural.is_empty()).then(|| {
            format!(
                "the model does not name its classes; they are taken to be in the order {}",
                natural.join(", ")
            )
        });
        return Classes { names: natural, assumed };
    };
    let names: Vec<String> = said.iter().map(|name| spelled(name, division.target_kind)).collect();
    let is_known = names.iter().all(|name| natural.contains(name));
    let counts = said.iter().enumerate().all(|(number, name)| *name == number.to_string());
    if !is_known && counts && said.len() == natural.len() {
        let assumed =
            format!("the model's classes are numbers; they are taken to count {}", natural.join(", "));
        return Classes { names: natural, assumed: Some(assumed) };
    }
    Classes { names, assumed: None }
}

/// The classes as scikit-learn sorts them; ours have the positive one last.
fn natural(division: &Division) -> Vec<String> {
    let mut classes = division.classes.clone();
    match division.target_kind {
        Kind::Number => classes.sort_by_key(|class| class.parse::<i64>().unwrap_or_default()),
        Kind::Text | Kind::Boolean | Kind::Time => classes.sort(),
    }
    classes
}

fn spelled(name: &str, kind: Kind) -> String {
    match (kind, name) {
        (Kind::Boolean, "1" | "True") => "true".to_owned(),
        (Kind::Boolean, "0" | "False") => "false".to_owned(),
        (Kind::Number, name) => name.strip_suffix(".0").unwrap_or(name).to_owned(),
        (_, name) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use learn::{Baseline, Division};
    use table::Kind;

    use super::{Classes, of};

    fn division(classes: &[&str], target_kind: Kind) -> Division {
        Division {
            train: Vec::new(),
            test: Vec::new(),
            test_targets: Vec::new(),
            classes: texts(classes),
            target_kind,
            baseline: Baseline { constants: vec![0.5] },
            dropped: 0,
        }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn classes_are_spelled_as_the_target_spells_them() {
        for (said, ours, kind) in [
            (["0", "1"], ["false", "true"], Kind::Boolean),
            (["False", "True"], ["false", "true"], Kind::Boolean),
            (["3.0", "7.0"], ["3", "7"], Kind::Number),
            (["no", "yes"], ["no", "yes"], Kind::Text),
        ] {
            let division = division(&ours, kind);
            let expected = Classes { names: texts(&ours), assumed: None };
            assert_eq!(of(Some(&texts(&said)), &division), expected, "{said:?}");
        }
    }

    #[test]
    fn numbers_for_text_count_its_sorted_classes_whichever_is_positive_and_that_is_said() {
        let division = division(&["yes", "no"], Kind::Text);
        let classes = of(Some(&texts(&["0", "1"])), &division);
        assert_eq!(classes.names, ["no", "yes"]);
        assert!(classes.assumed.unwrap().contains("no, yes"));
    }

    #[test]
    fn a_model_that_names_no_classes_is_taken_to_sort_them_and_that_is_said() {
        let classes = of(None, &division(&["10", "9"], Kind::Number));
        assert_eq!(classes.names, ["9", "10"]);
        assert!(classes.assumed.is_some());
        assert_eq!(of(None, &division(&[], Kind::Number)), Classes { names: Vec::new(), assumed: None });
    }

    #[test]
    fn other_classes_stay_what_they_are_to_be_refused() {
        let classes = of(Some(&texts(&["a", "b"])), &division(&["no", "yes"], Kind::Text));
        assert_eq!(classes, Classes { names: texts(&["a", "b"]), assumed: None });
    }
}
