//! What `graph!` is called with, and the calls by which it learns the
//! declarations of elements.

use crate::expand::expand;
use pkgraph_declaration::{Arguments, Declaration};
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{DeriveInput, LitStr, Path, Result, Token, Type, bracketed};

/// A call of `graph!`.
pub struct Call {
    /// The graph's file, from the folder of the manifest.
    pub file: LitStr,
    /// The elements that are not pkgraph's.
    pub elements: Vec<Path>,
    /// The structs of the first of them, each followed by that of its arguments
    /// if it names one.
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
        match self.read() {
            Read::Missing(next) => quote! {
                #next! { { ::pkgraph::__graph } #file [#(#elements),*] #(#declarations)* }
            },
            Read::Whole(all) => expand(&self, &all).unwrap_or_else(syn::Error::into_compile_error),
            Read::Wrong => TokenStream::new(),
        }
    }

    /// Reads the declarations that are there.
    fn read(&self) -> Read {
        let (mut texts, mut all) = (self.declarations.iter(), Vec::new());
        for element in &self.elements {
            let Some(text) = texts.next() else { return Read::Missing(element.clone()) };
            let parsed = text.parse::<DeriveInput>().and_then(|input| Declaration::read(&input));
            let Ok(mut declaration) = parsed else { return Read::Wrong };
            if let Some(Type::Path(declared)) = &declaration.options.declared {
                let Some(text) = texts.next() else {
                    return Read::Missing(beside(element, &declared.path));
                };
                let parsed = text.parse::<DeriveInput>().and_then(|input| Arguments::read(&input));
                let Ok(arguments) = parsed else { return Read::Wrong };
                declaration.fields.extend(arguments.fields);
            }
            all.push(declaration);
        }
        Read::Whole(all)
    }
}

/// What the declarations of a call say.
enum Read {
    /// All of them, in the order of the elements.
    Whole(Vec<Declaration>),
    /// That of this struct is not there yet.
    Missing(Path),
    /// One is wrong, which its derive has said.
    Wrong,
}

/// The path of a type that stands beside `element`.
fn beside(element: &Path, name: &Path) -> Path {
    let mut path = element.clone();
    path.segments.pop();
    path.segments.extend(name.segments.iter().cloned());
    path
}
