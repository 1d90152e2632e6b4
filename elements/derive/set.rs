//! `#[derive(ElementSet)]`: the catalogue and the constructor of an enum of
//! elements, whose variants are named like the classes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Ident, Result};

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new(input.ident.span(), "a set of elements is an enum"));
    };
    let set = &input.ident;
    let classes: Vec<&Ident> = data.variants.iter().map(|variant| &variant.ident).collect();
    Ok(quote! {
        impl pkgraph_elements::ElementSet for #set {
            const CATALOGUE: &'static [&'static pkgraph_elements::runtime::ElementInfo] =
                &[#(&<#classes as pkgraph_elements::Declare>::INFO),*];

            fn create(
                class: &str,
                args: &pkgraph_elements::runtime::Args,
            ) -> Option<::core::result::Result<Self, pkgraph_elements::runtime::ArgError>> {
                #(if class == <#classes as pkgraph_elements::Declare>::INFO.name {
                    let element = <#classes as pkgraph_elements::Declare>::configure(args);
                    return Some(element.map(#set::#classes));
                })*
                None
            }
        }
    })
}
