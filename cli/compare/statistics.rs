//! What repeats say: medians with intervals that hold for any distribution, and
//! ratios of runs that were made one after the other.
//!
//! The interval of a median is from the k-th least to the k-th greatest of n
//! repeats. The median lies outside only if fewer than k repeats fall on one
//! side of it, each of which happens as a coin falls: the confidence is
//! 1 − 2 P(B(n, ½) < k), whatever the noise looks like.

use super::results::{Estimate, Ratio, Verdict};
use pkgraph_runtime::Random;

/// How sure an interval is made if the repeats allow it. A comparison has many
/// ratios, and one in twenty would be wrong at the usual 0.95.
const WANTED: f64 = 0.99;

/// Below this confidence an interval decides nothing: four repeats allow 0.875.
const DECIDES: f64 = 0.9;

/// The median of repeats, and its interval.
///
/// # Panics
/// If there are none.
pub fn estimate(values: &[f64]) -> Estimate {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0;
    // From the narrowest interval outwards, to the first that is sure enough.
    let narrow = (1..=n / 2).rev().find(|k| confidence(n, *k) >= WANTED);
    let k = narrow.unwrap_or(1);
    Estimate { median, low: sorted[k - 1], high: sorted[n - k], confidence: confidence(n, k) }
}

/// How sure it is that the median is between the k-th least and the k-th
/// greatest of n values.
fn confidence(n: usize, k: usize) -> f64 {
    let mut probability = 0.5f64.powi(n as i32);
    let mut outside = 0.0;
    for i in 0..k {
        outside += probability;
        probability *= (n - i) as f64 / (i + 1) as f64;
    }
    (1.0 - 2.0 * outside).max(0.0)
}

/// The ratio of two series of repeats, pair by pair: what changes from one
/// round to the next, such as the machine's speed, is in both. A pair without
/// a value in it is left out.
pub fn ratio(values: &[f64], base: &[f64]) -> Ratio {
    let pairs = values.iter().zip(base).map(|(value, base)| value / base);
    let ratios: Vec<f64> = pairs.filter(|ratio| ratio.is_finite() && *ratio > 0.0).collect();
    if ratios.is_empty() {
        let nothing = Estimate { median: 1.0, low: 0.0, high: f64::MAX, confidence: 0.0 };
        return Ratio { estimate: nothing, verdict: Verdict::Unknown };
    }
    let estimate = estimate(&ratios);
    let verdict = match estimate {
        Estimate { low, high, .. } if low <= 1.0 && high >= 1.0 && ratios.len() > 1 => {
            Verdict::NoDifference
        }
        Estimate { confidence, .. } if confidence < DECIDES => Verdict::Unknown,
        Estimate { high, .. } if high < 1.0 => Verdict::Less,
        _ => Verdict::More,
    };
    Ratio { estimate, verdict }
}

/// By how much repeats differ: from the least to the greatest, relative to the
/// median.
pub fn spread(values: &[f64]) -> f64 {
    let least = values.iter().copied().fold(f64::MAX, f64::min);
    let most = values.iter().copied().fold(f64::MIN, f64::max);
    match values.is_empty() {
        true => 0.0,
        false => (most - least) / estimate(values).median,
    }
}

/// Puts the values in a random order.
pub fn shuffle<T>(values: &mut [T], random: &mut Random) {
    for last in (1..values.len()).rev() {
        values.swap(last, (random.next() % (last as u64 + 1)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_confidence_that_so_many_repeats_allow() {
        for (n, sure) in [(1, 0.0), (2, 0.5), (3, 0.75), (5, 0.9375), (7, 0.984375)] {
            let values: Vec<f64> = (0..n).map(f64::from).collect();
            let Estimate { median, low, high, confidence } = estimate(&values);
            assert_eq!((low, high, confidence), (0.0, f64::from(n - 1), sure), "{n}");
            assert_eq!(median, f64::from(n - 1) / 2.0);
        }
        // With more repeats the extremes are not needed.
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let Estimate { low, high, confidence, .. } = estimate(&values);
        assert_eq!((low, high), (3.0, 16.0));
        assert!((0.99..0.999).contains(&confidence), "{confidence}");
    }

    /// A skewed distribution with a known median, as delays have one.
    fn delay(random: &mut Random) -> f64 {
        let uniform = (random.next() >> 11) as f64 / (1u64 << 53) as f64;
        // Median: ln 2.
        -(1.0 - uniform).ln()
    }

    #[test]
    fn intervals_cover_what_they_claim() {
        const TRIALS: usize = 20_000;
        for n in [3, 5, 8, 15, 30] {
            let mut random = Random::new(n as u64);
            let (mut covered, mut claimed) = (0, 0.0);
            for _ in 0..TRIALS {
                let values: Vec<f64> = (0..n).map(|_| delay(&mut random)).collect();
                let found = estimate(&values);
                covered += usize::from(found.low <= 2f64.ln() && 2f64.ln() <= found.high);
                claimed = found.confidence;
            }
            let share = covered as f64 / TRIALS as f64;
            // Four standard errors of so many trials.
            let error = 4.0 * (claimed * (1.0 - claimed) / TRIALS as f64).sqrt();
            assert!((share - claimed).abs() < error + 1e-9, "{n}: {share} of {claimed}");
        }
    }

    #[test]
    fn alike_series_are_rarely_called_different() {
        let mut random = Random::new(7);
        let mut series = |n: usize| -> Vec<f64> { (0..n).map(|_| delay(&mut random)).collect() };
        let wrong = (0..10_000).filter(|_| {
            let verdict = ratio(&series(10), &series(10)).verdict;
            matches!(verdict, Verdict::Less | Verdict::More)
        });
        assert!(wrong.count() < 100, "more than the hundredth part");
    }

    #[test]
    fn verdicts_need_repeats_and_an_interval_beside_one() {
        let verdict = |ratios: &[f64]| ratio(ratios, &vec![1.0; ratios.len()]).verdict;
        for (ratios, expected) in [
            (&[0.5][..], Verdict::Unknown),
            (&[0.5; 4], Verdict::Unknown),
            (&[0.5; 5], Verdict::Less),
            (&[2.0; 5], Verdict::More),
            (&[0.5, 0.5, 0.5, 0.5, 1.1], Verdict::NoDifference),
            (&[0.9, 1.1], Verdict::NoDifference),
            (&[f64::NAN, f64::INFINITY, 0.0], Verdict::Unknown),
            (&[], Verdict::Unknown),
        ] {
            assert_eq!(verdict(ratios), expected, "{ratios:?}");
        }
        // Pair by pair: each round was twice as slow as the one before.
        let base = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
        let values = base.map(|value| value * 0.9);
        let found = ratio(&values, &base);
        assert!((found.estimate.high - 0.9).abs() < 1e-9 && found.verdict == Verdict::Less);
    }

    #[test]
    fn a_seed_gives_one_order_of_all() {
        let order = |seed| {
            let mut values: Vec<u32> = (0..10).collect();
            shuffle(&mut values, &mut Random::new(seed));
            values
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        let mut sorted = order(3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
    }
}
