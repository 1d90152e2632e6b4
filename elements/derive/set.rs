//! `#[derive(ElementSet)]`: what an enum of elements needs for the dynamic
//! engine: the catalogue, the start of an element by its class, and the way
//! from each method to the element that is there.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Ident, Result, Type, Variant};

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new(input.ident.span(), "a set of elements is an enum"));
    };
    let set = &input.ident;
    let variants = data.variants.iter().map(element).collect::<Result<Vec<_>>>()?;
    let is_set = |(variant, _): &(&Variant, &Type)| {
        variant.attrs.iter().any(|attribute| attribute.path().is_ident("set"))
    };
    let (inner, classes): (Vec<_>, Vec<_>) = variants.iter().copied().partition(is_set);
    if inner.len() > 1 {
        let message = "a set holds at most one other set";
        return Err(syn::Error::new(inner[1].0.ident.span(), message));
    }
    let names: Vec<&Ident> = variants.iter().map(|(variant, _)| &variant.ident).collect();
    let (catalogue, rest) = match inner.first() {
        None => (quote!(&[]), quote!(None)),
        Some((Variant { ident, .. }, ty)) => (
            quote!(<#ty as pkgraph_elements::ElementSet>::CATALOGUE),
            quote! {
                <#ty as pkgraph_elements::ElementSet>::start(class, args, context)
                    .map(|started| started.map(#set::#ident))
            },
        ),
    };
    let own: Vec<&Ident> = classes.iter().map(|(variant, _)| &variant.ident).collect();
    let types: Vec<&Type> = classes.iter().map(|(_, ty)| *ty).collect();
    let home = home(input);
    // The same call for whichever element it is.
    let each = |call: TokenStream| quote!(match self { #(#set::#names(element) => #call,)* });
    let simple_action = each(quote!(pkgraph_elements::Element::simple_action(element, packet)));
    let push = each(quote!(pkgraph_elements::Element::push(element, port, packet, edges)));
    let pull = each(quote!(pkgraph_elements::Element::pull(element, port, edges)));
    let run = each(quote!(pkgraph_elements::Element::run(element, edges)));
    let flush = each(quote!(pkgraph_elements::Element::flush(element, edges)));
    let room = each(quote!(pkgraph_elements::Element::room(element, port, packets)));
    let read = each(quote!(pkgraph_elements::Handlers::read_handler(element, name)));
    let write = each(quote!(pkgraph_elements::Handlers::write_handler(element, name, value)));
    Ok(quote! {
        impl pkgraph_elements::ElementSet for #set {
            const CATALOGUE: &'static [&'static pkgraph_elements::runtime::ElementInfo] = {
                const INNER: &[&pkgraph_elements::runtime::ElementInfo] = #catalogue;
                const OWN: &[&pkgraph_elements::runtime::ElementInfo] =
                    &[#(&<#types as pkgraph_elements::Declare>::INFO),*];
                &pkgraph_elements::joined::<{ INNER.len() + OWN.len() }>(INNER, OWN)
            };

            #home

            fn start(
                class: &str,
                args: &pkgraph_elements::runtime::Args,
                context: &mut pkgraph_elements::runtime::Context,
            ) -> Option<::core::result::Result<Self, pkgraph_elements::runtime::BoxError>> {
                #(if class == <#types as pkgraph_elements::Declare>::INFO.name {
                    let started = pkgraph_elements::start::<#types>(args, context);
                    return Some(started.map(#set::#own));
                })*
                #rest
            }
        }

        impl pkgraph_elements::Element for #set {
            #[inline]
            fn simple_action(
                &mut self,
                packet: pkgraph_elements::runtime::Packet,
            ) -> Option<pkgraph_elements::runtime::Packet> {
                #simple_action
            }

            #[inline]
            fn push<E: pkgraph_elements::runtime::Edges>(
                &mut self,
                port: usize,
                packet: pkgraph_elements::runtime::Packet,
                edges: &mut E,
            ) {
                #push
            }

            #[inline]
            fn pull<E: pkgraph_elements::runtime::Edges>(
                &mut self,
                port: usize,
                edges: &mut E,
            ) -> Option<pkgraph_elements::runtime::Packet> {
                #pull
            }

            #[inline]
            fn run<E: pkgraph_elements::runtime::Edges>(
                &mut self,
                edges: &mut E,
            ) -> pkgraph_elements::runtime::Progress {
                #run
            }

            #[inline]
            fn flush<E: pkgraph_elements::runtime::Edges>(&mut self, edges: &mut E) {
                #flush
            }

            #[inline]
            fn room(&self, port: usize, packets: usize) -> usize {
                #room
            }
        }

        impl pkgraph_elements::Handlers for #set {
            fn read_handler(
                &self,
                name: &str,
            ) -> ::core::result::Result<
                pkgraph_elements::runtime::Value,
                pkgraph_elements::runtime::HandlerError,
            > {
                #read
            }

            fn write_handler(
                &mut self,
                name: &str,
                value: &str,
            ) -> ::core::result::Result<(), pkgraph_elements::runtime::HandlerError> {
                #write
            }
        }
    })
}

/// A variant and the type that it holds.
fn element(variant: &Variant) -> Result<(&Variant, &Type)> {
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            Ok((variant, &fields.unnamed[0].ty))
        }
        _ => {
            let message = "a variant of a set holds one element, such as Counter(Counter)";
            Err(syn::Error::new(variant.ident.span(), message))
        }
    }
}

/// The crate of the set's own elements, for a set that is marked `#[set(home)]`.
fn home(input: &DeriveInput) -> Option<TokenStream> {
    let marked = input.attrs.iter().any(|attribute| attribute.path().is_ident("set"));
    let set = input.ident.to_string();
    marked.then(|| {
        quote! {
            const HOME: Option<pkgraph_elements::Home> = Some(pkgraph_elements::Home {
                package: env!("CARGO_PKG_NAME"),
                library: env!("CARGO_CRATE_NAME"),
                folder: env!("CARGO_MANIFEST_DIR"),
                set: #set,
            });
        }
    })
}
