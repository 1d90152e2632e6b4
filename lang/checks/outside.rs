//! In virtual time nothing reaches outside of the graph.

use crate::graph::Graph;
use crate::{Diagnostic, Span};

/// An element that reaches outside of a graph that runs in virtual time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachesOutside {
    /// Where the element is declared.
    pub span: Span,
    /// The element's name.
    pub element: String,
    /// Its class.
    pub class: String,
}

/// Reports each element that declares that it reaches outside.
pub fn check(graph: &Graph, errors: &mut Vec<Diagnostic>) {
    for element in graph.node_weights() {
        if element.info.is_some_and(|info| info.outside) {
            let error = ReachesOutside {
                span: element.span,
                element: element.name.clone(),
                class: element.class.clone(),
            };
            errors.push(Diagnostic::from(error).within(element.trail.as_ref()));
        }
    }
}

impl From<ReachesOutside> for Diagnostic {
    fn from(error: ReachesOutside) -> Diagnostic {
        let ReachesOutside { span, element, class } = error;
        let message = format!(
            "`{element}` ({class}) reaches outside of the graph, where time is not virtual"
        );
        Diagnostic::new(span, message).help(
            "run the graph in real time, or put an element in its place that makes, reads \
             from a file, or takes packets, such as RatedSource, FromDump or Discard",
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{self, BASE, PUSH};
    use crate::{Catalogue, Program, Source, compile_program};
    use pkgraph_runtime::{ElementInfo, PortInfo, Ports};

    const DEVICE: ElementInfo = ElementInfo {
        name: "Device",
        ports: &|_| Ports { inputs: PortInfo::NONE, outputs: PUSH },
        outside: true,
        ..BASE
    };

    #[test]
    fn in_virtual_time_each_element_that_reaches_outside_is_named() {
        let text = "elementclass C { in :: Device -> output } Source -> Discard;\n\
                    a :: Device -> Discard; c :: C -> Discard";
        let source = Source { name: "test".into(), text: text.into() };
        let program = Program::read(&source, &mut |_, _| Err("no files".into()));
        let infos: Vec<_> = testing::catalogue().iter().chain([&DEVICE]).collect();
        let catalogue = Catalogue::new(&infos);
        assert!(compile_program(&program, &[], &catalogue).is_ok());
        let program = Program { virtual_time: true, ..program };
        let errors = compile_program(&program, &[], &catalogue).unwrap_err();
        let said = errors.iter().map(|error| {
            let place = program.sources.location(error.span.unwrap().start);
            format!("{place} {}", error.message)
        });
        let why = "(Device) reaches outside of the graph, where time is not virtual";
        let expected = [format!("test:1:18 `c/in` {why}"), format!("test:2:1 `a` {why}")];
        assert_eq!(said.collect::<Vec<_>>(), expected);
    }
}
