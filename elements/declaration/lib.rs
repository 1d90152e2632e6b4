//! What a struct and its attributes declare about an element class.
//!
//! Two macros read it: `#[derive(Declare)]`, which makes constants of it, and
//! `graph!`, which checks graphs while those constants do not exist yet.
//!
//! This crate knows tokens. It knows no element, and no type of the runtime.

// The fields are named as the attributes are, which the documentation of
// `Declare` explains.
#![allow(missing_docs)]

mod check;
mod types;

use std::collections::HashSet;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Field, Fields, Generics, Ident, Lit, LitInt,
    LitStr, Meta, Path, Result, Token, Type, parenthesized, token,
};

/// The whole declaration of one element class.
pub struct Declaration {
    pub ident: Ident,
    pub generics: Generics,
    pub synopsis: String,
    pub description: String,
    pub options: Options,
    pub fields: Vec<DeclaredField>,
}

/// The arguments of an element that starts from them.
pub struct Arguments {
    pub ident: Ident,
    pub generics: Generics,
    pub validate: Option<Path>,
    pub fields: Vec<DeclaredField>,
}

/// The `#[element(...)]` attribute.
#[derive(Default)]
pub struct Options {
    pub subject: String,
    pub example: String,
    pub output: String,
    pub inputs: PortCount,
    pub outputs: PortCount,
    pub input_processing: Vec<char>,
    pub output_processing: Vec<char>,
    pub input_names: Vec<LitStr>,
    pub output_names: Vec<LitStr>,
    pub input_docs: Vec<LitStr>,
    pub output_docs: Vec<LitStr>,
    pub optional_outputs_from: Option<LitInt>,
    pub ports_with: Option<Path>,
    pub validate: Option<Path>,
    pub declared: Option<Type>,
    pub on_sockets: Option<Path>,
    pub task: bool,
    pub flush: bool,
    pub limited: bool,
    pub sockets: bool,
    /// What opens sockets reaches outside, too.
    pub outside: bool,
    pub fan_all: bool,
    pub replaces: bool,
    pub reads: Vec<Ident>,
    pub requires: Vec<Ident>,
    pub writes: Vec<Ident>,
    pub handlers: Vec<MethodHandler>,
    has_ports: bool,
    /// The options that were there.
    given: HashSet<String>,
}

/// The names of these options. docs/declaration.md explains each.
const OPTIONS: &str = "subject, ports, processing, example, output, input_names, output_names, \
    input_docs, output_docs, optional_outputs_from, ports_with, validate, declared, task, flush, \
    limited, sockets, outside, on_sockets, fan_all, replaces, reads, requires, writes, read_handler, write_handler";

/// At least and, unless open, at most so many ports.
#[derive(Default, Clone, Copy)]
pub struct PortCount {
    pub min: usize,
    pub max: Option<usize>,
}

/// A handler that a method serves.
pub struct MethodHandler {
    pub name: Ident,
    pub method: Path,
    pub doc: LitStr,
    pub write: bool,
    pub options: HandlerOptions,
}

/// What is said of a handler besides its name: `unit = "packets"`, `grows` for
/// a number that only grows, and for a table `summary` and `metrics`.
#[derive(Clone, Default)]
pub struct HandlerOptions {
    pub unit: String,
    pub grows: bool,
    pub summary: bool,
    pub metrics: bool,
}

impl HandlerOptions {
    /// Reads one option; the error says which there are besides `others`.
    fn read(&mut self, option: &Ident, input: ParseStream, others: &str) -> Result<()> {
        match option.to_string().as_str() {
            "unit" => {
                input.parse::<Token![=]>()?;
                self.unit = input.parse::<LitStr>()?.value();
            }
            "grows" => self.grows = true,
            "summary" => self.summary = true,
            "metrics" => self.metrics = true,
            _ => {
                let message = format!("a handler takes {others}unit, grows, summary, metrics");
                return Err(syn::Error::new(option.span(), message));
            }
        }
        Ok(())
    }
}

/// What the value of a handler comes from, which says its kind.
pub enum HandlerSource {
    Field(Type),
    /// A member of a field.
    Member(Ident, Ident),
    Method(Path),
    /// It cannot be read.
    None,
}

/// A field of the struct.
pub struct DeclaredField {
    pub ident: Ident,
    pub ty: Type,
    pub doc: String,
    pub arg: Option<ArgOptions>,
    pub handler: Option<FieldHandler>,
    pub handlers: Vec<MemberHandler>,
}

