//! Did you mean ...?

/// The candidate that `word` was probably meant to be.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
    let best = candidates.into_iter().filter(|c| *c != word).min_by_key(|c| distance(c))?;
    // A quarter of the letters may differ; of a short name one, but never all.
    let length = lower.chars().count();
    let allowed = (length / 4).max(usize::from(length > 1));
    (distance(best) <= allowed).then_some(best)
}

/// The sentence for [`nearest`].
pub(crate) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, candidates).map(|best| format!("did you mean `{best}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let names = ["Queue", "Counter", "ToNetmap", "q"];
        for (word, best) in [
            ("Qeue", Some("Queue")),
            ("queue", Some("Queue")),
            ("Conuter", Some("Counter")),
            ("FromNetmap", None),
            ("x", None),
            ("q1", Some("q")),
        ] {
            assert_eq!(nearest(word, names), best, "{word}");
        }
    }
}
