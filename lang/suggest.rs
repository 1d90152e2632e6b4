//! Did you mean ...?

/// The candidate that `word` was probably meant to be.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    let length = lower.chars().count();
    // A quarter of the letters may differ; of a short name one, but never all.
    let allowed = (length / 4).max(usize::from(length > 1));
    let near = candidates.into_iter().take(MOST).filter_map(|candidate| {
        // A character has up to four octets.
        if candidate == word || candidate.len().abs_diff(word.len()) > 4 * (allowed + 1) {
            return None;
        }
        let other = candidate.to_lowercase();
        if other.chars().count().abs_diff(length) > allowed {
            return None;
        }
        let distance = strsim::damerau_levenshtein(&lower, &other);
        (distance <= allowed).then_some((distance, candidate))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Longer words are nobody's slip of the keyboard, and would take long to compare.
const LONGEST: usize = 64;
/// So many candidates are looked at, so that many wrong names among many right
/// ones do not take long.
const MOST: usize = 250;

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
