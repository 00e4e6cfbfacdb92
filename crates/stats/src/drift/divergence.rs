use super::Binned;

/// The Jensen–Shannon distance: the root of the divergence in bits, in [0, 1] (Endres and
/// Schindelin, "A new metric for probability distributions", 2003).
pub fn jensen_shannon(binned: &Binned) -> f64 {
    let (mut left, mut right) = (0.0, 0.0);
    for (p, q) in binned.shares() {
        let middle = (p + q) / 2.0;
        left += relative_entropy(p, middle);
        right += relative_entropy(q, middle);
    }
    ((left + right) / std::f64::consts::LN_2 / 2.0).clamp(0.0, 1.0).sqrt()
}

/// One term of the relative entropy in nats: 0 where there is no share.
fn relative_entropy(share: f64, of: f64) -> f64 {
    if share > 0.0 { share * (share / of).ln() } else { 0.0 }
}

/// The Hellinger distance √(1 − Σ √(p·q)), in [0, 1] (Hellinger, 1909).
pub fn hellinger(binned: &Binned) -> f64 {
    // The same sum of squares, without the cancellation that 1 − Σ has between near shares.
    let squares: f64 = binned.shares().map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)).sum();
    (squares / 2.0).min(1.0).sqrt()
}

/// The total variation distance ½ Σ |p − q|: the share of rows that would have to change bin.
pub fn total_variation(binned: &Binned) -> f64 {
    binned.shares().map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0
}

/// The largest difference of the shares of any one bin, max |p − q|.
pub fn l_infinity(binned: &Binned) -> f64 {
    binned.shares().map(|(p, q)| (p - q).abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn binned(reference: &[u64], current: &[u64]) -> Binned {
        Binned::new(reference.to_vec(), current.to_vec()).unwrap()
    }

    #[test]
    fn samples_without_a_common_bin_are_at_the_greatest_distance() {
        let apart = binned(&[3, 0], &[0, 5]);
        for distance in [jensen_shannon, hellinger, total_variation, l_infinity] {
            assert!((distance(&apart) - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn equal_shares_are_at_no_distance() {
        let equal = binned(&[1, 3, 2], &[2, 6, 4]);
        for distance in [jensen_shannon, hellinger, total_variation, l_infinity] {
            assert!(distance(&equal) < 1e-15);
        }
    }

    proptest! {
        #[test]
        fn distances_keep_their_known_order(rows in prop::collection::vec((0u64..50, 0u64..50), 1..12)) {
            let (reference, current): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            if let Some(binned) = Binned::new(reference, current) {
                let (variation, distance) = (total_variation(&binned), hellinger(&binned));
                prop_assert!(distance * distance <= variation + 1e-12);
                prop_assert!(variation <= distance * 2_f64.sqrt() + 1e-12);
                prop_assert!(l_infinity(&binned) <= variation + 1e-12);
                prop_assert!((0.0..=1.0).contains(&jensen_shannon(&binned)));
            }
        }
    }
}