/// The `#[handler]` attribute: the field can be read, and with
/// `#[handler(write)]` written as an argument of its type is.
pub struct FieldHandler {
    pub write: bool,
    pub options: HandlerOptions,
}

/// One of `#[handlers(member(options) = "documentation", ...)]`: a member of the
/// field, which is a struct of its own, can be read.
pub struct MemberHandler {
    pub member: Ident,
    pub options: HandlerOptions,
    pub doc: LitStr,
}

/// A handler, whether fields or methods serve it.
pub struct DeclaredHandler {
    pub name: String,
    pub read: bool,
    pub write: bool,
    pub doc: String,
    pub value: HandlerSource,
    pub options: HandlerOptions,
}

/// The `#[arg(...)]` attribute.
pub struct ArgOptions {
    pub name: String,
    pub place: Place,
    pub default: Option<LitStr>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    Positional,
    Keyword,
    Rest,
}

impl Declaration {
    pub fn read(input: &DeriveInput) -> Result<Declaration> {
        let Data::Struct(data) = &input.data else {
            return Err(syn::Error::new(input.ident.span(), "an element is a struct"));
        };
        let documentation = doc_comment(&input.attrs);
        let (synopsis, description) =
            documentation.split_once("\n\n").unwrap_or((&documentation, ""));
        let mut options = None;
        for attr in input.attrs.iter().filter(|a| a.path().is_ident("element")) {
            options.get_or_insert_with(Options::default).read(attr)?;
        }
        let options = options.ok_or_else(|| {
            syn::Error::new(input.ident.span(), "#[element(...)] with subject and ports is missing")
        })?;
        if options.subject.is_empty() || !options.has_ports {
            let missing = "#[element(...)] needs a subject, where it is listed, and ports, such \
                           as ports = \"1/1\" for one input and one output";
            return Err(syn::Error::new(input.ident.span(), missing));
        }
        if synopsis.is_empty() {
            return Err(syn::Error::new(
                input.ident.span(),
                "an element starts with a documentation comment: its synopsis",
            ));
        }
        let fields = fields(&data.fields)?;
        if let Some(declared) = &options.declared {
            let has_arguments = fields.iter().any(|field| field.arg.is_some());
            if has_arguments || options.validate.is_some() {
                let message = "the arguments, and the check of them, stand in the type that \
                               `declared` names: #[derive(Arguments)]";
                return Err(syn::Error::new(declared.span(), message));
            }
        }
        let declaration = Declaration {
            ident: input.ident.clone(),
            generics: input.generics.clone(),
            synopsis: synopsis.replace('\n', " ").trim().to_string(),
            description: description.trim().to_string(),
            options,
            fields,
        };
        declaration.check()?;
        Ok(declaration)
    }

    /// One entry for each name of a handler.
    pub fn handlers(&self) -> Vec<DeclaredHandler> {
        let mut handlers: Vec<DeclaredHandler> = Vec::new();
        for new in self.reads_and_writes() {
            match handlers.iter_mut().find(|handler| handler.name == new.name) {
                Some(handler) => {
                    if new.read {
                        (handler.value, handler.options) = (new.value, new.options);
                    }
                    handler.read |= new.read;
                    handler.write |= new.write;
                }
                None => handlers.push(new),
            }
        }
        handlers
    }

    /// Each declaration of a handler by itself. Two may have one name: one that
    /// is read, and one that is written.
    pub(crate) fn reads_and_writes(&self) -> Vec<DeclaredHandler> {
        let mut handlers = Vec::new();
        let mut add = |new: DeclaredHandler| handlers.push(new);
        for field in &self.fields {
            if let Some(FieldHandler { write, options }) = &field.handler {
                add(DeclaredHandler {
                    name: field.ident.to_string(),
                    read: true,
                    write: *write,
                    doc: field.doc.clone(),
                    value: HandlerSource::Field(field.ty.clone()),
                    options: options.clone(),
                });
            }
            for MemberHandler { member, doc, options } in &field.handlers {
                add(DeclaredHandler {
                    name: member.to_string(),
                    read: true,
                    write: false,
                    doc: doc.value(),
                    value: HandlerSource::Member(field.ident.clone(), member.clone()),
                    options: options.clone(),
                });
            }
        }
        for MethodHandler { name, method, doc, write, options } in &self.options.handlers {
            add(DeclaredHandler {
                name: name.to_string(),
                read: !write,
                write: *write,
                doc: doc.value(),
                value: match write {
                    true => HandlerSource::None,
                    false => HandlerSource::Method(method.clone()),
                },
                options: options.clone(),
            });
        }
        handlers
    }
}

