//! What `graph!` is called with, and the calls by which it learns the
//! declarations of elements.

use crate::expand::expand;
use pkgraph_elements_declaration::Declaration;
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{DeriveInput, LitStr, Path, Result, Token, bracketed};

/// A call of `graph!`.
pub struct Call {
    /// The graph's file, from the folder of the manifest.
    pub file: LitStr,
    /// The elements that are not pkgraph's.
    pub elements: Vec<Path>,
    /// The structs of the first of them.
    declarations: Vec<LitStr>,
}

/// A call with some of the declarations: `"file" [elements] declarations…`.
pub struct Step(pub Call);

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> Result<Call> {
        let file = input.parse().map_err(|error: syn::Error| {
            let what = "expected the graph's file, such as \"graphs/main.click\"";
            syn::Error::new(error.span(), what)
        })?;
        let mut elements = Vec::new();
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
            let list =
                Punctuated::<_, Token![,]>::parse_terminated_with(input, Path::parse_mod_style)?;
            elements.extend(list);
        }
        Ok(Call { file, elements, declarations: Vec::new() })
    }
}

impl Parse for Step {
    fn parse(input: ParseStream<'_>) -> Result<Step> {
        let file = input.parse()?;
        let list;
        bracketed!(list in input);
        let elements =
            Punctuated::<_, Token![,]>::parse_terminated_with(&list, Path::parse_mod_style)?;
        let mut declarations = Vec::new();
        while !input.is_empty() {
            declarations.push(input.parse()?);
        }
        Ok(Step(Call { file, elements: elements.into_iter().collect(), declarations }))
    }
}

impl Call {
    /// Asks for the next declaration, or expands when all are there.
    pub fn next_step(self) -> TokenStream {
        let Call { file, elements, declarations } = &self;
        match elements.get(declarations.len()) {
            Some(next) => quote! {
                #next! { { ::pkgraph::__graph } #file [#(#elements),*] #(#declarations)* }
            },
            None => expand(&self).unwrap_or_else(syn::Error::into_compile_error),
        }
    }

    /// The declarations of the elements.
    pub fn declarations(&self) -> Result<Vec<Declaration>> {
        let read = |text: &LitStr| Declaration::read(&text.parse::<DeriveInput>()?);
        self.declarations.iter().map(read).collect()
    }
}
