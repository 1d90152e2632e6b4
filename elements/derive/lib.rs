//! `#[derive(Declare)]`: the declaration of an element, read off its struct.
//!
//! The struct's documentation comment is the element's documentation, its
//! `#[element(...)]` attribute says ports and processing, fields marked
//! `#[arg(...)]` are arguments, fields marked `#[handler]` can be read. Of a field
//! that is a struct of its own, `#[handlers(member = "documentation", ...)]` says
//! which of its members can be read. A handler may have options: `unit = "packets"`
//! for what its number counts, `grows` where it only grows, and for a table
//! `summary` and `metrics`, which say what it is for.
//!
//! This crate only turns a declaration into the constants and functions that
//! `pkgraph_elements::Declare` and `Handlers` ask for; it knows no element.

mod arguments;
mod expand;
mod metadata;
mod set;
#[cfg(test)]
mod tests;

use pkgraph_declaration::{Arguments, Declaration};
use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_macro_input};

/// Declares an element class. See the crate's documentation.
#[proc_macro_derive(Declare, attributes(element, arg, handler, handlers))]
pub fn declare(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let metadata = metadata::expand(&input);
    let items = match Declaration::read(&input) {
        Ok(declaration) => within_library(expand::expand(&declaration)),
        Err(error) => {
            // What else it lacks would only hide what is wrong.
            let (error, stub) = (error.into_compile_error(), within_library(expand::stub(&input)));
            quote!(#error #stub)
        }
    };
    quote!(#items #metadata).into()
}

/// Declares the arguments of an element that starts from them: see the option
/// `declared` of [`Declare`].
#[proc_macro_derive(Arguments, attributes(arguments, arg))]
pub fn arguments(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let metadata = metadata::expand(&input);
    let items = match Arguments::read(&input) {
        Ok(arguments) => within_library(arguments::expand(&arguments)),
        Err(error) => error.into_compile_error(),
    };
    quote!(#items #metadata).into()
}

/// Makes an enum of element classes a set that the dynamic engine runs.
#[proc_macro_derive(ElementSet, attributes(set))]
pub fn element_set(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    set::expand(&input).map(within_library).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// `items` with `pkgraph_elements` in scope. Users' crates depend on the crate
/// `pkgraph`; those of the library give that name to `pkgraph-core`.
fn within_library(items: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    quote! {
        const _: () = {
            use ::pkgraph::elements as pkgraph_elements;
            #items
        };
    }
}
