//! Declarations that contradict themselves: what the compiler says of each.

use pkgraph_declaration::{Arguments, Declaration};
use syn::parse_str;

/// The error of an element with these options and fields.
fn refused(options: &str, fields: &str) -> String {
    let text = format!(
        "/// Passes packets on.\n#[element(subject = \"own\", {options})]\nstruct Wrong {{ {fields} }}"
    );
    match Declaration::read(&parse_str(&text).unwrap()) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    }
}

const ONE: &str = r#"ports = "1/1", processing = "a/a""#;

#[test]
fn what_contradicts_itself_is_refused() {
    for (options, error) in [
        (r#"ports = "1/1", processing = "ah/a""#, "processing of inputs: 2 letters for at most 1"),
        (r#"ports = "1/1", processing = "a/""#, "processing of outputs: a letter is missing: h"),
        (r#"ports = "0/1", processing = "h/h", task"#, "inputs: there are letters, and no such"),
        (
            r#"ports = "1/1", processing = "a/a", input_names("a", "b")"#,
            "input_names has 2 entries for 1 inputs",
        ),
        (
            r#"ports = "1/2", processing = "h/h", output_names("a", "a")"#,
            "two outputs are called \"a\"",
        ),
        (
            r#"ports = "1/1", processing = "h/h", output_docs("First.", "Second.")"#,
            "output_docs has 2 entries for 1 outputs",
        ),
        (
            r#"ports = "1/1", processing = "l/h""#,
            "it has inputs to pull from, and nobody calls it: declare `task`",
        ),
        (
            r#"ports = "0/1", processing = "/h""#,
            "it has no inputs and pushes, and nobody calls it: declare `task`",
        ),
        (r#"processing = "a/a""#, "#[element(...)] needs a subject"),
        (r#"ports = "one", processing = "a/a""#, "expected inputs/outputs, such as 1/1"),
        (r#"ports = "1/x", processing = "a/a""#, "ports are counts such as 1, 1-"),
        (r#"ports = "1/1", prcessing = "a/a""#, "#[element(...)] has the options"),
    ] {
        let told = refused(options, "");
        assert!(told.contains(error), "{options}\n{told}");
    }
}

#[test]
fn so_are_arguments_and_handlers() {
    for (fields, error) in [
        (
            "/** A number. */ #[arg(keyword, name = \"N\")] a: u8, /** A number. */ #[arg(keyword, name = \"N\")] b: u8",
            "are called N",
        ),
        (
            "/** All. */ #[arg(rest)] a: Vec<u8>, /** One. */ #[arg(position)] b: u8",
            "no position is left behind",
        ),
    ] {
        let told = refused(ONE, fields);
        assert!(told.contains(error), "{fields}\n{told}");
    }
    let two = format!("{ONE}, read_handler(a = Wrong::a, \"Also a.\")");
    let told = refused(&two, "/** A. */ #[handler] a: u64");
    assert!(told.contains("two handlers that can be read are called \"a\""), "{told}");
    let declared = format!("{ONE}, declared = Other");
    let told = refused(&declared, "/** A. */ #[arg(keyword)] a: u8");
    assert!(told.contains("stand in the type that `declared` names"), "{told}");
    let twice = "struct Args { /** A number. */ #[arg(keyword, name = \"N\")] a: u8, /** A number. */ #[arg(keyword, name = \"N\")] b: u8 }";
    let told = Arguments::read(&parse_str(twice).unwrap()).err().expect("accepted").to_string();
    assert!(told.contains("two arguments are called N"), "{told}");
}

#[test]
fn an_element_is_a_struct_with_a_synopsis() {
    for (text, error) in [
        (
            "#[element(subject = \"own\", ports = \"1/1\", processing = \"a/a\")] struct A;",
            "synopsis",
        ),
        ("/// Passes on.\nstruct A;", "#[element(...)] with subject and ports is missing"),
        ("/// Passes on.\nenum A {}", "an element is a struct"),
    ] {
        let told = Declaration::read(&parse_str(text).unwrap()).err().expect("accepted");
        assert!(told.to_string().contains(error), "{told}");
    }
}
