//! The patterns of `Classifier`: octets at offsets.

use pkgraph::runtime::FromArg;

/// One pattern: all of its clauses match. `-` has none, so it matches always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    clauses: Vec<Clause>,
    /// The words of all clauses, for packets that are long enough: the first,
    /// on which nearly all depends, and the others.
    first: (usize, Word),
    others: Vec<(usize, Word)>,
    /// How long that is; no packet is when a clause is negated.
    reach: usize,
}

/// `offset/value%mask`, four octets to a word.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    negated: bool,
    offset: usize,
    /// Where the last octet that matters ends. A shorter packet does not match.
    end: usize,
    words: Vec<Word>,
}

/// Octets of a word.
const WORD: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word {
    mask: u32,
    value: u32,
}

impl Pattern {
    /// Whether `data` has every octet that the pattern asks for.
    #[inline]
    pub fn matches(&self, data: &[u8]) -> bool {
        if data.len() < self.reach {
            return self.matches_by_clause(data);
        }
        let is_there = |(at, word): &(usize, Word)| match data.get(*at..at + 4) {
            Some(four) => load(four, 0) & word.mask == word.value,
            None => false,
        };
        is_there(&self.first) && (self.others.is_empty() || self.others.iter().all(is_there))
    }

    #[inline(never)]
    fn matches_by_clause(&self, data: &[u8]) -> bool {
        self.clauses.iter().all(|clause| clause.matches(data) != clause.negated)
    }
}

impl From<Vec<Clause>> for Pattern {
    fn from(clauses: Vec<Clause>) -> Pattern {
        let (mut words, mut reach) = (Vec::new(), WORD);
        for clause in &clauses {
            let places = (clause.offset..).step_by(WORD);
            words.extend(places.zip(clause.words.iter().copied()).filter(|(_, w)| w.mask != 0));
            reach = reach.max(clause.end);
        }
        reach = words.iter().map(|(at, _)| at + WORD).fold(reach, usize::max);
        if clauses.iter().any(|clause| clause.negated) {
            reach = usize::MAX;
        }
        let mut words = words.into_iter();
        let first = words.next().unwrap_or((0, Word { mask: 0, value: 0 }));
        Pattern { clauses, first, others: words.collect(), reach }
    }
}

impl Clause {
    #[inline]
    fn matches(&self, data: &[u8]) -> bool {
        if data.len() < self.end {
            return false;
        }
        let mut at = self.offset;
        for word in &self.words {
            if load(data, at) & word.mask != word.value {
                return false;
            }
            at += 4;
        }
        true
    }
}

/// Four octets from `at`, those past the end as zeros.
#[inline]
fn load(data: &[u8], at: usize) -> u32 {
    match data.get(at..at + 4) {
        Some(word) => u32::from_be_bytes([word[0], word[1], word[2], word[3]]),
        None => {
            let rest = data.get(at..).unwrap_or_default();
            let mut word = [0; 4];
            word[..rest.len()].copy_from_slice(rest);
            u32::from_be_bytes(word)
        }
    }
}

impl FromArg for Pattern {
    const TYPE: &'static str = "pattern (offset/value%mask clauses, or -)";

    fn from_arg(text: &str) -> Result<Pattern, String> {
        if text.trim() == "-" {
            return Ok(Pattern::from(Vec::new()));
        }
        let clauses: Vec<Clause> =
            text.split_whitespace().map(clause).collect::<Result<_, String>>()?;
        if clauses.is_empty() {
            return Err("an empty pattern; '-' matches every packet".into());
        }
        Ok(Pattern::from(clauses))
    }
}

fn clause(text: &str) -> Result<Clause, String> {
    let (negated, rest) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (offset, rest) =
        rest.split_once('/').ok_or_else(|| format!("'{text}': expected offset/value"))?;
    let offset: usize = offset
        .parse()
        .ok()
        .filter(|offset| *offset < 1 << 16)
        .ok_or_else(|| format!("'{text}': expected a decimal offset below 65536"))?;
    let (value, mask) = match rest.split_once('%') {
        Some((value, mask)) => (value, Some(mask)),
        None => (rest, None),
    };
    let (value, mut bits) = digits(value).map_err(|why| format!("'{text}': {why}"))?;
    if let Some(mask) = mask {
        let (mask, wild) = digits(mask).map_err(|why| format!("'{text}': mask: {why}"))?;
        if mask.len() != value.len() || wild.iter().any(|octet| *octet != 0xff) {
            return Err(format!("'{text}': a mask has as many hexadecimal digits as the value"));
        }
        bits.iter_mut().zip(&mask).for_each(|(bits, mask)| *bits &= mask);
    }
    let end = bits.iter().rposition(|octet| *octet != 0).map_or(0, |last| offset + last + 1);
    let words = value.chunks(4).zip(bits.chunks(4)).map(|(value, bits)| {
        let word = |octets: &[u8]| load(octets, 0);
        Word { mask: word(bits), value: word(value) & word(bits) }
    });
    Ok(Clause { negated, offset, end, words: words.collect() })
}

/// Octets and, for each, the bits that are no `?`.
fn digits(text: &str) -> Result<(Vec<u8>, Vec<u8>), String> {
    if text.is_empty() || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return Err("an even number of hexadecimal digits is needed".into());
    }
    let nibble = |digit: u8| match digit {
        b'?' => Ok((0, 0)),
        _ => match (digit as char).to_digit(16) {
            Some(value) => Ok((value as u8, 0xf)),
            None => Err(format!("'{}' is no hexadecimal digit", digit as char)),
        },
    };
    let mut octets = (Vec::new(), Vec::new());
    for pair in text.as_bytes().chunks(2) {
        let ((high, high_bits), (low, low_bits)) = (nibble(pair[0])?, nibble(pair[1])?);
        octets.0.push(high << 4 | low);
        octets.1.push(high_bits << 4 | low_bits);
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_octets_at_offsets() {
        let arp_request =
            b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x01\x08\x06\0\x01\x08\0\x06\x04\0\x01";
        for (pattern, expected) in [
            ("12/0806", true),
            ("12/0800", false),
            ("12/0806 20/0001", true),
            ("12/0806 20/0002", false),
            ("!12/0800", true),
            ("!12/0806", false),
            ("12/0?0?", true),
            ("12/0f06%fff0", false),
            ("12/080f%fff0", true),
            ("0/ffffffffffff02", true),
            ("0/ffffffffffff03", false),
            ("20/0001????", true),
            ("20/000100", false),
            ("!20/000100", true),
            ("400/00", false),
            ("-", true),
        ] {
            let parsed = Pattern::from_arg(pattern).unwrap();
            assert_eq!(parsed.matches(arp_request), expected, "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (pattern, why) in [
            ("", "empty"),
            ("12", "offset/value"),
            ("x/08", "decimal offset"),
            ("12/080", "even number"),
            ("12/08zz", "hexadecimal digit"),
            ("12/0800%ff", "mask"),
            ("12/0800%ff?f", "mask"),
            ("99999/08", "65536"),
        ] {
            let error = Pattern::from_arg(pattern).unwrap_err();
            assert!(error.contains(why), "{pattern}: {error}");
        }
    }
}