impl Arguments {
    pub fn read(input: &DeriveInput) -> Result<Arguments> {
        let Data::Struct(data) = &input.data else {
            return Err(syn::Error::new(
                input.ident.span(),
                "arguments are the fields of a struct",
            ));
        };
        let mut validate = None;
        for attr in input.attrs.iter().filter(|a| a.path().is_ident("arguments")) {
            attr.parse_nested_meta(|meta| {
                if !meta.path.is_ident("validate") {
                    return Err(meta.error("#[arguments(...)] has the option validate"));
                }
                validate = Some(meta.value()?.parse()?);
                Ok(())
            })?;
        }
        let (ident, generics) = (input.ident.clone(), input.generics.clone());
        let fields = fields(&data.fields)?;
        check::check_arguments(&fields)?;
        Ok(Arguments { ident, generics, validate, fields })
    }
}

fn fields(fields: &Fields) -> Result<Vec<DeclaredField>> {
    match fields {
        Fields::Named(fields) => fields.named.iter().map(DeclaredField::read).collect(),
        Fields::Unit => Ok(Vec::new()),
        Fields::Unnamed(fields) => {
            Err(syn::Error::new(fields.span(), "the fields of an element have names"))
        }
    }
}

impl Options {
    fn read(&mut self, attr: &Attribute) -> Result<()> {
        attr.parse_nested_meta(|meta| {
            let key = meta.path.require_ident()?.to_string();
            let is_list = matches!(key.as_str(), "read_handler" | "write_handler");
            if !self.given.insert(key.clone()) && !is_list {
                return Err(meta.error(format!("{key} is given twice")));
            }
            match key.as_str() {
                "subject" => self.subject = meta.value()?.parse::<LitStr>()?.value(),
                "example" => self.example = meta.value()?.parse::<LitStr>()?.value(),
                "output" => self.output = meta.value()?.parse::<LitStr>()?.value(),
                "ports" => {
                    let text: LitStr = meta.value()?.parse()?;
                    let (inputs, outputs) = halves(&text)?;
                    self.inputs = port_count(&inputs, &text)?;
                    self.outputs = port_count(&outputs, &text)?;
                    self.has_ports = true;
                }
                "processing" => {
                    let text: LitStr = meta.value()?.parse()?;
                    let (inputs, outputs) = halves(&text)?;
                    if let Some(bad) =
                        inputs.chars().chain(outputs.chars()).find(|c| !"hla".contains(*c))
                    {
                        let message = format!(
                            "'{bad}': processing letters are h (push), l (pull) and a (agnostic)"
                        );
                        return Err(syn::Error::new(text.span(), message));
                    }
                    self.input_processing = inputs.chars().collect();
                    self.output_processing = outputs.chars().collect();
                }
                "input_names" => self.input_names = list(&meta)?,
                "output_names" => self.output_names = list(&meta)?,
                "input_docs" => self.input_docs = list(&meta)?,
                "output_docs" => self.output_docs = list(&meta)?,
                "optional_outputs_from" => {
                    self.optional_outputs_from = Some(meta.value()?.parse()?)
                }
                "ports_with" => self.ports_with = Some(meta.value()?.parse()?),
                "validate" => self.validate = Some(meta.value()?.parse()?),
                "declared" => self.declared = Some(meta.value()?.parse()?),
                "on_sockets" => self.on_sockets = Some(meta.value()?.parse()?),
                "task" => self.task = true,
                "flush" => self.flush = true,
                "limited" => self.limited = true,
                "sockets" => (self.sockets, self.outside) = (true, true),
                "outside" => self.outside = true,
                "fan_all" => self.fan_all = true,
                "replaces" => self.replaces = true,
                "reads" => self.reads = list(&meta)?,
                "requires" => self.requires = list(&meta)?,
                "writes" => self.writes = list(&meta)?,
                "read_handler" | "write_handler" => {
                    let content;
                    parenthesized!(content in meta.input);
                    let name = content.parse()?;
                    content.parse::<Token![=]>()?;
                    let method = content.parse()?;
                    content.parse::<Token![,]>()?;
                    let doc = content.parse()?;
                    let write = key == "write_handler";
                    let mut options = HandlerOptions::default();
                    while !content.is_empty() {
                        content.parse::<Token![,]>()?;
                        if !content.is_empty() {
                            options.read(&content.parse()?, &content, "")?;
                        }
                    }
                    self.handlers.push(MethodHandler { name, method, doc, write, options });
                }
                _ => return Err(meta.error(format!("#[element(...)] has the options {OPTIONS}"))),
            }
            Ok(())
        })
    }
}

