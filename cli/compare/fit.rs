//! The paper's model of the delay, d(n) = a + b·n, by least squares.

use super::results::Line;
use super::statistics::estimate;

/// A line for each round of repeats, and the medians of what they say. `rounds`
/// has for each round the delays at the numbers of copies `copies`. `None` with
/// fewer than two of them, or without rounds.
///
/// R² is of the line that is shown, with the median of a and the median of b,
/// against the median of the delays at each number of copies. That line need not
/// be the best one through these medians, so R² can be small, or even negative.
pub fn line(copies: &[f64], rounds: &[Vec<f64>]) -> Option<Line> {
    let lines: Vec<(f64, f64)> =
        rounds.iter().map(|delays| least_squares(copies, delays)).collect::<Option<_>>()?;
    if lines.is_empty() {
        return None;
    }
    let (a, b): (Vec<f64>, Vec<f64>) = lines.into_iter().unzip();
    let medians: Vec<f64> = (0..copies.len())
        .map(|n| estimate(&rounds.iter().map(|delays| delays[n]).collect::<Vec<_>>()).median)
        .collect();
    let (a, b) = (estimate(&a), estimate(&b));
    let r_squared = explained(copies, &medians, (a.median, b.median));
    Some(Line { a, b, r_squared })
}

/// Intercept and slope. `None` if all `x` are one.
fn least_squares(x: &[f64], y: &[f64]) -> Option<(f64, f64)> {
    let n = x.len() as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let sxx: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    let sxy: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    (sxx > 0.0).then(|| (mean_y - sxy / sxx * mean_x, sxy / sxx))
}

/// The share of the variance of `y` that the line explains: negative if the mean
/// of `y` is closer to `y` than the line.
fn explained(x: &[f64], y: &[f64], (a, b): (f64, f64)) -> f64 {
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let all: f64 = y.iter().map(|y| (y - mean).powi(2)).sum();
    let left: f64 = x.iter().zip(y).map(|(x, y)| (y - a - b * x).powi(2)).sum();
    if all > 0.0 { 1.0 - left / all } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_numbers_are_found_again() {
        let copies = [6.0, 8.0, 10.0];
        let delays = |more: f64| copies.map(|n| 700.0 + 2300.0 * n + more).to_vec();
        let found = line(&copies, &[delays(0.0), delays(100.0), delays(-100.0)]).unwrap();
        assert!((found.a.median - 700.0).abs() < 1e-6 && (found.b.median - 2300.0).abs() < 1e-6);
        assert!((found.a.low - 600.0).abs() < 1e-6 && (found.a.high - 800.0).abs() < 1e-6);
        assert!((found.r_squared - 1.0).abs() < 1e-9);
    }

    /// The medians of a and b can come of different rounds, and then make a line
    /// that is none of the rounds' nor that of the medians.
    #[test]
    fn r_squared_is_of_the_line_with_the_medians_of_a_and_b() {
        let copies = [2.0, 6.0, 10.0];
        let rounds = [vec![10.0, 60.0, 140.0], vec![30.0, 90.0, 110.0], vec![40.0, 50.0, 90.0]];
        let found = line(&copies, &rounds).unwrap();
        let medians = [30.0, 60.0, 110.0];
        let mean = 200.0 / 3.0;
        let drawn = copies.map(|n| found.a.median + found.b.median * n);
        let left: f64 = medians.iter().zip(drawn).map(|(y, at)| (y - at) * (y - at)).sum();
        let all: f64 = medians.iter().map(|y| (y - mean) * (y - mean)).sum();
        assert!((found.r_squared - (1.0 - left / all)).abs() < 1e-9);
        // The best line through the medians explains more.
        let best = least_squares(&copies, &medians).unwrap();
        assert!(explained(&copies, &medians, best) > found.r_squared + 0.01);
    }

    #[test]
    fn no_line_through_one_number_of_copies() {
        assert!(line(&[6.0], &[vec![1.0]]).is_none());
        assert!(line(&[6.0, 6.0], &[vec![1.0, 2.0]]).is_none());
        assert!(line(&[6.0, 8.0], &[]).is_none());
    }
}
