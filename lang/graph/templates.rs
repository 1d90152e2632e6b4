//! The names of a text: which classes there are at a place, and which
//! elements.

use super::block::Block;
use super::definitions::{self, MOST_FORMALS};
use super::template::{Class, Compound, Template, kind};
use crate::ast::{self, Identifier, Statement};
use crate::checks::compounds::CompoundError;
use crate::checks::names::NameError;
use crate::suggest::nearest;
use crate::{Catalogue, Diagnostic, Span};
use foldhash::HashMap;
use std::collections::BTreeMap;

/// A class has at most so many definitions: each use of it may try them all.
const MOST_DEFINITIONS: usize = 1024;

/// Makes the templates of a text.
pub(super) struct Templates<'a> {
    text: &'a str,
    catalogue: &'a Catalogue,
    pub templates: Vec<Template>,
    pub compounds: Vec<Compound>,
    /// The packages that are required.
    pub packages: Vec<String>,
    /// The classes that the blocks around define so far, innermost last.
    classes: Vec<BTreeMap<String, Class>>,
    /// The classes that are being defined.
    defining: Vec<&'a str>,
    /// The classes that do not exist.
    unknown: HashMap<&'a str, Uses>,
    /// The connections of all blocks so far.
    pub links: usize,
    /// The block that is being made.
    pub block: Block<'a>,
    pub errors: Vec<Diagnostic>,
}

/// Where a class is used that does not exist.
struct Uses {
    /// Which of the errors is about the first use.
    error: usize,
    /// How many other uses there are.
    more: usize,
}

/// So many of the other uses are shown.
const SHOWN: usize = 3;

