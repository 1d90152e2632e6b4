//! Makes a template of a block: finds its elements and connects them.

use super::definitions;
use super::fan::{self, End};
use super::template::{Class, Part, PartKind, Template, kind};
use super::templates::Templates;
use super::{Few, MOST_CONNECTIONS, PortId, pseudo};
use crate::Span;
use crate::ast::{self, ElementKind, Identifier, Statement};
use crate::checks::compounds::CompoundError;
use crate::checks::connections::ConnectionError;
use crate::wiring::Side;
use foldhash::{HashMap, HashSet};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// A block that is being made.
pub(super) struct Block<'a> {
    pub template: Template,
    /// The elements that are declared so far.
    pub names: HashMap<&'a str, usize>,
    /// Elements without a name, the class and the number of each.
    anonymous: Vec<(usize, &'a str, usize)>,
    /// Elements so far, as Click counts them.
    counted: usize,
    statements: &'a [Statement],
    /// See [`Block::declared`].
    declared: OnceCell<BTreeMap<&'a str, &'a Identifier>>,
    /// Names that were used without being declared before. To report that once
    /// is enough.
    pub undeclared: HashSet<usize>,
    /// Names that were probably meant where one is not declared.
    pub meant: Vec<String>,
    /// What `input` and `output` are here.
    pub pseudo: [Option<usize>; 2],
    /// The connections so far; to repeat one is no error and adds nothing.
    seen: HashSet<(usize, PortId, usize, PortId)>,
    /// The tunnels of groups.
    groups: Vec<usize>,
}

/// An element of a chain, as the parts to which its inputs and its outputs
/// connect.
#[derive(Clone, Copy)]
struct Placed {
    parts: [Option<usize>; 2],
    /// Of a group, how many ports are connected where none are written.
    implied: [usize; 2],
}

/// What of an element is read before its neighbours.
enum Early {
    Group(Placed),
    Class(Result<Class, String>),
    Nothing,
}

impl Placed {
    fn part(part: usize) -> Placed {
        Placed { parts: [Some(part); 2], implied: [0; 2] }
    }
}

impl<'a> Block<'a> {
    pub fn new(level: usize, statements: &'a [Statement], span: Span) -> Block<'a> {
        let mut block = Block {
            template: Template { level, span, ..Template::default() },
            names: HashMap::default(),
            anonymous: Vec::new(),
            counted: 0,
            statements,
            declared: OnceCell::new(),
            undeclared: HashSet::default(),
            meant: Vec::new(),
            pseudo: [None; 2],
            seen: HashSet::default(),
            groups: Vec::new(),
        };
        if level > 0 {
            let template = &mut block.template;
            block.pseudo = Side::BOTH.map(|side| Some(template.tunnel(side.name(), side, span)));
            block.template.pseudo = block.pseudo;
        }
        block
    }

    /// The names that are declared anywhere in the block. They are asked for only
    /// where one is used that is not declared so far.
    pub fn declared(&self) -> &BTreeMap<&'a str, &'a Identifier> {
        self.declared.get_or_init(|| {
            let mut declared = BTreeMap::new();
            definitions::for_each(self.statements, &mut |statement| {
                let Statement::Connection(connection) = statement else { return };
                for element in definitions::elements(connection) {
                    if let ElementKind::Declaration { name, .. } = &element.kind {
                        declared.entry(name.text.as_str()).or_insert(name);
                    }
                }
            });
            declared
        })
    }

    /// Adds an element.
    pub fn add(&mut self, name: &str, kind: PartKind, config: Option<Span>, span: Span) -> usize {
        self.counted += 1;
        let name = name.to_string();
        self.template.parts.push(Part { name, kind, config, span, vague: false });
        self.template.parts.len() - 1
    }

    /// Adds an element whose name is to be made up from that of its class.
    pub fn add_anonymous(
        &mut self,
        class: &'a str,
        kind: PartKind,
        config: Option<Span>,
        span: Span,
    ) -> usize {
        let part = self.add("", kind, config, span);
        self.anonymous.push((part, class, self.counted));
        part
    }
}

impl<'a> Templates<'a> {
    /// Reads the statements of the block or of a group in it.
    pub(super) fn statements(&mut self, statements: &'a [Statement]) {
        for statement in statements {
            match statement {
                Statement::Connection(connection) => self.connection(connection),
                Statement::ElementClass { name, class } => self.element_class(name, class),
                // They hold for the whole block.
                Statement::Require(_) | Statement::Define(_) => {}
            }
        }
    }

