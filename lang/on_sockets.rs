//! Puts sockets in the place of devices: a pass over the graph, before its
//! checks. The declaration of an element says what stands for it, so that no
//! class is known here.
//!
//! What stands for an element has its span, so errors of later steps point at
//! the element in the text.

use crate::checks::arguments;
use crate::checks::compounds::CompoundError;
use crate::expand::Expanded;
use crate::graph::{Built, Element, Graph, MOST_CONNECTIONS};
use crate::wiring::node_index;
use crate::{Catalogue, Diagnostic, Program, graph};
use pkgraph_runtime::{ArgError, Sockets, StandIn};
use std::ops::Range;

/// Builds the graph of `program` on the sockets that it is to run on, if it is to
/// run on any.
pub(crate) fn build(
    program: &Program,
    defines: &[(String, String)],
    catalogue: &Catalogue,
    errors: &mut Vec<Diagnostic>,
) -> Built {
    let text = program.sources.text();
    let mut built = graph::build(&program.file, text, defines, catalogue, errors);
    if let Some(sockets) = program.sockets {
        built.graph = on_sockets(built.graph, sockets, catalogue, errors);
    }
    built
}

fn on_sockets(
    graph: Graph,
    sockets: Sockets,
    catalogue: &Catalogue,
    errors: &mut Vec<Diagnostic>,
) -> Graph {
    let (elements, connections) = graph.into_nodes_edges();
    let mut swapped = Graph::new();
    // What each element has become.
    let mut places: Vec<Range<usize>> = Vec::with_capacity(elements.len());
    for element in elements {
        let first = swapped.node_count();
        for element in stand_ins(element.weight, sockets, catalogue, errors) {
            swapped.add_node(element);
        }
        places.push(first..swapped.node_count());
    }
    for connection in connections {
        let (from, to) = (connection.source().index(), connection.target().index());
        for from in places[from].clone() {
            for to in places[to].clone() {
                if swapped.edge_count() == MOST_CONNECTIONS {
                    let (span, what, most) =
                        (connection.weight.output.span, "connections", MOST_CONNECTIONS);
                    errors.push(CompoundError::TooLarge { span, what, most }.into());
                    return Graph::new();
                }
                swapped.add_edge(node_index(from), node_index(to), connection.weight.clone());
            }
        }
    }
    swapped
}

/// The elements that stand for this one, or the element itself. Of one that has
/// no stand-in nothing more is said.
fn stand_ins(
    element: Element,
    sockets: Sockets,
    catalogue: &Catalogue,
    errors: &mut Vec<Diagnostic>,
) -> Vec<Element> {
    let Some(on_sockets) = element.info.and_then(|info| info.on_sockets) else {
        return vec![element];
    };
    let found: Option<Vec<Element>> = arguments::bind_for(&element, errors, |args| {
        let list = on_sockets(sockets, &args)?;
        list.iter().map(|stand_in| stand(stand_in, &element, catalogue)).collect()
    });
    match found {
        Some(list) if list.is_empty() => vec![element],
        Some(mut list) => {
            // Several are named as the parts of a compound.
            if list.len() > 1 {
                for (n, one) in list.iter_mut().enumerate() {
                    one.name = format!("{}/{}@{}", element.name, one.class, n + 1);
                }
            }
            list
        }
        None => vec![Element { info: None, ..element }],
    }
}