impl<'a> Templates<'a> {
    /// Reads a whole text. Its template is the last one.
    pub fn new(
        statements: &'a [Statement],
        text: &'a str,
        catalogue: &'a Catalogue,
    ) -> Templates<'a> {
        let mut templates = Templates {
            text,
            catalogue,
            templates: Vec::new(),
            compounds: Vec::new(),
            packages: Vec::new(),
            classes: Vec::new(),
            defining: Vec::new(),
            unknown: HashMap::default(),
            links: 0,
            block: Block::new(0, statements, Span::default()),
            errors: Vec::new(),
        };
        templates.body(&[], statements);
        templates.count_unknown();
        let template = std::mem::take(&mut templates.block.template);
        templates.templates.push(template);
        templates
    }

    /// Reads the statements of the block.
    fn body(&mut self, formals: &[ast::Formal], statements: &'a [Statement]) {
        let errors = &mut self.errors;
        let inside = !self.classes.is_empty();
        let (catalogue, packages) = (self.catalogue, &mut self.packages);
        definitions::requirements(statements, inside, self.text, catalogue, packages, errors);
        definitions::formals(formals, errors);
        self.block.template.variables =
            definitions::variables(formals, statements, self.text, errors);
        self.block.template.formals = formals[..formals.len().min(MOST_FORMALS)].to_vec();
        self.classes.push(BTreeMap::new());
        self.statements(statements);
        self.classes.pop();
        self.finish();
    }

    /// The class called `name`, as far as it is defined.
    fn find(&self, name: &str) -> Option<Class> {
        let defined = self.classes.iter().rev().find_map(|classes| classes.get(name).copied());
        defined.or_else(|| self.catalogue.get(name).map(Class::Element))
    }

    fn names_of_classes(&self) -> impl Iterator<Item = &str> {
        let defined = self.classes.iter().flat_map(|classes| classes.keys().map(String::as_str));
        self.catalogue.iter().map(|info| info.name).chain(defined)
    }

    fn unknown_class(&self, name: &Identifier) -> NameError {
        match self.defining.contains(&name.text.as_str()) {
            true => NameError::ClassInItself { span: name.span, class: name.text.clone() },
            false => NameError::unknown_class(name, self.names_of_classes()),
        }
    }

    /// Reports a class that does not exist, with its first uses.
    fn report_unknown(&mut self, name: &'a Identifier) {
        if let Some(uses) = self.unknown.get_mut(name.text.as_str()) {
            uses.more += 1;
            if uses.more <= SHOWN {
                let text = "it is used here, too";
                self.errors[uses.error] = self.errors[uses.error].clone().label(name.span, text);
            }
            return;
        }
        let error = self.unknown_class(name);
        self.unknown.insert(&name.text, Uses { error: self.errors.len(), more: 0 });
        self.errors.push(error.into());
    }

    /// Says how often unknown classes are used, where not all uses are shown.
    fn count_unknown(&mut self) {
        for Uses { error, more } in self.unknown.values() {
            if *more > SHOWN {
                let error = &mut self.errors[*error];
                let (n, s) = (*more - SHOWN, if *more - SHOWN == 1 { "" } else { "s" });
                *error = error.clone().note(format!("it is used in {n} more place{s}"));
            }
        }
    }

    /// What a declaration gives as the class.
    pub(super) fn class(&mut self, class: &'a ast::Class) -> Result<Class, String> {
        match class {
            ast::Class::Compound(compound) => Ok(Class::Compound(self.compound(compound, None))),
            ast::Class::Named(name) => self.find(&name.text).ok_or_else(|| {
                self.report_unknown(name);
                name.text.clone()
            }),
        }
    }

    /// `elementclass name class`
    pub(super) fn element_class(&mut self, name: &'a Identifier, class: &'a ast::Class) {
        let class = match class {
            ast::Class::Named(_) => self.class(class),
            ast::Class::Compound(compound) => {
                Ok(Class::Compound(self.compound(compound, Some(name))))
            }
        };
        if let Some(&part) = self.block.names.get(name.text.as_str()) {
            let first = self.block.template.parts[part].span;
            let (span, name) = (name.span, name.text.clone());
            self.errors.push(NameError::ElementAsClass { span, name, first }.into());
        } else if let (Ok(class), Some(classes)) = (class, self.classes.last_mut()) {
            classes.insert(name.text.clone(), class);
        }
    }

    /// Makes a class of a compound and returns its index.
    pub(super) fn compound(
        &mut self,
        compound: &'a ast::Compound,
        name: Option<&'a Identifier>,
    ) -> usize {
        self.defining.extend(name.map(|name| name.text.as_str()));
        let mut made = Compound {
            name: name.map(|name| name.text.clone()).unwrap_or_default(),
            definitions: Vec::new(),
            base: None,
        };
        for definition in &compound.definitions {
            let level = self.block.template.level + 1;
            let block = Block::new(level, &definition.body, definition.span);
            let outer = std::mem::replace(&mut self.block, block);
            self.body(&definition.formals, &definition.body);
            let block = std::mem::replace(&mut self.block, outer);
            made.definitions.push(self.templates.len());
            self.templates.push(block.template);
        }
        if name.is_some() {
            self.defining.pop();
        }
        if let Some(span) = compound.rest {
            match name.and_then(|name| self.find(&name.text)) {
                Some(Class::Element(info)) => made.base = Some(info),
                Some(Class::Compound(earlier)) => {
                    let earlier = &self.compounds[earlier];
                    made.definitions.extend_from_slice(&earlier.definitions);
                    made.base = earlier.base;
                }
                None => {
                    let name = made.name.clone();
                    self.errors.push(CompoundError::NothingToExtend { span, name }.into());
                }
            }
        }
        if made.definitions.len() > MOST_DEFINITIONS {
            made.definitions.truncate(MOST_DEFINITIONS);
            let (span, what, most) = (compound.span, "definitions of a class", MOST_DEFINITIONS);
            self.errors.push(CompoundError::TooLarge { span, what, most }.into());
        }
        self.compounds.push(made);
        self.compounds.len() - 1
    }

    /// `name :: class(config)`
    pub(super) fn declare(
        &mut self,
        name: &'a Identifier,
        class: &Result<Class, String>,
        config: Option<ast::Config>,
    ) -> usize {
        let (span, text) = (name.span, || name.text.clone());
        let known = self.block.names.get(name.text.as_str()).copied();
        let undeclared = known.filter(|part| self.block.undeclared.remove(part));
        let wrong = if let (Some(first), None) = (known, undeclared) {
            let first = self.block.template.parts[first].span;
            Some(NameError::Redeclared { span, name: text(), first })
        } else if self.block.pseudo[0].is_some() && matches!(name.text.as_str(), "input" | "output")
        {
            Some(NameError::Reserved { span, name: text() })
        } else if self.find(&name.text).is_some() {
            Some(NameError::ClassAsName { span, name: text() })
        } else if name.text.split('/').any(|part| part.bytes().all(|b| b.is_ascii_digit())) {
            Some(NameError::Digits { span, name: text() })
        } else {
            None
        };
        // What connects to a wrong name is anybody's guess, so that nothing
        // more is said about the element.
        let kind = match &wrong {
            Some(_) => kind(&Err(String::new())),
            None => kind(class),
        };
        self.errors.extend(wrong.map(Diagnostic::from));
        let config = config.map(|config| config.span);
        if let Some(part) = undeclared {
            let part_of = &mut self.block.template.parts[part];
            (part_of.kind, part_of.config, part_of.span) = (kind, config, span);
            return part;
        }
        let part = self.block.add(&name.text, kind, config, span);
        *self.block.names.entry(&name.text).or_insert(part)
    }

    /// `name` or `Class(config)`
    pub(super) fn refer(&mut self, word: &'a Identifier, config: Option<ast::Config>) -> usize {
        if let Some(&part) = self.block.names.get(word.text.as_str()) {
            if let Some(config) = config {
                let (span, name) = (config.span, word.text.clone());
                let declared = self.block.template.parts[part].span;
                self.errors.push(NameError::ConfigOnName { span, name, declared }.into());
            }
            return part;
        }
        let config_span = config.map(|config| config.span);
        if let Some(class) = self.find(&word.text) {
            let kind = kind(&Ok(class));
            return self.block.add_anonymous(&word.text, kind, config_span, word.span);
        }
        let error = match self.block.declared().get(word.text.as_str()).copied() {
            Some(later) => NameError::DeclaredLater {
                span: word.span,
                name: word.text.clone(),
                later: later.span,
            },
            None if config.is_some() || word.text.starts_with(|c: char| c.is_uppercase()) => {
                self.report_unknown(word);
                let kind = kind(&Err(word.text.clone()));
                return self.block.add_anonymous(&word.text, kind, config_span, word.span);
            }
            None => {
                let declared = self.block.declared().keys().copied();
                let meant = nearest(&word.text, declared.clone()).map(str::to_string);
                let error = NameError::undeclared(word, declared.chain(self.names_of_classes()));
                self.block.meant.extend(meant);
                error
            }
        };
        self.errors.push(error.into());
        let unknown = kind(&Err(word.text.clone()));
        let part = self.block.add(&word.text, unknown, config_span, word.span);
        self.block.names.insert(&word.text, part);
        self.block.undeclared.insert(part);
        part
    }
}
