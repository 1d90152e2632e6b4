//! A picture in SVG. `dagre` places the boxes and leads the lines.

use super::{Connection, Element, Picture, Port, around, short};
use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, Point, layout};
use std::fmt::{self, Write};

/// The width of a letter, the height of a box and of a port, and what is left
/// free around them, in pixels.
const LETTER: f64 = 7.3;
const HEIGHT: f64 = 30.0;
const PORT: f64 = 7.0;
const MARGIN: f64 = 12.0;

pub fn print(picture: &Picture<'_>) -> String {
    written(picture, &format!("<style>{STYLE}</style>\n"))
}

/// Without its rules.
pub fn inline(picture: &Picture<'_>) -> String {
    written(picture, "")
}

fn written(picture: &Picture<'_>, style: &str) -> String {
    let mut out = String::new();
    write(&mut out, picture, style).expect("writing to a String does not fail");
    out
}

/// Where everything is.
type Placed = Graph<NodeLabel, EdgeLabel>;

fn write(out: &mut String, picture: &Picture<'_>, style: &str) -> fmt::Result {
    let graph = place(picture);
    let boxes: Vec<Rectangle> = graph.nodes().iter().map(|id| Rectangle::of(&graph, id)).collect();
    let right = boxes.iter().map(|b| b.x + b.width).fold(0.0, f64::max) + MARGIN;
    let bottom = boxes.iter().map(|b| b.y + b.height).fold(0.0, f64::max) + MARGIN + PORT;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{right:.0}\" height=\"{bottom:.0}\" \
         viewBox=\"0 0 {right:.0} {bottom:.0}\" role=\"img\" aria-label=\"packet graph\">"
    )?;
    write!(out, "{style}")?;
    for name in &picture.compounds {
        let Rectangle { x, y, width, height } = Rectangle::of(&graph, &compound(name));
        writeln!(
            out,
            "<g class=\"compound\"><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\" rx=\"6\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            x + 6.0,
            y + 14.0,
            escape(short(name))
        )?;
    }
    for (number, connection) in picture.connections.iter().enumerate() {
        line(out, picture, &graph, number, connection)?;
    }
    for (id, element) in picture.elements.iter().enumerate() {
        draw(out, element, Rectangle::of(&graph, &format!("e{id}")))?;
    }
    writeln!(out, "</svg>")
}

fn place(picture: &Picture<'_>) -> Placed {
    let mut graph =
        Placed::with_options(GraphOptions { directed: true, multigraph: true, compound: true });
    for name in &picture.compounds {
        graph.set_node(compound(name), Some(NodeLabel::default()));
    }
    for name in &picture.compounds {
        if let Some(outer) = around(name) {
            graph.set_parent(&compound(name), Some(&compound(outer)));
        }
    }
    for (id, element) in picture.elements.iter().enumerate() {
        let id = format!("e{id}");
        let size = NodeLabel { width: width(element), height: HEIGHT, ..NodeLabel::default() };
        graph.set_node(id.clone(), Some(size));
        if let Some(outer) = around(&element.node.name) {
            graph.set_parent(&id, Some(&compound(outer)));
        }
    }
    for (number, connection) in picture.connections.iter().enumerate() {
        let (from, to) = (format!("e{}", connection.from.0), format!("e{}", connection.to.0));
        graph.set_edge(from, to, Some(EdgeLabel::default()), Some(&number.to_string()));
    }
    let options = LayoutOptions {
        nodesep: 24.0,
        ranksep: 34.0,
        marginx: MARGIN,
        marginy: MARGIN + PORT,
        // What is first in the text is left where that crosses no more lines.
        tie_keep_first: true,
        ..LayoutOptions::default()
    };
    layout(&mut graph, Some(options));
    graph
}

/// The node of a compound.
fn compound(name: &str) -> String {
    format!("c{name}")
}

/// Wide enough for the label, and for those of the ports.
fn width(element: &Element<'_>) -> f64 {
    let row = |ports: &[Port]| {
        let widest = ports.iter().map(|port| port.label.len()).max().unwrap_or(0);
        ports.len() as f64 * (widest as f64 * LETTER + 2.0 * PORT)
    };
    let label = element.label().chars().count() as f64 * LETTER + 20.0;
    label.max(row(&element.inputs)).max(row(&element.outputs))
}

/// A box; `x` and `y` are its upper left corner.
#[derive(Clone, Copy)]
struct Rectangle {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Rectangle {
    fn of(graph: &Placed, id: &str) -> Rectangle {
        let node = graph.node(id).expect("every node is placed");
        let (x, y) = (node.x.unwrap_or(0.0), node.y.unwrap_or(0.0));
        let (width, height) = (node.width, node.height);
        Rectangle { x: x - width / 2.0, y: y - height / 2.0, width, height }
    }