/// `stand_in` under the name of `element` and in its place.
fn stand(
    stand_in: &StandIn,
    element: &Element,
    catalogue: &Catalogue,
) -> Result<Element, ArgError> {
    let StandIn { class, config } = stand_in;
    let info = catalogue.get(class).ok_or_else(|| {
        ArgError::element(format!("there is no `{class}` here, which stands for it on sockets"))
    })?;
    let config = Expanded::value(config, element.span);
    Ok(Element { class: class.to_string(), info: Some(info), config, ..element.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, BASE, PUSH};
    use crate::{Source, compile_program, flatten};
    use pkgraph_runtime::{ArgInfo, ArgPlace, Args, ElementInfo, PortInfo, Ports};

    /// A device whose argument N says how many Sources stand for it.
    const DEVICE: ElementInfo = ElementInfo {
        name: "Device",
        args: &[ArgInfo {
            name: "N",
            place: ArgPlace::Positional,
            required: true,
            type_name: "number",
            parse: |_| Ok(()),
            default: "",
            doc: "",
        }],
        ports: &|_| Ports { inputs: PortInfo::NONE, outputs: PUSH },
        on_sockets: Some(sources),
        ..BASE
    };

    fn sources(_: Sockets, args: &Args) -> Result<Vec<StandIn>, ArgError> {
        match args.parse_required("N")? {
            9 => Err(ArgError::argument("N", "nine are too many")),
            8 => Ok(vec![StandIn::new("Gone", "")]),
            n => Ok(vec![StandIn::new("Source", ""); n]),
        }
    }

    fn program(text: &str) -> (Program, Catalogue) {
        let source = Source { name: "test".into(), text: text.into() };
        let program = Program::read(&source, &mut |_, _| Err("no files".into()));
        let infos: Vec<_> = testing::catalogue().iter().chain([&DEVICE]).collect();
        (Program { sockets: Some(Sockets::Udp), ..program }, Catalogue::new(&infos))
    }

    fn flat(text: &str) -> String {
        let (program, catalogue) = program(text);
        flatten(&program, &[], &catalogue).unwrap_or_else(|errors| panic!("{errors:#?}"))
    }

    /// The errors with what they point at.
    fn errors(text: &str) -> Vec<(String, &str)> {
        let (program, catalogue) = program(text);
        let errors = compile_program(&program, &[], &catalogue).err().unwrap_or_default();
        let at = |error: &Diagnostic| &text[error.span.unwrap().range()];
        errors.iter().map(|error| (error.message.clone(), at(error))).collect()
    }

    #[test]
    fn an_element_stays_has_one_stand_in_or_several_side_by_side() {
        for (n, expected) in [
            ("0", "in :: Device(0);\nd :: Sink;\n\nin -> d;\n"),
            ("1", "in :: Source;\nd :: Sink;\n\nin -> d;\n"),
            ("N 1", "in :: Source;\nd :: Sink;\n\nin -> d;\n"),
            (
                "2",
                "in/Source@1 :: Source;\nin/Source@2 :: Source;\nd :: Sink;\n\n\
                 in/Source@1 -> d;\nin/Source@2 -> d;\n",
            ),
        ] {
            assert_eq!(flat(&format!("in :: Device({n}) -> d :: Sink")), expected, "{n}");
        }
    }

    #[test]
    fn what_looks_like_an_element_in_a_string_is_none() {
        let text = "c :: Config(KEY \"\nx :: Device(1);\n\");\n";
        assert_eq!(flat(text), text);
    }

    #[test]
    fn errors_point_at_the_text() {
        let refused = ("argument `N`: nine are too many".to_string(), "N 9");
        assert_eq!(errors("in :: Device(N 9) -> Discard"), [refused]);
        let missing = ("`Device` needs the argument `N`".to_string(), "in");
        assert_eq!(errors("in :: Device -> Discard"), [missing]);
        let unknown = "`Device`: there is no `Gone` here, which stands for it on sockets";
        assert_eq!(errors("in :: Device(8) -> Discard"), [(unknown.to_string(), "in")]);
        // An error that comes of the stand-in.
        let [(message, at)] = &errors("in :: Device(1)")[..] else { panic!("not one error") };
        assert!(message.contains("is not connected"), "{message}");
        assert_eq!(*at, "in");
    }

    #[test]
    fn connections_do_not_grow_without_bounds() {
        let text = "a :: Device(100); d :: Any; a[0-65535] => d[0-65535];";
        let found = errors(text);
        assert!(found.iter().any(|(message, _)| message.contains("grows past")), "{found:?}");
    }
}
