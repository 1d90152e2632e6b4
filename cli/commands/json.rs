//! How errors in a graph look to an editor: JSON.

use pkgraph_lang::{Diagnostic, Sources, Span};
use serde_json::{Value, json};
use std::path::Path;

/// An error of the graph in `path`. Lines and columns count from 1, columns in
/// characters; the end is the place behind the last character. What is about
/// no place has neither. `related` has the other places, and `within` the
/// compound element in which it is wrong.
pub fn error(sources: &Sources, path: &Path, error: &Diagnostic) -> Value {
    let mut object = match error.span {
        Some(span) => place(sources, span),
        None => json!({ "file": path.display().to_string() }),
    };
    let related = error.labels.iter().map(|label| {
        let mut related = place(sources, label.span);
        related["message"] = json!(label.text);
        related
    });
    object["severity"] = json!("error");
    object["message"] = json!(error.message);
    object["notes"] = json!(error.notes);
    object["help"] = json!(error.help);
    object["label"] = json!(error.label);
    object["related"] = Value::Array(related.collect());
    object["within"] = json!(error.within);
    object
}

/// A graph that cannot be read.
pub fn unreadable(path: &Path, message: &str) -> Value {
    let file = path.display().to_string();
    json!({ "file": file, "severity": "error", "message": message, "notes": [], "help": null })
}

fn place(sources: &Sources, span: Span) -> Value {
    let (start, end) = (sources.location(span.start), sources.location(span.end));
    json!({
        "file": start.file,
        "line": start.line,
        "column": start.column,
        "end": { "line": end.line, "column": end.column },
    })
}
