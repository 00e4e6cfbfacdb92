use serde_json::Value;
use stats::drift::{
    Binned, CategoryCounts, NumberCounts, chi_square, hellinger, jensen_shannon, ks, l_infinity, psi,
    total_variation, wasserstein, wasserstein_normalised,
};

use crate::counts::{Pair, assert_near, columns, reference};

const TOLERANCE: f64 = 1e-9;

#[test]
fn flights_agree_to_nine_digits() {
    assert_eq!(compare("flights"), 12);
}

#[test]
fn census_agrees_to_nine_digits() {
    assert_eq!(compare("census"), 16);
}

fn compare(data: &str) -> usize {
    let expected = reference(data, "scipy");
    let columns = columns(data);
    for (column, pair) in &columns {
        let expected = &expected["columns"][column];
        match pair {
            Pair::Numbers(old, new) => compare_numbers(column, old, new, expected),
            Pair::Categories(old, new) => compare_categories(column, old, new, expected),
        }
    }
    columns.len()
}

fn compare_numbers(column: &str, old: &NumberCounts, new: &NumberCounts, expected: &Value) {
    let near =
        |key: &str, found: f64| assert_near(&format!("{column} {key}"), found, &expected[key], TOLERANCE);
    let test = ks(old, new).unwrap();
    near("ks_stat", test.statistic);
    near("ks_pvalue", test.p_value);
    near("wasserstein", wasserstein(old, new).unwrap());
    near("wasserstein_normed_std_ref_ddof0", wasserstein_normalised(old, new).unwrap());
    near("mean_ref", old.mean().unwrap());
    let binned = Binned::by_deciles(old, new).unwrap();
    near("psi_deciles_eps1e-4", psi(&binned));
    near("js_distance_base2_deciles", jensen_shannon(&binned));
    near("hellinger_deciles", hellinger(&binned));
    let shares = [0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0];
    compare_list(
        column,
        &old.quantiles(&shares).unwrap(),
        &expected["quantiles_ref_linear_0_1_5_25_50_75_95_99_100"],
    );
    compare_list(column, &Binned::decile_edges(old).unwrap(), &expected["psi_inner_edges"]);
}

fn compare_list(column: &str, found: &[f64], expected: &Value) {
    let expected = expected.as_array().unwrap();
    assert_eq!(found.len(), expected.len(), "{column}");
    found.iter().zip(expected).for_each(|(found, expected)| assert_near(column, *found, expected, TOLERANCE));
}

fn compare_categories(column: &str, old: &CategoryCounts, new: &CategoryCounts, expected: &Value) {
    let near =
        |key: &str, found: f64| assert_near(&format!("{column} {key}"), found, &expected[key], TOLERANCE);
    let binned = Binned::by_category(old, new).unwrap();
    let test = chi_square(&binned);
    near("chi2_contingency_stat", test.statistic);
    near("chi2_contingency_pvalue", test.p_value);
    near("cramers_v", test.cramers_v);
    near("chi2_dof", test.degrees as f64);
    near("categories", binned.bins() as f64);
    near("psi_eps1e-4", psi(&binned));
    near("js_distance_base2", jensen_shannon(&binned));
    near("hellinger", hellinger(&binned));
    near("l_infinity", l_infinity(&binned));
    near("tvd", total_variation(&binned));
}
