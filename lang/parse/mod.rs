//! Text to AST. No type of the parser generator leaves this module.

mod syntax_error;

use crate::ast::{
    Arrow, Config, Connection, Element, ElementKind, File, Hop, Identifier, PortItem, Ports,
    Statement,
};
use crate::{Diagnostic, Span};
use pest::Parser;
use pest::iterators::{Pair, Pairs};

/// The generated parser; its `Rule` has no documentation of its own.
#[allow(missing_docs)]
mod generated {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar.pest"]
    pub(super) struct Grammar;
}
use generated::{Grammar, Rule};

/// So many syntax errors are reported; the text is parsed once for each.
const MOST_ERRORS: usize = 10;

/// Parses a whole graph. After a syntax error the rest is parsed from the next
/// semicolon on, to find further ones.
pub fn parse(text: &str) -> Result<File, Vec<Diagnostic>> {
    let error = match Grammar::parse(Rule::file, text) {
        Ok(pairs) => return Ok(file(pairs)),
        Err(error) => error,
    };
    let mut errors = Vec::new();
    let mut next = Some(error);
    let mut rest = text.to_string();
    while let Some(error) = next.take().filter(|_| errors.len() < MOST_ERRORS) {
        let (diagnostic, statement) = syntax_error::diagnostic(&rest, &error);
        errors.push(diagnostic);
        if let Some(statement) = statement {
            rest.replace_range(statement.clone(), &" ".repeat(statement.len()));
            next = Grammar::parse(Rule::file, &rest).err();
        }
    }
    Err(errors)
}

fn file(mut pairs: Pairs<'_, Rule>) -> File {
    let mut statements = Vec::new();
    for pair in pairs.next().into_iter().flat_map(Pair::into_inner) {
        match pair.as_rule() {
            Rule::connection => statements.push(Statement::Connection(connection(pair))),
            Rule::require => statements.extend(config_of(pair).map(Statement::Require)),
            Rule::define => statements.extend(config_of(pair).map(Statement::Define)),
            _ => {}
        }
    }
    File { statements }
}

fn connection(pair: Pair<'_, Rule>) -> Connection {
    let mut connection = Connection { first: Vec::new(), hops: Vec::new() };
    let mut next_arrow = None;
    for pair in pair.into_inner() {
        match pair.as_rule() {
            Rule::arrow => next_arrow = Some((pair.as_str() == "=>", span(&pair))),
            _ => {
                let elements = pair.into_inner().filter_map(element).collect();
                match next_arrow.take() {
                    None => connection.first = elements,
                    Some((many, arrow_span)) => {
                        let arrow = if many { Arrow::Many } else { Arrow::One };
                        connection.hops.push(Hop { arrow, arrow_span, elements });
                    }
                }
            }
        }
    }
    connection
}

fn element(pair: Pair<'_, Rule>) -> Option<Element> {
    let (mut inputs, mut outputs, mut kind) = (None, None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::input_ports => inputs = Some(ports(part)),
            Rule::output_ports => outputs = Some(ports(part)),
            _ => kind = Some(element_kind(part)?),
        }
    }
    let (span, kind) = kind?;
    Some(Element { inputs, kind, outputs, span })
}

/// The element without its ports, and where it is.
fn element_kind(pair: Pair<'_, Rule>) -> Option<(Span, ElementKind)> {
    let declaration = pair.as_rule() == Rule::declaration;
    let mut parts = pair.into_inner().peekable();
    let name = identifier(&parts.next()?);
    let class = if declaration { Some(identifier(&parts.next()?)) } else { None };
    // The pair itself takes in the space after it.
    let last = parts.peek().map(span).or(class.as_ref().map(|class| class.span));
    let span = name.span.to(last.unwrap_or(name.span));
    let config = parts.next().and_then(config);
    let kind = match class {
        Some(class) => ElementKind::Declaration { name, class, config },
        None => ElementKind::Reference { name, config },
    };
    Some((span, kind))
}

fn ports(pair: Pair<'_, Rule>) -> Ports {
    let mut ports = Ports { items: Vec::new(), open: false, span: span(&pair) };
    for part in pair.into_inner() {
        if part.as_rule() == Rule::open_end {
            ports.open = true;
            continue;
        }
        let mut ends = part.into_inner().map(|end| identifier(&end));
        if let Some(first) = ends.next() {
            ports.items.push(PortItem { first, last: ends.next() });
        }
    }
    ports.open |= ports.items.is_empty();
    ports
}

