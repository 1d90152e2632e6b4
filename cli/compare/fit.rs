//! The paper's model of the delay, d(n) = a + b·n, by least squares.

use super::results::Line;
use super::statistics::estimate;

/// A line for each round of repeats, and the medians of what they say. `rounds`
/// has for each round the delays at the numbers of copies `copies`. `None` with
/// fewer than two of them, or without rounds.
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
    let r_squared = explained(copies, &medians, least_squares(copies, &medians)?);
    Some(Line { a: estimate(&a), b: estimate(&b), r_squared })
}

/// Intercept and slope. `None` if all `x` are one.
fn least_squares(x: &[f64], y: &[f64]) -> Option<(f64, f64)> {
    let n = x.len() as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let sxx: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    let sxy: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    (sxx > 0.0).then(|| (mean_y - sxy / sxx * mean_x, sxy / sxx))
}

/// The share of the variance of `y` that the line explains.
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

    #[test]
    fn no_line_through_one_number_of_copies() {
        assert!(line(&[6.0], &[vec![1.0]]).is_none());
        assert!(line(&[6.0, 6.0], &[vec![1.0, 2.0]]).is_none());
        assert!(line(&[6.0, 8.0], &[]).is_none());
    }
}
