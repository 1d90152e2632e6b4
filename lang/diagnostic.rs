//! What the compiler has to say, as data. The command line renders it.

use crate::Span;
use std::rc::Rc;

/// Something that is wrong with a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What it is about; `None` if that is not in the text but, for example,
    /// on the command line.
    pub span: Option<Span>,
    /// What is wrong, in one line, lower case, without a full stop.
    pub message: String,
    /// What stands under the marked text, if the message does not do.
    pub label: String,
    /// Other places that have to do with it.
    pub labels: Vec<Label>,
    /// Facts that explain it.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// The name of the compound element in which it is wrong; empty outside of
    /// compounds.
    pub within: String,
    /// Whether a part of the text that could not be read may be the cause.
    pub(crate) needs_all: bool,
}

/// Where a compound was put to use, and the compound around that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// The compound element's name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// The compound around it.
    pub outer: Option<Rc<Trail>>,
}

/// A remark about a place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The remark.
    pub text: String,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn new(span: impl Into<Option<Span>>, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            span: span.into(),
            message: message.into(),
            label: String::new(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            within: String::new(),
            needs_all: false,
        }
    }

    /// Says `text` under the marked place.
    pub fn under(mut self, text: impl Into<String>) -> Diagnostic {
        self.label = text.into();
        self
    }

    /// Points to another place.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// Says what to do.
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }

    /// Says what to do, if that is known.
    pub fn maybe_help(mut self, text: Option<String>) -> Diagnostic {
        self.help = text.or(self.help);
        self
    }

    /// Says by which compound elements the place is part of the graph.
    pub(crate) fn within(mut self, trail: Option<&Rc<Trail>>) -> Diagnostic {
        if let Some(trail) = trail {
            self.within.clone_from(&trail.name);
        }
        let mut next = trail;
        for _ in 0..MOST_TRAIL {
            let Some(Trail { name, span, outer }) = next.map(Rc::as_ref) else { break };
            self = self.label(*span, format!("in `{name}`"));
            next = outer.as_ref();
        }
        self
    }

    /// The error means nothing if parts of the text are left out.
    pub(crate) fn if_all_is_read(mut self) -> Diagnostic {
        self.needs_all = true;
        self
    }

    /// Whether both say the same of one place, in two instances of a compound.
    pub(crate) fn repeats(&self, earlier: &Diagnostic) -> bool {
        let local = |d: &Diagnostic| match d.within.is_empty() {
            true => d.message.clone(),
            false => d.message.replace(&format!("{}/", d.within), "").replace(&d.within, ""),
        };
        self.span.is_some() && self.span == earlier.span && local(self) == local(earlier)
    }
}

/// So many of the compounds around a place are shown.
const MOST_TRAIL: usize = 4;
