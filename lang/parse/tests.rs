//! Tests of the parser.

use super::*;
use crate::ast::{Class, Compound, Element, ElementKind, Ports};
use pkgraph_runtime::CpuTime;
use proptest::prelude::*;
use std::fmt::Write;
use std::time::Duration;

/// The AST in a notation short enough to compare.
fn show(text: &str) -> String {
    let parsed = parse(text, 0);
    assert!(parsed.errors.is_empty(), "{text}: {:?}", parsed.errors);
    let mut out = String::new();
    show_statements(&mut out, text, &parsed.statements);
    out
}

fn show_statements(out: &mut String, text: &str, statements: &[Statement]) {
    for statement in statements {
        match statement {
            Statement::Require(c) => write!(out, "require<{}>", &text[c.span.range()]).unwrap(),
            Statement::Define(c) => write!(out, "define<{}>", &text[c.span.range()]).unwrap(),
            Statement::ElementClass { name, class } => {
                write!(out, "class {} ", name.text).unwrap();
                show_class(out, text, class);
            }
            Statement::Connection(c) => {
                show_elements(out, text, &c.first);
                for hop in &c.hops {
                    write!(out, " {:?} ", hop.arrow).unwrap();
                    show_elements(out, text, &hop.elements);
                }
            }
        }
        out.push(';');
    }
}

fn show_class(out: &mut String, text: &str, class: &Class) {
    match class {
        Class::Named(name) => out.push_str(&name.text),
        Class::Compound(compound) => show_compound(out, text, compound),
    }
}

fn show_compound(out: &mut String, text: &str, compound: &Compound) {
    out.push('{');
    for (i, definition) in compound.definitions.iter().enumerate() {
        out.push_str(if i > 0 { "||" } else { "" });
        for formal in &definition.formals {
            let keyword = formal.keyword.as_ref().map_or("", |keyword| &keyword.text);
            write!(out, "{keyword}${} ", formal.name.text).unwrap();
        }
        show_statements(out, text, &definition.body);
    }
    out.push_str(if compound.rest.is_some() { "...}" } else { "}" });
}

fn show_elements(out: &mut String, text: &str, elements: &[Element]) {
    for (i, element) in elements.iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        show_ports(out, &element.inputs);
        let config = match &element.kind {
            ElementKind::Declaration { name, class, config } => {
                write!(out, "{}::", name.text).unwrap();
                show_class(out, text, class);
                config
            }
            ElementKind::Reference { name, config } => {
                out.push_str(&name.text);
                config
            }
            ElementKind::Compound { compound, config } => {
                show_compound(out, text, compound);
                config
            }
            ElementKind::Group(statements) => {
                out.push('(');
                show_statements(out, text, statements);
                out.push(')');
                &None
            }
            ElementKind::Implicit => {
                out.push('?');
                &None
            }
        };
        if let Some(config) = config {
            write!(out, "<{}>", &text[config.span.range()]).unwrap();
        }
        show_ports(out, &element.outputs);
    }
}

fn show_ports(out: &mut String, ports: &Option<Ports>) {
    let Some(ports) = ports else { return };
    out.push('[');
    for item in &ports.items {
        write!(out, "{}", item.first.text).unwrap();
        if let Some(last) = &item.last {
            write!(out, "-{}", last.text).unwrap();
        }
        out.push(' ');
    }
    out.push_str(if ports.open { "..]" } else { "]" });
}

#[test]
fn statements() {
    for (text, expected) in [
        ("", ""),
        (" ;; // nothing\n/* at all */", ""),
        ("a :: A", "a::A;"),
        ("a::A; b::B", "a::A;b::B;"),
        ("a :: A b :: B", "a::A;b::B;"),
        ("a, b :: A(1, 2);", "a,b::A<1, 2>;"),
        ("a -> b -> c", "a One b One c;"),
        ("a -> b\nc -> d", "a One b;c One d;"),
        ("a [1] -> [media] b[x]", "a[1 ] One [media ]b[x ];"),
        ("a[0,2-4]=>[]b[1,]", "a[0 2-4 ] Many [..]b[1 ..];"),
        ("a, b -> c :: C -> D(x), e", "a,b One c::C One D<x>,e;"),
        ("A/b@3//c", "A/b@3;"),
        ("a/*x*/->b", "a One b;"),
        ("require(package x) define($A 1)", "require<package x>;define<$A 1>;"),
        ("defined -> requires", "defined One requires;"),
        ("A()", "A<>;"),
        ("->", "? One ?;"),
        ("-> a =>; [0] -> [1]", "? One a Many ?;?[0 ] One [1 ]?;"),
        ("x -> (-> a ->) -> y", "x One (? One a One ?;) One y;"),
        ("x => ([0]->[0]; [1]->[1]) [1]", "x Many (?[0 ] One [0 ]?;?[1 ] One [1 ]?;)[1 ];"),
        ("c :: { input -> output }(1) -> d", "c::{input One output;}<1> One d;"),
        ("a -> { $x, K $y | X($x) } (1, K 2)", "a One {$x K$y X<$x>;}<1, K 2>;"),
        ("elementclass A { a || $x | b || ... } A B", "class A {a;||$x b;...};A;B;"),
        ("elementclass A B (a -> b)", "class A B;(a One b;);"),
        ("elementclass A { | a }", "class A {a;};"),
        ("elementclass A { $x | || | }", "class A {$x ||};"),
        ("-> a -> elementclass A B", "? One a One ?;class A B;"),
        ("-> a -> define($x 1)", "? One a One ?;define<$x 1>;"),
        ("# 3 \"x\"\na\n#line 4\nb", "a;b;"),
    ] {
        assert_eq!(show(text), expected, "{text}");
    }
}

