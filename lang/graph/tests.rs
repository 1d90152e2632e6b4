//! Tests of names and chains.

use crate::testing::{connections, names};

#[test]
fn elements_without_a_name_are_numbered_by_their_place() {
    for (text, expected) in [
        ("Source -> Counter -> Discard", "Source@1 Counter@2 Discard@3"),
        ("s :: Source -> Counter; d :: Discard", "s Counter@2 d"),
        ("a, b :: Source; Counter", "a b Counter@3"),
        ("Counter; Counter@2 :: Counter; Counter", "Counter@1 Counter@2 Counter@3"),
        ("Counter@2 :: Counter; Counter", "Counter@2 Counter@3"),
        ("Source -> Counter(\"x\"), b :: Counter", "Source@1 Counter@2 b"),
    ] {
        assert_eq!(names(text), expected, "{text}");
    }
}

#[test]
fn chains_are_pairs() {
    for (text, expected) in [
        ("a :: Any -> b :: Any -> a", "a.0-b.0 b.0-a.0"),
        ("a :: Any; a [1] -> [2] a [x] -> [y] a", "a.1-a.2 a.x-a.y"),
        ("a :: Any -> a -> a; a -> a", "a.0-a.0"),
        ("n1 :: Any; n1, n2 :: Any -> n3 :: Any", "n1.0-n3.0 n2.0-n3.0"),
    ] {
        assert_eq!(connections(text), expected, "{text}");
    }
}
