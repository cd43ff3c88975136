//! Medians and spreads.

use serde::Serialize;

/// What several measurements of the same thing come to. All zero-free values; at least one of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    /// The value in the middle.
    pub(crate) median: f64,
    /// The smallest.
    pub(crate) min: f64,
    /// The largest.
    pub(crate) max: f64,
}

impl Spread {
    /// Of these values; those that are no numbers are left out. `None` when none is left.
    pub(crate) fn of(values: &[f64]) -> Option<Spread> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let (low, high) = (sorted.get((sorted.len() - 1) / 2)?, sorted.get(sorted.len() / 2)?);
        Some(Spread { median: f64::midpoint(*low, *high), min, max })
    }

    /// Ours over theirs: the ratio of the medians, and the smallest and largest ratio within one turn.
    pub(crate) fn ratio(ours: &[f64], theirs: &[f64]) -> Option<Spread> {
        let turns: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a / b).collect();
        let (a, b, spread) = (Spread::of(ours)?, Spread::of(theirs)?, Spread::of(&turns)?);
        let median = a.median / b.median;
        median.is_finite().then_some(Spread { median, ..spread })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_ends() {
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(Spread::of(&[4.0, 1.0, f64::NAN, 2.0, 3.0]).map(|s| s.median), Some(2.5));
        assert_eq!(Spread::of(&[f64::NAN]), None);
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn a_ratio_is_taken_of_the_medians_and_its_spread_turn_by_turn() {
        let ratio = Spread::ratio(&[10.0, 20.0, 30.0], &[10.0, 10.0, 10.0]);
        assert_eq!(ratio, Some(Spread { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(Spread::ratio(&[1.0], &[0.0]), None);
        assert_eq!(Spread::ratio(&[1.0], &[]), None);
    }
}