    fn connection(&mut self, connection: &'a ast::Connection) {
        if connection.hops.is_empty() && self.shared_declaration(&connection.first) {
            return;
        }
        let mut left = self.elements(&connection.first, Side::Output, true);
        self.check_loose_ports(&connection.first, false);
        let mut elements = &connection.first;
        for (i, hop) in connection.hops.iter().enumerate() {
            let last = i + 1 == connection.hops.len();
            let right = self.elements(&hop.elements, Side::Input, last);
            let outputs = self.ends(elements, &left, Side::Output);
            let inputs = self.ends(&hop.elements, &right, Side::Input);
            if outputs.len() < left.len() || inputs.len() < right.len() {
                for end in outputs.iter().chain(&inputs) {
                    self.block.template.parts[end.part].vague = true;
                }
            }
            if !outputs.is_empty() && !inputs.is_empty() {
                let pairs = fan::pairs(&outputs, &inputs, hop, &mut self.errors);
                let before = self.links;
                self.links = before.saturating_add(pairs.len());
                if self.links > MOST_CONNECTIONS && before <= MOST_CONNECTIONS {
                    self.errors.push(fan::too_many(hop.arrow_span).into());
                }
                let most = MOST_CONNECTIONS.saturating_sub(before);
                for (from, to) in pairs.into_iter().take(most) {
                    let (output, input) = (from.1.id.clone(), to.1.id.clone());
                    if self.block.seen.insert((from.0, output, to.0, input)) {
                        self.block.template.link(from, to);
                    }
                }
            }
            (left, elements) = (right, &hop.elements);
        }
        self.check_loose_ports(elements, true);
    }

    /// `a, b :: Class(config)` declares both: the class belongs to all names
    /// before it, if they are no more than names.
    fn shared_declaration(&mut self, elements: &'a [ast::Element]) -> bool {
        let [names @ .., last] = elements else { return false };
        let ElementKind::Declaration { name, class, config } = &last.kind else { return false };
        let ports = elements.iter().any(|e| e.inputs.is_some() || e.outputs.is_some());
        let bare = names.iter().map(|element| match &element.kind {
            ElementKind::Reference { name, config: None } => Some(name),
            _ => None,
        });
        let Some(bare) = bare.collect::<Option<Vec<_>>>().filter(|_| !ports) else { return false };
        let class = self.class(class);
        for name in bare.into_iter().chain([name]) {
            self.declare(name, &class, *config);
        }
        true
    }

    /// Groups and compounds come first, as Click reads them, which shows in
    /// the numbers of elements without a name.
    fn elements(&mut self, elements: &'a [ast::Element], side: Side, end: bool) -> Few<Placed> {
        let early = elements.iter().map(|element| match &element.kind {
            ElementKind::Group(statements) => Early::Group(self.group(statements, element.span)),
            ElementKind::Declaration { class, .. } => Early::Class(self.class(class)),
            ElementKind::Compound { compound, .. } => {
                Early::Class(Ok(Class::Compound(self.compound(compound, None))))
            }
            _ => Early::Nothing,
        });
        let early: Few<Early> = early.collect();
        let placed =
            elements.iter().zip(early).map(|(element, early)| match (&element.kind, early) {
                (_, Early::Group(placed)) => placed,
                (ElementKind::Declaration { name, config, .. }, Early::Class(class)) => {
                    Placed::part(self.declare(name, &class, *config))
                }
                (ElementKind::Compound { config, .. }, Early::Class(class)) => {
                    let (config, span) = (config.map(|config| config.span), element.span);
                    let span = Span { end: span.start + 1, ..span };
                    Placed::part(self.block.add_anonymous("", kind(&class), config, span))
                }
                (ElementKind::Reference { name, config }, _) => self.reference(name, *config, side),
                _ => self.implicit(element.span, side, end),
            });
        placed.collect()
    }

    fn reference(
        &mut self,
        name: &'a Identifier,
        config: Option<ast::Config>,
        side: Side,
    ) -> Placed {
        for pseudo in Side::BOTH {
            if let Some(part) = self.block.pseudo[pseudo as usize]
                && name.text == pseudo.name()
            {
                return self.pseudo(part, pseudo, name.span, side);
            }
        }
        Placed::part(self.refer(name, config))
    }