#[test]
fn configurations_end_at_their_parenthesis() {
    for config in [
        "simple",
        "with (balanced (and nested)) parens",
        "with \")quoted\" and ')' parens",
        "with \"\\\")\" escapes",
        "// a line )\n still going",
        "/* a ) comment */ \\ backslash",
        "\\<00 /* > */ 29>",
        "it is a / b",
        " spaces ",
    ] {
        assert_eq!(show(&format!("A({config})")), format!("A<{config}>;"));
    }
}

#[test]
fn spans_are_those_of_the_words() {
    let text = "  x  ::  Class  ( a )  [0]  ->  y  ";
    let parsed = parse(text, 0);
    let Statement::Connection(connection) = &parsed.statements[0] else { panic!() };
    assert_eq!(&text[connection.first[0].span.range()], "x  ::  Class  ( a )");
    assert_eq!(&text[connection.first[0].outputs.as_ref().unwrap().span.range()], "[0]");
    assert_eq!(&text[connection.hops[0].elements[0].span.range()], "y");
}

#[test]
fn parsing_goes_on_after_a_semicolon() {
    for (text, places) in [
        ("a -> -> b; c; d :: ; e(;); f [ -> g;", &[5, 19, 31][..]),
        ("a -> -> b", &[5]),
        ("a :: ; b(;) :: ; c", &[5, 12]),
        ("a ::; { b :: ; x -> ( y z ] ) }; c :: ", &[4, 13, 26, 38]),
        ("{ a :: || b :: ; c }", &[7, 15]),
        ("a }", &[2]),
        ("{ (a }", &[5]),
    ] {
        let errors = parse(text, 0).errors;
        let mut found: Vec<usize> = errors.iter().map(|e| e.span.unwrap().start).collect();
        found.sort_unstable();
        assert_eq!(found, places, "{text}");
    }
    assert_eq!(parse(&"a :: ;".repeat(100), 0).errors.len(), MOST_ERRORS);
}

#[test]
fn an_error_says_what_would_fit() {
    for (text, expected) in [
        ("]", "a statement"),
        ("a ]", "`(`, `[`, a statement or an arrow"),
        ("a [0] :: b", "a statement or an arrow"),
        ("[0] ]", "`{`, a name, a statement, an arrow or an element"),
        ("a, ;", "an element"),
        ("a -> -> b", "an element"),
        ("a :: ;", "`{` or a name"),
        ("[;", "a port"),
        ("[0-;", "a port"),
        ("[0;", "`,` or `]`"),
        ("elementclass ;", "a name"),
        ("elementclass A ;", "`{` or a name"),
        ("require ;", "`(`"),
        ("{ ] }", "`|` or a statement"),
        ("{ $a ; }", "`|`"),
        ("{ K ] }", "`(`, `[`, a statement, a variable or an arrow"),
        ("{ a || ] }", "`...`, `|` or a statement"),
    ] {
        let errors = parse(text, 0).errors;
        assert_eq!(errors[0].label, format!("expected {expected}"), "{text}");
    }
    // Nothing has a name that could stand there.
    for text in ["{ $a, ; }", "{ a || ... b }"] {
        assert_eq!(parse(text, 0).errors[0].label, "", "{text}");
    }
}

#[test]
fn blocks_are_not_nested_without_end() {
    for open in ["(", "{", "x -> ( a :: {"] {
        let errors = parse(&open.repeat(100_000), 0).errors;
        assert_eq!(errors[0].message, "blocks are nested more than 64 deep", "{open}");
        let _ = parse(&format!("{} {}", open.repeat(20), "} ) ".repeat(20)), 0);
    }
}

#[test]
fn time_is_linear_in_the_text() {
    // CPU time of this thread, so that other load does not count.
    let time = |text: &str| {
        let best = (0..3).map(|_| {
            let start = CpuTime::of_this_thread();
            let _ = parse(text, 0);
            let used = CpuTime::of_this_thread().since(start);
            used.user + used.kernel
        });
        best.min().unwrap()
    };
    for piece in [
        "a -> b(1, \"x\") [0] -> ",
        "a :: B(",
        "a -> b; /* c */ ",
        "a,",
        "// x\n",
        "(a -> { b }) ->",
    ] {
        let (small, large) = (piece.repeat(200), piece.repeat(3_200));
        // Sixteen times the text; quadratic would be 256 times the time.
        // The clock of the thread may tick in milliseconds.
        let limit = time(&small).max(Duration::from_millis(1)) * 100;
        assert!(time(&large) < limit, "{piece}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = parse(&text, 0);
    }

    #[test]
    fn no_text_of_the_languages_characters_panics(
        text in "([a-cA-C0-2 ,;:()\\[\\]{}|\"'\\\\<>/*$\n#.=-]|->|::|=>|define|require){0,60}"
    ) {
        let _ = parse(&text, 0);
    }
}
