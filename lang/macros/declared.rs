//! The declaration of an element as far as its tokens say it.

use pkgraph_declaration::{Declaration, Options, Place, PortCount};
use pkgraph_elements::ethernet::EtherAddress;
use pkgraph_runtime::{
    Annotation, ArgError, ArgInfo, ArgPlace, Args, Burst, ElementInfo, Fan, FromArg, HandlerInfo,
    Host, Kind, PortInfo, Ports, Processing, Purpose, Quantity,
};
use quote::ToTokens;
use std::net::Ipv4Addr;
use std::time::Duration;
use syn::{Ident, LitStr, Type};

/// The declaration for the compiler, with `path` as the Rust path of the type.
/// It lives as long as the macro's process, as those of the library do.
pub fn info(declaration: &Declaration, path: &str) -> &'static ElementInfo {
    let Declaration { options, .. } = declaration;
    let (mut args, mut checks) = (Vec::new(), Vec::new());
    for field in &declaration.fields {
        let Some(arg) = &field.arg else { continue };
        let ty = field.value_type(arg);
        let known = Known::of(ty);
        let name = text(&arg.name);
        args.push(ArgInfo {
            name,
            place: match arg.place {
                Place::Positional => ArgPlace::Positional,
                Place::Keyword => ArgPlace::Keyword,
                Place::Rest => ArgPlace::Rest,
            },
            required: field.is_required(arg),
            type_name: match &known {
                Some(known) => known.name,
                None => text(&ty.to_token_stream().to_string()),
            },
            parse: known.as_ref().map_or(|_: &str| Ok(()), |known| known.check),
            default: text(&arg.default.as_ref().map(LitStr::value).unwrap_or_default()),
            doc: text(&field.doc),
        });
        checks.extend(known.map(|known| (name, known.check)));
    }
    let handlers = declaration.handlers().into_iter().map(|handler| HandlerInfo {
        name: text(&handler.name),
        read: handler.read,
        write: handler.write,
        // Only a graph that runs has values.
        kind: Kind::Text,
        quantity: Quantity::default(),
        purpose: Purpose::default(),
        doc: text(&handler.doc),
    });
    let ports = ports(options);
    leak(ElementInfo {
        name: text(&declaration.ident.to_string()),
        path: text(path),
        subject: text(&options.subject),
        synopsis: text(&declaration.synopsis),
        description: text(&declaration.description),
        example: text(&options.example),
        args: leak(args),
        handlers: leak(handlers.collect::<Vec<_>>()),
        // What `ports_with` makes of the arguments is within these counts.
        ports: leak(move |_: &Args| ports),
        check: leak(move |args: &Args| {
            checks.iter().try_for_each(|(name, check)| {
                let refused =
                    |(index, message)| ArgError { name: Some((name.to_string(), index)), message };
                args.all(name).enumerate().try_for_each(|(index, value)| {
                    check(value).map_err(|why| refused((index, why)))
                })
            })
        }),
        fan: if options.fan_all { Fan::All } else { Fan::One },
        task: options.task,
        flush: options.flush,
        limited: options.limited,
        sockets: options.sockets,
        outside: options.outside,
        reads: annotations(&options.reads),
        requires: annotations(&options.requires),
        writes: annotations(&options.writes),
        replaces: options.replaces,
        // `graph!` compiles graphs as they are written.
        on_sockets: None,
        output: text(&options.output),
    })
}

/// A type of arguments that is there already.
struct Known {
    name: &'static str,
    check: fn(&str) -> Result<(), String>,
}

impl Known {
    /// By the last word of its path. The element's own type of such a name
    /// would be taken for it.
    fn of(ty: &Type) -> Option<Known> {
        let text = ty.to_token_stream().to_string().replace(' ', "");
        let name = text.rsplit("::").next().unwrap_or_default();
        macro_rules! known {
            ($($ty:ty),*) => {
                match name {
                    $(stringify!($ty) => Some(Known {
                        name: <$ty as FromArg>::TYPE,
                        check: |text| <$ty>::from_arg(text).map(drop),
                    }),)*
                    _ => None,
                }
            };
        }
        known!(
            u8,
            u16,
            u32,
            u64,
            usize,
            i32,
            i64,
            bool,
            String,
            Vec<u8>,
            Host,
            Ipv4Addr,
            Duration,
            Burst,
            EtherAddress
        )
    }
}

fn ports(options: &Options) -> Ports {
    let Options { inputs, outputs, input_names, output_names, .. } = options;
    let optional = options.optional_outputs_from.as_ref();
    let optional = optional.and_then(|number| number.base10_parse().ok()).unwrap_or(usize::MAX);
    Ports {
        inputs: side(inputs, input_names, &options.input_processing, &options.input_docs),
        outputs: PortInfo {
            optional_from: optional,
            ..side(outputs, output_names, &options.output_processing, &options.output_docs)
        },
    }
}

fn side(count: &PortCount, names: &[LitStr], processing: &[char], docs: &[LitStr]) -> PortInfo {
    let texts =
        |list: &[LitStr]| leak(list.iter().map(|item| text(&item.value())).collect::<Vec<_>>());
    let processing = processing.iter().map(|letter| match letter {
        'h' => Processing::Push,
        'l' => Processing::Pull,
        _ => Processing::Agnostic,
    });
    PortInfo {
        min: count.min,
        max: count.max.unwrap_or(usize::MAX),
        names: texts(names),
        optional_from: usize::MAX,
        processing: leak(processing.collect::<Vec<_>>()),
        docs: texts(docs),
    }
}

/// Annotations by name; the derive refuses what is none.
fn annotations(names: &[Ident]) -> &'static [Annotation] {
    let named = |name: &Ident| Annotation::ALL.iter().find(|one| name == &one.to_string());
    leak(names.iter().filter_map(named).copied().collect::<Vec<_>>())
}

fn text(text: &str) -> &'static str {
    leak(text.to_string())
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

#[cfg(test)]
mod tests;
