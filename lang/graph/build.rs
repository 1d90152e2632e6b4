//! Finds the elements of a text and connects them.

use super::fan::{self, End};
use super::{Connection, Element, Graph, definitions};
use crate::ast::{self, ElementKind, File, Identifier, Statement};
use crate::checks::connections::ConnectionError;
use crate::checks::names::NameError;
use crate::expand::{Expanded, Variables};
use crate::suggest::nearest;
use crate::{Catalogue, Diagnostic};
use petgraph::graph::NodeIndex;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Builds the graph of `file`, whose text is `text`. What is wrong goes to
/// `errors`; the graph has all that could be made sense of.
pub fn build(
    file: &File,
    text: &str,
    defines: &[(String, String)],
    catalogue: &Catalogue,
    errors: &mut Vec<Diagnostic>,
) -> Graph {
    definitions::requirements(file, text, catalogue, errors);
    let variables = definitions::variables(file, text, defines, errors);
    let mut builder = Builder {
        text,
        catalogue,
        variables,
        graph: Graph::new(),
        names: HashMap::new(),
        anonymous: Vec::new(),
        declared: declared(file),
        undeclared: HashSet::new(),
        meant: Vec::new(),
        seen: HashSet::new(),
        errors,
    };
    for statement in &file.statements {
        if let Statement::Connection(connection) = statement {
            builder.connection(connection);
        }
    }
    builder.name_the_anonymous();
    for name in std::mem::take(&mut builder.meant) {
        if let Some(&node) = builder.names.get(&name) {
            builder.graph[node].misspelt = true;
        }
    }
    builder.graph
}

/// All names that the text declares anywhere, and where.
fn declared(file: &File) -> BTreeMap<&str, &Identifier> {
    let mut declared = BTreeMap::new();
    for statement in &file.statements {
        let Statement::Connection(connection) = statement else { continue };
        let hops = connection.hops.iter().flat_map(|hop| &hop.elements);
        for element in connection.first.iter().chain(hops) {
            if let ElementKind::Declaration { name, .. } = &element.kind {
                declared.entry(name.text.as_str()).or_insert(name);
            }
        }
    }
    declared
}

struct Builder<'a> {
    text: &'a str,
    catalogue: &'a Catalogue,
    variables: Variables,
    graph: Graph,
    /// The elements that are declared so far.
    names: HashMap<String, NodeIndex>,
    /// Elements without a name, and the number each was given.
    anonymous: Vec<(NodeIndex, usize)>,
    /// The elements that are declared anywhere.
    declared: BTreeMap<&'a str, &'a Identifier>,
    /// Names that were used without being declared before. To report that once
    /// is enough.
    undeclared: HashSet<NodeIndex>,
    /// Names that were probably meant where one is not declared.
    meant: Vec<String>,
    /// The connections so far; to repeat one is no error and adds nothing.
    seen: HashSet<(NodeIndex, String, NodeIndex, String)>,
    errors: &'a mut Vec<Diagnostic>,
}