    /// `input` has only outputs, and `output` only inputs.
    fn pseudo(&mut self, part: usize, pseudo: Side, span: Span, side: Side) -> Placed {
        if side == pseudo {
            self.errors.push(CompoundError::WrongWay { span, side: pseudo }.into());
        }
        let mut placed = Placed::part(part);
        placed.parts[pseudo as usize] = None;
        placed
    }

    /// `input` at the start of a chain, `output` at its end.
    fn implicit(&mut self, span: Span, side: Side, end: bool) -> Placed {
        let pseudo = side.other();
        match self.block.pseudo[pseudo as usize] {
            Some(part) if end => self.pseudo(part, pseudo, span, side),
            found => {
                let error = match found {
                    Some(_) => ConnectionError::NoElement { span },
                    None => ConnectionError::NoOutside { span, side: pseudo },
                };
                self.errors.push(error.into());
                Placed { parts: [None; 2], implied: [0; 2] }
            }
        }
    }

    /// The ends of a hop on one side, without those that are no end there.
    fn ends<'e>(
        &self,
        elements: &'e [ast::Element],
        placed: &[Placed],
        side: Side,
    ) -> Few<End<'e>> {
        let ends = elements.iter().zip(placed).filter_map(|(element, placed)| {
            let ports = match side {
                Side::Input => element.inputs.as_ref(),
                Side::Output => element.outputs.as_ref(),
            };
            let (part, implied) = (placed.parts[side as usize]?, placed.implied[side as usize]);
            let span = match &element.kind {
                ElementKind::Declaration { name, .. } | ElementKind::Reference { name, .. } => {
                    name.span
                }
                _ => Span { end: element.span.start + 1, ..element.span },
            };
            Some(End { part, ports, implied, span })
        });
        ends.collect()
    }

    fn group(&mut self, statements: &'a [Statement], span: Span) -> Placed {
        let name = format!("@{}", self.block.counted + 1);
        // Click counts a group, its input and its output.
        self.block.counted += 3;
        let span = Span { end: span.start + 1, ..span };
        let template = &mut self.block.template;
        let tunnels = Side::BOTH.map(|side| template.tunnel(&name, side, span));
        let outer = std::mem::replace(&mut self.block.pseudo, tunnels.map(Some));
        self.statements(statements);
        self.block.pseudo = outer;
        for part in tunnels {
            pseudo::complete(&mut self.block.template, part, &mut self.errors);
        }
        self.block.groups.extend(tunnels);
        let implied = tunnels.map(|part| {
            self.block.template.parts[part].tunnel().map_or(0, |tunnel| tunnel.ports.len())
        });
        Placed { parts: tunnels.map(Some), implied }
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

    /// Completes the block.
    pub(super) fn finish(&mut self) {
        for part in self.block.pseudo.into_iter().flatten() {
            pseudo::complete(&mut self.block.template, part, &mut self.errors);
        }
        for part in std::mem::take(&mut self.block.groups) {
            pseudo::check_outside(&mut self.block.template, part, &mut self.errors);
        }
        self.name_the_anonymous();
        for name in std::mem::take(&mut self.block.meant) {
            if let Some(&part) = self.block.names.get(name.as_str()) {
                self.block.template.parts[part].vague = true;
            }
        }
    }

    /// An element without a name is called `Class@N`, N being its place among
    /// all elements of the block, or the next number that makes the name its
    /// own.
    fn name_the_anonymous(&mut self) {
        // The numbers differ, so only names that are declared can be in the way.
        let declared = self.block.names.keys().filter(|name| name.contains('@'));
        let mut taken: HashSet<String> = declared.map(|name| name.to_string()).collect();
        let free = taken.is_empty();
        // Behind a number that is taken, where the search goes on, so that it stays
        // short.
        let mut next: HashMap<(&str, usize), usize> = HashMap::default();
        for (part, class, first) in std::mem::take(&mut self.block.anonymous) {
            let (mut number, mut passed) = (first, Vec::new());
            let numbered = |number: usize| [class, "@", &number.to_string()].concat();
            let mut name = numbered(number);
            while taken.contains(&name) {
                passed.push(number);
                number = next.get(&(class, number)).copied().unwrap_or(number + 1);
                name = numbered(number);
            }
            next.extend(passed.into_iter().map(|passed| ((class, passed), number + 1)));
            if !free {
                taken.insert(name.clone());
            }
            self.block.template.parts[part].name = name;
        }
    }
}