/// The configuration of a pair that contains one.
fn config_of(pair: Pair<'_, Rule>) -> Option<Config> {
    pair.into_inner().find(|inner| inner.as_rule() == Rule::config).and_then(config)
}

fn config(pair: Pair<'_, Rule>) -> Option<Config> {
    pair.into_inner().next().map(|text| Config { span: span(&text) })
}

fn identifier(pair: &Pair<'_, Rule>) -> Identifier {
    Identifier { text: pair.as_str().to_string(), span: span(pair) }
}

fn span(pair: &Pair<'_, Rule>) -> Span {
    Span { start: pair.as_span().start(), end: pair.as_span().end() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write;
    use std::time::{Duration, Instant};

    /// The AST in a notation short enough to compare.
    fn show(text: &str) -> String {
        let file = parse(text).unwrap_or_else(|d| panic!("{text}: {d:?}"));
        let mut out = String::new();
        for statement in &file.statements {
            match statement {
                Statement::Require(c) => write!(out, "require<{}>", &text[c.span.range()]).unwrap(),
                Statement::Define(c) => write!(out, "define<{}>", &text[c.span.range()]).unwrap(),
                Statement::Connection(c) => {
                    show_elements(&mut out, text, &c.first);
                    for hop in &c.hops {
                        write!(out, " {:?} ", hop.arrow).unwrap();
                        show_elements(&mut out, text, &hop.elements);
                    }
                }
            }
            out.push(';');
        }
        out
    }

    fn show_elements(out: &mut String, text: &str, elements: &[Element]) {
        for (i, element) in elements.iter().enumerate() {
            out.push_str(if i > 0 { "," } else { "" });
            show_ports(out, &element.inputs);
            let config = match &element.kind {
                ElementKind::Declaration { name, class, config } => {
                    write!(out, "{}::{}", name.text, class.text).unwrap();
                    config
                }
                ElementKind::Reference { name, config } => {
                    out.push_str(&name.text);
                    config
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
        let file = parse(text).unwrap();
        let Statement::Connection(connection) = &file.statements[0] else { panic!() };
        assert_eq!(&text[connection.first[0].span.range()], "x  ::  Class  ( a )");
        assert_eq!(&text[connection.first[0].outputs.as_ref().unwrap().span.range()], "[0]");
        assert_eq!(&text[connection.hops[0].elements[0].span.range()], "y");
    }

    #[test]
    fn parsing_goes_on_after_a_semicolon() {
        for (text, places) in [
            ("a -> -> b; c; d :: ; e(;); f [ -> g;", &[5, 19, 31][..]),
            ("a -> -> b", &[5]),
            ("a ->; b(;) ->; c", &[4, 13]),
            ("a -> -> b; c (", &[13]),
            ("-> a; /* ; */ b -> ;", &[0, 19]),
        ] {
            let errors = parse(text).unwrap_err();
            let found: Vec<usize> = errors.iter().map(|e| e.span.unwrap().start).collect();
            assert_eq!(found, places, "{text}");
        }
        assert_eq!(parse(&"-> ;".repeat(100)).unwrap_err().len(), MOST_ERRORS);
    }

    #[test]
    fn time_is_linear_in_the_text() {
        let time = |text: &str| {
            let best = (0..3).map(|_| {
                let start = Instant::now();
                let _ = parse(text);
                start.elapsed()
            });
            best.min().unwrap()
        };
        for piece in
            ["a -> b(1, \"x\") [0] -> ", "a :: B(", "((", "a -> b; /* c */ ", "a,", "// x\n"]
        {
            let (small, large) = (piece.repeat(200), piece.repeat(3_200));
            // Sixteen times the text; quadratic would be 256 times the time.
            let limit = time(&small).max(Duration::from_micros(200)) * 100;
            assert!(time(&large) < limit, "{piece}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = parse(&text);
        }

        #[test]
        fn no_text_of_the_languages_characters_panics(
            text in "([a-cA-C0-2 ,;:()\\[\\]{}|\"'\\\\<>/*$\n#.=-]|->|::|=>|define|require){0,60}"
        ) {
            let _ = parse(&text);
        }
    }
}
