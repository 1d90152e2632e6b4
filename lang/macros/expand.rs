//! From a call with all declarations to the graph's code, or its errors.

use crate::declared;
use crate::input::Call;
use pkgraph_declaration::Declaration;
use pkgraph_elements::{Builtin, ElementSet};
use pkgraph_lang::{
    Catalogue, Diagnostic, Program, ReadError, Source, Sources, compile_program, emit_within,
    library_path,
};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use std::path::{Path, PathBuf};
use syn::Result;

pub fn expand(call: &Call, declarations: &[Declaration]) -> Result<TokenStream> {
    let paths = &call.elements;
    // The emitted code is in a module of its own. Names that it has for the
    // elements serve whatever their paths are relative to.
    let aliases: Vec<_> =
        declarations.iter().map(|one| format_ident!("__PkgraphOwn{}", one.ident)).collect();
    let own = declarations.iter().zip(&aliases);
    let own = own.map(|(one, alias)| declared::info(one, &format!("super::{alias}")));
    let infos: Vec<_> = Builtin::CATALOGUE.iter().copied().chain(own).collect();
    let catalogue = Catalogue::new(&infos);

    let (file, folder) = (call.file.value(), folder());
    let error = |message: String| syn::Error::new(call.file.span(), message);
    let source = read(&folder, &file).map_err(error)?;
    let mut files = vec![file.clone()];
    let program = Program::read(&source, &mut |from, name| {
        let name = library_path(from, name).display().to_string();
        let source = read(&folder, &name)?;
        files.push(name);
        Ok(source)
    });
    let plan = compile_program(&program, &[], &catalogue).map_err(|errors| {
        let errors = errors.iter().map(|one| error(describe(&program.sources, &file, one)));
        let all = errors.reduce(|mut all, one| {
            all.combine(one);
            all
        });
        all.expect("a graph without a Plan has an error")
    })?;
    // The crate depends on pkgraph alone, which brings the library.
    let code = {
        let builtin = |path: &str| Builtin::CATALOGUE.iter().any(|info| info.path == path);
        emit_within(&plan, LIBRARY, |class| {
            let info = catalogue.get(class).expect("a checked class");
            match builtin(info.path) {
                true => format!("{LIBRARY}::{class}"),
                false => info.path.to_string(),
            }
        })
    };
    let code: TokenStream = code.parse()?;
    let texts = files.iter().map(|file| folder.join(file).display().to_string());
    Ok(quote! {
        #(#[doc(hidden)] #[allow(non_camel_case_types)] type #aliases = #paths;)*

        mod compiled { #code }
        pub use compiled::{Compiled, TOPOLOGY};

        impl Compiled {
            const EMBEDDED: ::pkgraph::Embedded = ::pkgraph::Embedded {
                files: &[#((#files, include_str!(#texts))),*],
                defines: &[],
                sockets: None,
                topology: TOPOLOGY,
                elements: &[
                    <::pkgraph::elements::Builtin as ::pkgraph::elements::ElementSet>::CATALOGUE,
                    &[#(&<#aliases as ::pkgraph::elements::Declare>::INFO),*],
                ],
            };

            /// The graph's Plan, with these values for its variables. The error
            /// says what is wrong with them, as `pkgraph check` would.
            pub fn plan(
                defines: &[(&str, &str)],
            ) -> ::core::result::Result<::pkgraph::runtime::Plan, ::pkgraph::PlanError> {
                Self::EMBEDDED.plan(defines)
            }

            /// A whole program: runs the graph with the arguments that
            /// `pkgraph run` has.
            pub fn main() -> ::std::process::ExitCode {
                ::pkgraph::standalone(Self::EMBEDDED, Self::start)
            }
        }
    })
}

/// How the crate reaches the library.
const LIBRARY: &str = "::pkgraph::elements";

/// The folder of the manifest.
fn folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it").into()
}

fn read(folder: &Path, name: &str) -> std::result::Result<Source, String> {
    let path = folder.join(name);
    Source::read(&path, name.to_string()).map_err(|error| match error {
        ReadError::Missing => format!("there is no file {}", path.display()),
        error => error.about(&path.display().to_string()),
    })
}

/// An error as lines of text, the place and what is wrong there first.
fn describe(sources: &Sources, file: &str, error: &Diagnostic) -> String {
    let place = match error.span {
        Some(span) => sources.location(span.start).to_string(),
        None => file.to_string(),
    };
    let mut text = format!("{place}: {}", error.message);
    if !error.label.is_empty() {
        text += &format!(": {}", error.label);
    }
    for label in &error.labels {
        text += &format!("\n{}: {}", sources.location(label.span.start), label.text);
    }
    for note in &error.notes {
        text += &format!("\nnote: {note}");
    }
    if let Some(help) = &error.help {
        text += &format!("\nhelp: {help}");
    } else if error.message.starts_with("there is no element class") {
        text += "\nhelp: elements of your own are named behind the file, as in \
                 graph!(\"main.click\", Shout)";
    }
    text
}