impl DeclaredField {
    fn read(field: &Field) -> Result<DeclaredField> {
        let ident = field.ident.clone().expect("named fields have names");
        let mut arg = None;
        for attr in field.attrs.iter().filter(|a| a.path().is_ident("arg")) {
            let mut options = ArgOptions {
                name: ident.to_string().trim_start_matches("r#").to_uppercase(),
                place: Place::Keyword,
                default: None,
            };
            attr.parse_nested_meta(|meta| {
                match meta.path.require_ident()?.to_string().as_str() {
                    "position" => options.place = Place::Positional,
                    "keyword" => options.place = Place::Keyword,
                    "rest" => options.place = Place::Rest,
                    "default" => options.default = Some(meta.value()?.parse()?),
                    "name" => options.name = meta.value()?.parse::<LitStr>()?.value(),
                    _ => {
                        return Err(
                            meta.error("an argument takes position, keyword, rest, default, name")
                        );
                    }
                }
                Ok(())
            })?;
            arg = Some(options);
        }
        let mut handler = None;
        for attr in field.attrs.iter().filter(|a| a.path().is_ident("handler")) {
            let mut read = FieldHandler { write: false, options: HandlerOptions::default() };
            match &attr.meta {
                Meta::Path(_) => {}
                Meta::List(_) => attr.parse_nested_meta(|meta| {
                    let option = meta.path.require_ident()?;
                    if option == "write" {
                        read.write = true;
                        return Ok(());
                    }
                    read.options.read(option, meta.input, "write, ")
                })?,
                Meta::NameValue(_) => {
                    let message = "expected #[handler] or #[handler(write)]";
                    return Err(syn::Error::new(attr.span(), message));
                }
            }
            handler = Some(read);
        }
        let mut handlers = Vec::new();
        for attr in field.attrs.iter().filter(|a| a.path().is_ident("handlers")) {
            attr.parse_nested_meta(|meta| {
                let member = meta.path.require_ident()?.clone();
                let mut options = HandlerOptions::default();
                if meta.input.peek(token::Paren) {
                    let content;
                    parenthesized!(content in meta.input);
                    while !content.is_empty() {
                        options.read(&content.parse()?, &content, "")?;
                        if !content.is_empty() {
                            content.parse::<Token![,]>()?;
                        }
                    }
                }
                let doc = meta.value()?.parse()?;
                handlers.push(MemberHandler { member, doc, options });
                Ok(())
            })?;
        }
        let doc = doc_comment(&field.attrs);
        if (handler.is_some() || arg.is_some()) && doc.is_empty() {
            return Err(syn::Error::new(
                ident.span(),
                "arguments and handlers have a documentation comment: users read it",
            ));
        }
        let (ty, doc) = (field.ty.clone(), doc.replace('\n', " "));
        Ok(DeclaredField { ident, ty, doc, arg, handler, handlers })
    }
}

fn list<T: syn::parse::Parse>(meta: &syn::meta::ParseNestedMeta<'_>) -> Result<Vec<T>> {
    let content;
    parenthesized!(content in meta.input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

fn halves(text: &LitStr) -> Result<(String, String)> {
    let value = text.value();
    let (inputs, outputs) = value
        .split_once('/')
        .ok_or_else(|| syn::Error::new(text.span(), "expected inputs/outputs, such as 1/1"))?;
    Ok((inputs.to_string(), outputs.to_string()))
}

fn port_count(text: &str, at: &LitStr) -> Result<PortCount> {
    let number = |s: &str| {
        s.parse::<usize>()
            .map_err(|_| syn::Error::new(at.span(), "ports are counts such as 1, 1-, 1-2 or -"))
    };
    match text.split_once('-') {
        None => number(text).map(|n| PortCount { min: n, max: Some(n) }),
        Some((min, max)) => Ok(PortCount {
            min: if min.is_empty() { 0 } else { number(min)? },
            max: if max.is_empty() { None } else { Some(number(max)?) },
        }),
    }
}

/// The documentation comment, without the space that follows `///`.
fn doc_comment(attrs: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attr in attrs {
        let Meta::NameValue(meta) = &attr.meta else { continue };
        if !meta.path.is_ident("doc") {
            continue;
        }
        if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value {
            let text = text.value();
            lines.push(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_string());
        }
    }
    lines.join("\n").trim().to_string()
}