impl Builder<'_> {
    fn connection(&mut self, connection: &ast::Connection) {
        if connection.hops.is_empty() && self.shared_declaration(&connection.first) {
            return;
        }
        let mut left = self.elements(&connection.first);
        self.check_loose_ports(&connection.first, false);
        let mut elements = &connection.first;
        for hop in &connection.hops {
            let right = self.elements(&hop.elements);
            let outputs = ends(elements, &left, |element| element.outputs.as_ref());
            let inputs = ends(&hop.elements, &right, |element| element.inputs.as_ref());
            for ((from, output), (to, input)) in fan::pairs(&outputs, &inputs, hop, self.errors) {
                if self.seen.insert((from, output.id.to_string(), to, input.id.to_string())) {
                    self.graph.add_edge(from, to, Connection { output, input });
                }
            }
            (left, elements) = (right, &hop.elements);
        }
        self.check_loose_ports(elements, true);
    }

    /// `a, b :: Class(config)` declares both: the class belongs to all names
    /// before it, if they are no more than names.
    fn shared_declaration(&mut self, elements: &[ast::Element]) -> bool {
        let [names @ .., last] = elements else { return false };
        let ElementKind::Declaration { class, config, .. } = &last.kind else { return false };
        let bare = |element: &ast::Element| {
            matches!(element.kind, ElementKind::Reference { config: None, .. })
        };
        let ports = elements.iter().any(|e| e.inputs.is_some() || e.outputs.is_some());
        if names.is_empty() || ports || !names.iter().all(bare) {
            return false;
        }
        for element in elements {
            self.declare(name(element), class, config.as_ref());
        }
        true
    }

    fn elements(&mut self, elements: &[ast::Element]) -> Vec<NodeIndex> {
        elements.iter().map(|element| self.element(element)).collect()
    }

    fn element(&mut self, element: &ast::Element) -> NodeIndex {
        match &element.kind {
            ElementKind::Declaration { name, class, config } => {
                self.declare(name, class, config.as_ref())
            }
            ElementKind::Reference { name, config } => self.refer(name, config.as_ref()),
        }
    }

    fn declare(
        &mut self,
        name: &Identifier,
        class: &Identifier,
        config: Option<&ast::Config>,
    ) -> NodeIndex {
        let known = self.names.get(&name.text).copied();
        let undeclared = known.filter(|node| self.undeclared.remove(node));
        let misnamed = if let (Some(first), None) = (known, undeclared) {
            let first = self.graph[first].span;
            Some(NameError::Redeclared { span: name.span, name: name.text.clone(), first })
        } else if self.catalogue.get(&name.text).is_some() {
            Some(NameError::ClassAsName { span: name.span, name: name.text.clone() })
        } else if name.text.split('/').any(|part| part.bytes().all(|b| b.is_ascii_digit())) {
            Some(NameError::Digits { span: name.span, name: name.text.clone() })
        } else {
            None
        };
        let unknown = self.catalogue.get(&class.text).is_none();
        let unknown = unknown.then(|| NameError::unknown_class(class, self.catalogue));
        // What connects to a wrong name is anybody's guess, so that nothing
        // more is said about the element.
        let info = self.catalogue.get(&class.text).filter(|_| misnamed.is_none());
        self.errors.extend(misnamed.into_iter().chain(unknown).map(Diagnostic::from));
        let config = self.config(config);
        let (text, class, span) = (name.text.clone(), class.text.clone(), name.span);
        let element = Element { name: text, class, info, config, span, misspelt: false };
        if let Some(node) = undeclared {
            self.graph[node] = element;
            return node;
        }
        let node = self.graph.add_node(element);
        *self.names.entry(name.text.clone()).or_insert(node)
    }

    fn refer(&mut self, word: &Identifier, config: Option<&ast::Config>) -> NodeIndex {
        if let Some(&node) = self.names.get(&word.text) {
            if let Some(config) = config {
                let (span, name) = (config.span, word.text.clone());
                let declared = self.graph[node].span;
                self.errors.push(NameError::ConfigOnName { span, name, declared }.into());
            }
            return node;
        }
        let info = self.catalogue.get(&word.text);
        if info.is_none() {
            let error = match self.declared.get(word.text.as_str()) {
                Some(later) => NameError::DeclaredLater {
                    span: word.span,
                    name: word.text.clone(),
                    later: later.span,
                },
                None if config.is_some() || word.text.starts_with(|c: char| c.is_uppercase()) => {
                    NameError::unknown_class(word, self.catalogue)
                }
                None => {
                    let declared = self.declared.keys().copied();
                    self.meant.extend(nearest(&word.text, declared.clone()).map(str::to_string));
                    NameError::undeclared(word, declared, self.catalogue)
                }
            };
            self.errors.push(error.into());
        }
        let text = self.config(config);
        let node = self.graph.add_node(Element {
            name: String::new(),
            class: word.text.clone(),
            info,
            config: text,
            span: word.span,
            misspelt: false,
        });
        if info.is_some() {
            self.anonymous.push((node, self.graph.node_count()));
        } else if config.is_none() {
            self.graph[node].name = word.text.clone();
            self.names.insert(word.text.clone(), node);
            self.undeclared.insert(node);
        }
        node
    }

    fn config(&mut self, config: Option<&ast::Config>) -> Expanded {
        let Some(config) = config else { return Expanded::default() };
        let text = &self.text[config.span.range()];
        self.variables.expand(text, config.span.start, self.errors)
    }

    /// Ports at the outer ends of a chain have nothing to connect to.
    fn check_loose_ports(&mut self, elements: &[ast::Element], outputs: bool) {
        for element in elements {
            let ports = if outputs { &element.outputs } else { &element.inputs };
            if let Some(ports) = ports {
                let span = ports.span;
                self.errors.push(ConnectionError::Ignored { span, outputs }.into());
            }
        }
    }

    /// An element without a name is called `Class@N`, N being its place among
    /// all elements, or the next number that makes the name its own.
    fn name_the_anonymous(&mut self) {
        for (node, number) in std::mem::take(&mut self.anonymous) {
            let class = self.graph[node].class.clone();
            let names = (number..).map(|number| format!("{class}@{number}"));
            for name in names {
                if !self.names.contains_key(&name) {
                    self.names.insert(name.clone(), node);
                    self.graph[node].name = name;
                    break;
                }
            }
        }
    }
}

/// The element's name, or its class if it has none.
fn name(element: &ast::Element) -> &Identifier {
    match &element.kind {
        ElementKind::Reference { name, .. } | ElementKind::Declaration { name, .. } => name,
    }
}

fn ends<'a>(
    elements: &'a [ast::Element],
    nodes: &[NodeIndex],
    ports: impl Fn(&'a ast::Element) -> Option<&'a ast::Ports>,
) -> Vec<End<'a>> {
    let nodes = elements.iter().zip(nodes);
    nodes.map(|(e, &node)| End { node, ports: ports(e), span: name(e).span }).collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{connections, names};

    #[test]
    fn elements_without_a_name_are_numbered_by_their_place() {
        for (text, expected) in [
            ("Source -> Counter -> Discard", "Source@1 Counter@2 Discard@3"),
            ("s :: Source -> Counter; d :: Discard", "s Counter@2 d"),
            ("a, b :: Source; Counter", "a b Counter@3"),
            ("Counter; Counter@2 :: Counter; Counter", "Counter@1 Counter@2 Counter@3"),
            ("Counter@2 :: Counter; Counter", "Counter@2 Counter@3"),
            ("Source -> Counter(\"x\"), b :: Counter", "Source@1 Counter@2 b"),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn chains_are_pairs() {
        for (text, expected) in [
            ("a :: Any -> b :: Any -> a", "a.0-b.0 b.0-a.0"),
            ("a :: Any; a [1] -> [2] a [x] -> [y] a", "a.1-a.2 a.x-a.y"),
            ("a :: Any -> a -> a; a -> a", "a.0-a.0"),
            ("n1 :: Any; n1, n2 :: Any -> n3 :: Any", "n1.0-n3.0 n2.0-n3.0"),
        ] {
            assert_eq!(connections(text), expected, "{text}");
        }
    }
}
