//! `#[derive(Declare)]`: the declaration of an element, read off its struct.
//!
//! The struct's documentation comment is the element's documentation, its
//! `#[element(...)]` attribute says ports and processing, fields marked
//! `#[arg(...)]` are arguments, fields marked `#[handler]` can be read.
//!
//! This crate only turns a declaration into the constants and functions that
//! `pkgraph_elements::Declare` and `Handlers` ask for; it knows no element.

mod expand;
mod metadata;
mod set;

use pkgraph_elements_declaration::Declaration;
use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_macro_input};

/// Declares an element class. See the crate's documentation.
#[proc_macro_derive(Declare, attributes(element, arg, handler))]
pub fn declare(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    Declaration::read(&input)
        .map(|declaration| {
            let metadata = metadata::expand(&input, &declaration);
            let items = within_library(expand::expand(&declaration));
            quote!(#items #metadata)
        })
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes an enum of element classes a set that the dynamic engine runs.
#[proc_macro_derive(ElementSet)]
pub fn element_set(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    set::expand(&input).map(within_library).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// `items` with `pkgraph_elements` in scope. Other crates reach it as
/// `pkgraph::elements`, the one library that they depend on.
fn within_library(items: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let library = match in_library() {
        true => quote!(::pkgraph_elements),
        false => quote!(::pkgraph::elements),
    };
    quote! {
        const _: () = {
            use #library as pkgraph_elements;
            #items
        };
    }
}

/// Whether this is the library of elements itself.
fn in_library() -> bool {
    std::env::var("CARGO_PKG_NAME").is_ok_and(|package| package == "pkgraph-elements")
}
