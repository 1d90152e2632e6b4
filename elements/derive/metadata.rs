//! The declaration as a macro, for `graph!`.
//!
//! A macro sees tokens, not the constants of a crate that is just being
//! compiled. So the declaration of an element is also there as a macro of the
//! struct's name, which goes wherever the struct's name goes: called with
//! another macro and tokens, it calls that macro with these tokens and, behind
//! them, the struct as a string.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use std::hash::{DefaultHasher, Hash, Hasher};
use syn::DeriveInput;

/// `input` may be wrong as a declaration: the macro is there all the same, and
/// `graph!` leaves it to the derive to say so.
pub fn expand(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let text = quote!(#input).to_string();
    // All exported macros of a crate share one scope, so the name has to differ
    // from that of any other element's.
    let mut hasher = DefaultHasher::new();
    let place = ident.span().unwrap().start();
    (&text, ident.span().unwrap().file(), place.line(), place.column()).hash(&mut hasher);
    let name = format_ident!("__pkgraph_{ident}_{:016x}", hasher.finish());
    quote! {
        #[doc(hidden)]
        #[allow(non_local_definitions)]
        #[macro_export]
        macro_rules! #name {
            ({ $($then:tt)* } $($tokens:tt)*) => { $($then)* ! { $($tokens)* #text } };
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        pub use #name as #ident;
    }
}
