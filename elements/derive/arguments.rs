//! Reading arguments into the fields of a struct.

use pkgraph_declaration::{ArgOptions, Arguments, DeclaredField, Place};
use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;

/// `impl Arguments` for a struct of its own.
pub fn expand(arguments: &Arguments) -> TokenStream {
    let Arguments { ident, generics, validate, fields } = arguments;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let args = infos(fields);
    let read = read(fields, validate.as_ref());
    quote! {
        impl #impl_generics pkgraph_elements::Arguments for #ident #type_generics #where_clause {
            const ARGS: &'static [pkgraph_elements::runtime::ArgInfo] = #args;

            #[allow(unused_variables, unused_mut)]
            fn read(
                args: &pkgraph_elements::runtime::Args,
            ) -> ::core::result::Result<Self, pkgraph_elements::runtime::ArgError> {
                #read
            }
        }
    }
}

/// The declarations of the fields that are arguments.
pub fn infos(fields: &[DeclaredField]) -> TokenStream {
    let args = fields.iter().filter_map(|f| f.arg.as_ref().map(|arg| info(f, arg)));
    quote!(&[#(#args),*])
}

fn info(field: &DeclaredField, arg: &ArgOptions) -> TokenStream {
    let (name, doc) = (&arg.name, &field.doc);
    let place = match arg.place {
        Place::Positional => quote!(Positional),
        Place::Keyword => quote!(Keyword),
        Place::Rest => quote!(Rest),
    };
    let (ty, required) = (field.value_type(arg), field.is_required(arg));
    let default = arg.default.as_ref().map(LitStr::value).unwrap_or_default();
    quote! {
        pkgraph_elements::runtime::ArgInfo {
            name: #name,
            place: pkgraph_elements::runtime::ArgPlace::#place,
            required: #required,
            type_name: <#ty as pkgraph_elements::runtime::FromArg>::TYPE,
            parse: |text| {
                <#ty as pkgraph_elements::runtime::FromArg>::from_arg(text).map(::core::mem::drop)
            },
            default: #default,
            doc: #doc,
        }
    }
}

/// The body of a function that makes the struct of `args`. Fields that are no
/// arguments begin with their type's default.
pub fn read(fields: &[DeclaredField], validate: Option<&syn::Path>) -> TokenStream {
    let values = fields.iter().map(|field| {
        let ident = &field.ident;
        let Some(arg) = &field.arg else {
            return quote!(#ident: ::core::default::Default::default());
        };
        let name = &arg.name;
        let value = match (&arg.default, arg.place) {
            (_, Place::Rest) => quote!(args.parse_all(#name)?),
            (Some(default), _) => quote!(args.parse_default(#name, #default)?),
            (None, _) if field.optional().is_some() => quote!(args.parse_opt(#name)?),
            (None, _) => quote!(args.parse_required(#name)?),
        };
        quote!(#ident: #value)
    });
    let validate = validate.map(|path| quote!(#path(&mut declared)?;));
    quote! {
        let mut declared = Self { #(#values),* };
        #validate
        Ok(declared)
    }
}