    /// The middle of port `index` of `count`, above or below.
    fn port(&self, index: usize, count: usize, below: bool) -> Point {
        let x = self.x + self.width * (index as f64 + 0.5) / count as f64;
        Point::new(x, if below { self.y + self.height + PORT } else { self.y - PORT })
    }
}

fn draw(out: &mut String, element: &Element<'_>, place: Rectangle) -> fmt::Result {
    let Rectangle { x, y, width, height } = place;
    write!(out, "<g class=\"element\"><title>{}</title>", escape(&element.details()))?;
    write!(
        out,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"3\"/>"
    )?;
    write!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        x + width / 2.0,
        y + height / 2.0 + 4.5,
        escape(&element.label())
    )?;
    for (below, ports) in [(false, &element.inputs), (true, &element.outputs)] {
        for (i, port) in ports.iter().enumerate() {
            draw_port(out, port, place.port(i, ports.len(), below), below)?;
        }
    }
    writeln!(out, "</g>")
}

/// A triangle where packets come in, a square where they leave; full where they
/// are pushed, empty where they are pulled.
fn draw_port(out: &mut String, port: &Port, at: Point, below: bool) -> fmt::Result {
    let class = if port.pulls { "pull" } else { "push" };
    let (x, y, half) = (at.x, at.y, PORT / 2.0);
    if below {
        write!(
            out,
            "<rect class=\"port {class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{PORT}\" height=\"{PORT}\"/>",
            x - half,
            y - PORT
        )?;
    } else {
        write!(
            out,
            "<path class=\"port {class}\" d=\"M{:.1} {y:.1}h{:.1}l{:.1} {PORT}z\"/>",
            x - PORT,
            2.0 * PORT,
            -PORT
        )?;
    }
    if !port.label.is_empty() {
        let y = if below { y - 0.5 } else { y + PORT - 0.5 };
        write!(
            out,
            "<text class=\"name\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            x + PORT,
            escape(&port.label)
        )?;
    }
    Ok(())
}

/// From the output's port to the input's, by the points of the layout between.
fn line(
    out: &mut String,
    picture: &Picture<'_>,
    graph: &Placed,
    number: usize,
    connection: &Connection,
) -> fmt::Result {
    let ((from, output), (to, input)) = (connection.from, connection.to);
    let (source, sink) = (format!("e{from}"), format!("e{to}"));
    let outputs = picture.elements[from].outputs.len();
    let inputs = picture.elements[to].inputs.len();
    let start = Rectangle::of(graph, &source).port(output, outputs, true);
    let end = Rectangle::of(graph, &sink).port(input, inputs, false);
    let edge = graph.edge(&source, &sink, Some(&number.to_string()));
    let points = edge.map_or(&[][..], |edge| &edge.points);
    // The first and the last are where the line meets the boxes. A line to the
    // next row has nothing to go around.
    let between = if points.len() > 3 { &points[1..points.len() - 1] } else { &[] };
    write!(out, "<path class=\"line")?;
    if connection.pulls {
        write!(out, " pulled")?;
    }
    write!(out, "\" d=\"M{:.1} {:.1}", start.x, start.y)?;
    let mut last = &start;
    for point in between.iter().chain([&end]) {
        // Leaves and arrives upright.
        let middle = (last.y + point.y) / 2.0;
        write!(
            out,
            "C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {:.1}",
            last.x, point.x, point.x, point.y
        )?;
        last = point;
    }
    writeln!(out, "\"/>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Plain rules, since not all programs that show SVG know more. Browsers follow
/// the reader's choice of a dark background.
pub const STYLE: &str = "\
svg{background:#fff}\
text{font:12px ui-monospace,monospace;fill:#1b1f24}\
.element text{text-anchor:middle}\
.element rect{fill:#eef2f7;stroke:#7a8696}\
.element .name{font-size:10px;text-anchor:start}\
.element .port{stroke:#2f5f9e;stroke-width:1.2}\
.element .push{fill:#2f5f9e}\
.element .pull{fill:#fff}\
.compound rect{fill:none;stroke:#7a8696;stroke-dasharray:2 3}\
.line{fill:none;stroke:#2f5f9e;stroke-width:1.4}\
.pulled{stroke-dasharray:5 3}\
@media(prefers-color-scheme:dark){\
svg{background:#16191d}\
text{fill:#e8eaed}\
.element rect{fill:#242a32;stroke:#8b97a7}\
.element .port{stroke:#8ab4f8}\
.element .push{fill:#8ab4f8}\
.element .pull{fill:#16191d}\
.compound rect{stroke:#8b97a7}\
.line{stroke:#8ab4f8}\
}";
