//! The code that a declaration becomes.

use crate::arguments;
use pkgraph_declaration::{
    Declaration, DeclaredHandler, HandlerOptions, HandlerSource, Options, PortCount,
};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr};

pub fn expand(declaration: &Declaration) -> TokenStream {
    let Declaration { ident, generics, synopsis, description, options, fields } = declaration;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let Options { subject, example, output, task, flush, limited, sockets, .. } = options;
    let Options { outside, reads, requires, writes, replaces, .. } = options;
    let name = ident.to_string();
    let fan = if options.fan_all { quote!(All) } else { quote!(One) };
    let handlers = declaration.handlers().into_iter().map(handler_info);
    let on_sockets = match &options.on_sockets {
        Some(path) => quote!(::core::option::Option::Some(#path)),
        None => quote!(::core::option::Option::None),
    };
    let ports = ports(options);
    let ports = match &options.ports_with {
        Some(path) => quote!(&|args| #path(#ports, args)),
        None => quote!(&|_| #ports),
    };
    let args = match &options.declared {
        Some(path) => quote!(<#path as pkgraph_elements::Arguments>::ARGS),
        None => arguments::infos(fields),
    };
    let declared = match &options.declared {
        Some(path) => quote! {
            type Declared = #path;

            fn declare(
                args: &pkgraph_elements::runtime::Args,
            ) -> ::core::result::Result<#path, pkgraph_elements::runtime::ArgError> {
                <#path as pkgraph_elements::Arguments>::read(args)
            }
        },
        None => {
            let read = arguments::read(fields, options.validate.as_ref());
            quote! {
                type Declared = Self;

                #[allow(unused_variables, unused_mut)]
                fn declare(
                    args: &pkgraph_elements::runtime::Args,
                ) -> ::core::result::Result<Self, pkgraph_elements::runtime::ArgError> {
                    #read
                }
            }
        }
    };
    // Who names another type starts by a function of its own.
    let start = options.declared.is_none().then(|| {
        quote! {
            impl #impl_generics pkgraph_elements::Start for #ident #type_generics #where_clause {
                fn start(
                    declared: Self,
                    _: &mut pkgraph_elements::runtime::Context,
                ) -> ::core::result::Result<Self, pkgraph_elements::runtime::BoxError> {
                    Ok(declared)
                }
            }
        }
    });
    let handler_impl = handler_impl(declaration);
    quote! {
        impl #impl_generics pkgraph_elements::Declare for #ident #type_generics #where_clause {
            const INFO: pkgraph_elements::runtime::ElementInfo =
                pkgraph_elements::runtime::ElementInfo {
                    name: #name,
                    path: concat!("::", env!("CARGO_CRATE_NAME"), "::", #name),
                    subject: #subject,
                    synopsis: #synopsis,
                    description: #description,
                    example: #example,
                    args: #args,
                    handlers: &[#(#handlers),*],
                    ports: #ports,
                    check: &|args| <Self as pkgraph_elements::Declare>::declare(args).map(drop),
                    fan: pkgraph_elements::runtime::Fan::#fan,
                    task: #task,
                    flush: #flush,
                    limited: #limited,
                    sockets: #sockets,
                    outside: #outside,
                    reads: &[#(pkgraph_elements::runtime::Annotation::#reads),*],
                    requires: &[#(pkgraph_elements::runtime::Annotation::#requires),*],
                    writes: &[#(pkgraph_elements::runtime::Annotation::#writes),*],
                    replaces: #replaces,
                    on_sockets: #on_sockets,
                    output: #output,
                };

            #declared
        }

        #start

        impl #impl_generics pkgraph_elements::Handlers for #ident #type_generics #where_clause {
            #handler_impl
        }
    }
}

/// What a struct needs to be an element, where its declaration is wrong: so that
/// this is the only error, and not one for each use of the struct, too.
pub fn stub(input: &DeriveInput) -> TokenStream {
    let (ident, generics) = (&input.ident, &input.generics);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    quote! {
        impl #impl_generics pkgraph_elements::Declare for #ident #type_generics #where_clause {
            const INFO: pkgraph_elements::runtime::ElementInfo = pkgraph_elements::UNDECLARED;

            type Declared = Self;

            fn declare(
                _: &pkgraph_elements::runtime::Args,
            ) -> ::core::result::Result<Self, pkgraph_elements::runtime::ArgError> {
                ::core::unreachable!("a crate with a wrong declaration does not compile")
            }
        }

        impl #impl_generics pkgraph_elements::Start for #ident #type_generics #where_clause {
            fn start(
                _: Self,
                _: &mut pkgraph_elements::runtime::Context,
            ) -> ::core::result::Result<Self, pkgraph_elements::runtime::BoxError> {
                ::core::unreachable!("a crate with a wrong declaration does not compile")
            }
        }

        impl #impl_generics pkgraph_elements::Handlers for #ident #type_generics #where_clause {
            fn read_handler(
                &self,
                _: &str,
            ) -> ::core::result::Result<
                pkgraph_elements::runtime::Value,
                pkgraph_elements::runtime::HandlerError,
            > {
                ::core::unreachable!("a crate with a wrong declaration does not compile")
            }

            fn write_handler(
                &mut self,
                _: &str,
                _: &str,
            ) -> ::core::result::Result<(), pkgraph_elements::runtime::HandlerError> {
                ::core::unreachable!("a crate with a wrong declaration does not compile")
            }
        }
    }
}

fn ports(options: &Options) -> TokenStream {
    let optional = match &options.optional_outputs_from {
        Some(n) => quote!(#n),
        None => quote!(usize::MAX),
    };
    let inputs = port_info(
        options.inputs,
        &options.input_names,
        &options.input_processing,
        &options.input_docs,
        quote!(usize::MAX),
    );
    let outputs = port_info(
        options.outputs,
        &options.output_names,
        &options.output_processing,
        &options.output_docs,
        optional,
    );
    quote!(pkgraph_elements::runtime::Ports { inputs: #inputs, outputs: #outputs })
}

fn port_info(
    count: PortCount,
    names: &[LitStr],
    processing: &[char],
    docs: &[LitStr],
    optional_from: TokenStream,
) -> TokenStream {
    let min = count.min;
    let max = match count.max {
        Some(n) => quote!(#n),
        None => quote!(usize::MAX),
    };
    let processing = processing.iter().map(|letter| match letter {
        'h' => quote!(pkgraph_elements::runtime::Processing::Push),
        'l' => quote!(pkgraph_elements::runtime::Processing::Pull),
        _ => quote!(pkgraph_elements::runtime::Processing::Agnostic),
    });
    quote! {
        pkgraph_elements::runtime::PortInfo {
            min: #min,
            max: #max,
            names: &[#(#names),*],
            optional_from: #optional_from,
            processing: &[#(#processing),*],
            docs: &[#(#docs),*],
        }
    }
}

fn handler_info(handler: DeclaredHandler) -> TokenStream {
    let DeclaredHandler { name, read, write, doc, value, options } = handler;
    let kind = match value {
        HandlerSource::Field(ty) => {
            quote!(<#ty as pkgraph_elements::runtime::HandlerValue>::KIND)
        }
        HandlerSource::Member(field, member) => quote! {
            pkgraph_elements::runtime::kind_of_member(|element: &Self| &element.#field.#member)
        },
        HandlerSource::Method(method) => {
            quote!(pkgraph_elements::runtime::kind_of_method::<Self, _>(#method))
        }
        HandlerSource::None => quote!(pkgraph_elements::runtime::Kind::Text),
    };
    let HandlerOptions { unit, grows, summary, metrics } = options;
    quote! {
        pkgraph_elements::runtime::HandlerInfo {
            name: #name,
            read: #read,
            write: #write,
            kind: #kind,
            quantity: pkgraph_elements::runtime::Quantity::new(#unit, #grows),
            purpose: pkgraph_elements::runtime::Purpose {
                summary: #summary,
                metrics: #metrics,
            },
            doc: #doc,
        }
    }
}

fn handler_impl(declaration: &Declaration) -> TokenStream {
    let handlers = &declaration.options.handlers;
    let with_handler = || declaration.fields.iter().filter(|f| f.handler.is_some());
    let fields = with_handler().map(|field| {
        let (ident, name) = (&field.ident, field.ident.to_string());
        quote!(#name => Ok(pkgraph_elements::runtime::HandlerValue::value(&self.#ident)),)
    });
    let members = declaration.fields.iter().flat_map(|field| {
        field.handlers.iter().map(|handler| {
            let (ident, member, name) = (&field.ident, &handler.member, handler.member.to_string());
            quote!(#name => Ok(pkgraph_elements::runtime::HandlerValue::value(&self.#ident.#member)),)
        })
    });
    let writable = with_handler().filter(|f| f.handler.as_ref().is_some_and(|h| h.write));
    let field_writes = writable.map(|field| {
        let (ident, name) = (&field.ident, field.ident.to_string());
        quote! {
            #name => {
                self.#ident = pkgraph_elements::runtime::FromArg::from_arg(value.trim())
                    .map_err(pkgraph_elements::runtime::HandlerError::Refused)?;
                Ok(())
            }
        }
    });
    let methods = handlers.iter().filter(|h| !h.write).map(|handler| {
        let (name, method) = (handler.name.to_string(), &handler.method);
        quote!(#name => Ok(pkgraph_elements::runtime::HandlerValue::value(&#method(self))),)
    });
    let writes = handlers.iter().filter(|h| h.write).map(|handler| {
        let (name, method) = (handler.name.to_string(), &handler.method);
        quote! {
            #name => #method(self, value)
                .map_err(pkgraph_elements::runtime::HandlerError::Refused),
        }
    });
    quote! {
        fn read_handler(
            &self,
            name: &str,
        ) -> ::core::result::Result<
                pkgraph_elements::runtime::Value,
                pkgraph_elements::runtime::HandlerError,
            > {
            match name {
                #(#fields)*
                #(#members)*
                #(#methods)*
                _ => Err(pkgraph_elements::missing_handler::<Self>(name)),
            }
        }

        #[allow(unused_variables)]
        fn write_handler(
            &mut self,
            name: &str,
            value: &str,
        ) -> ::core::result::Result<(), pkgraph_elements::runtime::HandlerError> {
            match name {
                #(#field_writes)*
                #(#writes)*
                _ => Err(pkgraph_elements::missing_handler::<Self>(name)),
            }
        }
    }
}
