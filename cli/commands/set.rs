//! The elements that the command line serves.

use super::toolchain::Code;
use pkgraph_elements::{Builtin, Dynamic, ElementSet, Home};
use pkgraph_lang::{Catalogue, emit, emit_within};
use pkgraph_runtime::{Context, Graph, Plan, StartError};

/// Starts the graph of a Plan.
pub type Start = fn(&Plan, &mut Context) -> Result<Box<dyn Graph>, StartError>;

/// An [`ElementSet`] as values.
pub struct Set {
    pub catalogue: Catalogue,
    /// The crate of its own elements; `None` for the built-in set.
    pub home: Option<Home>,
    /// A graph on the dynamic engine.
    pub dynamic: Start,
}

impl Set {
    pub fn of<S: ElementSet + 'static>() -> Set {
        Set {
            catalogue: Catalogue::new(S::CATALOGUE),
            home: S::HOME,
            dynamic: |plan, context| Ok(Box::new(Dynamic::<S>::start(plan, context)?)),
        }
    }

    /// The loop of `plan` in Rust.
    pub fn code(&self, plan: &Plan) -> Code {
        let text = self.text(plan);
        let of_library = |path: &'static str| path.strip_prefix("::pkgraph_")?.split("::").next();
        let paths = plan.nodes.iter().filter_map(|node| self.catalogue.get(&node.class));
        let mut subjects: Vec<&str> = paths.filter_map(|info| of_library(info.path)).collect();
        subjects.sort_unstable();
        subjects.dedup();
        Code { text, subjects }
    }

    /// The Rust text of [`code`](Set::code).
    pub fn text(&self, plan: &Plan) -> String {
        match self.home {
            None => emit(plan, &self.catalogue),
            // A crate with elements of its own brings the library.
            Some(Home { library, .. }) => {
                let elements = format!("::{library}::__pkgraph::elements");
                emit_within(plan, &elements, |class| {
                    let path = self.catalogue.get(class).expect("a checked class").path;
                    match Builtin::CATALOGUE.iter().any(|info| info.path == path) {
                        true => format!("{elements}::{class}"),
                        false => format!("::{library}::{class}"),
                    }
                })
            }
        }
    }
}
