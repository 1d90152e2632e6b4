//! What the tokens of the library's elements say is what the elements declare.

use super::*;
use pkgraph_declaration::Arguments;
use pkgraph_elements::{Builtin, ElementSet};
use std::fs;
use std::path::Path;
use syn::{Attribute, DeriveInput, Item};

/// Every struct below `folder` that is an element, and those that are arguments.
fn elements(folder: &Path, found: &mut Vec<Declaration>, arguments: &mut Vec<Arguments>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            elements(&path, found, arguments);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            for item in file.items {
                let Item::Struct(item) = item else { continue };
                let derives = |a: &Attribute| a.to_token_stream().to_string().contains("Arguments");
                if item.attrs.iter().any(|a| a.path().is_ident("derive") && derives(a)) {
                    let input: DeriveInput = syn::parse2(item.to_token_stream()).unwrap();
                    arguments.push(Arguments::read(&input).unwrap());
                }
                if item.attrs.iter().any(|a: &Attribute| a.path().is_ident("element")) {
                    let input: DeriveInput = syn::parse2(item.to_token_stream()).unwrap();
                    found.push(Declaration::read(&input).unwrap());
                }
            }
        }
    }
}

/// All of a declaration that is data and that both have.
fn said(info: &ElementInfo, with_types: bool) -> String {
    let ElementInfo { name, subject, synopsis, description, example, handlers, .. } = info;
    let args = info.args.iter().map(|arg| {
        let ty = if with_types { arg.type_name } else { "" };
        (arg.name, arg.place, arg.required, ty, arg.default, arg.doc)
    });
    // The kind of a handler follows from its type, which tokens do not have.
    let handlers = handlers.iter().map(|one| (one.name, one.read, one.write, one.doc));
    let handlers: Vec<_> = handlers.collect();
    format!(
        "{:#?}",
        (
            (name, subject, synopsis, description, example, args.collect::<Vec<_>>(), handlers),
            (info.fan, info.task, info.flush, info.limited, info.sockets, info.outside),
        )
    )
}

#[test]
fn tokens_say_what_elements_declare() {
    let (mut found, mut arguments) = (Vec::new(), Vec::new());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../elements");
    elements(&folder, &mut found, &mut arguments);
    for declaration in &mut found {
        let Some(declared) = &declaration.options.declared else { continue };
        let name = declared.to_token_stream().to_string();
        if let Some(at) = arguments.iter().position(|one| one.ident == name) {
            declaration.fields.extend(arguments.swap_remove(at).fields);
        }
    }
    let mut names: Vec<_> = found.iter().map(|one| one.ident.to_string()).collect();
    names.sort();
    let mut all: Vec<_> = Builtin::CATALOGUE.iter().map(|info| info.name).collect();
    all.sort();
    // These two are made by a macro, whose result only rustc sees.
    all.retain(|name| !["Queue", "ThreadSafeQueue"].contains(name));
    assert_eq!(names, all);
    for declaration in &found {
        let seen = info(declaration, "");
        let is = Builtin::CATALOGUE.iter().find(|info| info.name == seen.name).unwrap();
        let fields = declaration.fields.iter().filter_map(|f| Some(f.value_type(f.arg.as_ref()?)));
        let known = fields.map(Known::of).all(|known| known.is_some());
        assert_eq!(said(seen, known), said(is, known));
        if declaration.options.ports_with.is_none() {
            let args = Args::default();
            assert_eq!((seen.ports)(&args), (is.ports)(&args), "{}", seen.name);
        }
    }
}

#[test]
fn values_of_known_types_are_checked() {
    let declaration = syn::parse_quote! {
        /// Synopsis.
        #[element(subject = "s", ports = "1/1", processing = "a/a")]
        struct Some {
            /// One.
            #[arg(position)]
            one: Option<std::time::Duration>,
            /// More.
            #[arg(rest)]
            more: Vec<u8>,
            /// Octets.
            #[arg(keyword)]
            data: Vec<u8>,
            /// Who knows?
            #[arg(keyword)]
            own: Unknown,
        }
    };
    let info = info(&Declaration::read(&declaration).unwrap(), "");
    let check = |given: &[(&str, &str)]| {
        let mut args = Args::default();
        given.iter().for_each(|(name, value)| args.add(*name, *value));
        (info.check)(&args).map_err(|error| error.name.unwrap())
    };
    let refused = |name: &str, index| Err((name.to_string(), index));
    assert_eq!(check(&[("ONE", "1ms"), ("MORE", "2"), ("DATA", "\"x\""), ("OWN", "?")]), Ok(()));
    assert_eq!(check(&[("ONE", "soon")]), refused("ONE", 0));
    assert_eq!(check(&[("MORE", "1"), ("MORE", "256")]), refused("MORE", 1));
    assert_eq!(check(&[("DATA", "\"x")]), refused("DATA", 0));
    let types: Vec<_> = info.args.iter().map(|arg| (arg.required, arg.type_name)).collect();
    assert_eq!(types[1..], [(false, u8::TYPE), (true, Vec::<u8>::TYPE), (true, "Unknown")]);
}
