//! The elements that the command line serves.

use pkgraph_elements::{Dynamic, ElementSet, Home};
use pkgraph_lang::{Catalogue, emit};
use pkgraph_runtime::{ArgError, Graph, NodeId, Plan};

/// Makes a graph of a Plan.
pub type Build = fn(&Plan) -> Result<Box<dyn Graph>, (NodeId, ArgError)>;

/// An [`ElementSet`] as values.
pub struct Set {
    pub catalogue: Catalogue,
    /// The crate of its own elements; `None` for the built-in set.
    pub home: Option<Home>,
    /// A graph on the dynamic engine.
    pub dynamic: Build,
}

impl Set {
    pub fn of<S: ElementSet + 'static>() -> Set {
        Set {
            catalogue: Catalogue::new(S::CATALOGUE),
            home: S::HOME,
            dynamic: |plan| Ok(Box::new(Dynamic::<S>::new(plan)?)),
        }
    }

    /// The loop of `plan` in Rust.
    pub fn code(&self, plan: &Plan) -> String {
        let path = |class: &str| self.catalogue.get(class).expect("a checked class").path;
        let code = emit(plan, path);
        match self.home {
            None => code,
            // A crate with elements of its own brings the library.
            Some(Home { library, .. }) => {
                code.replace("::pkgraph_elements::", &format!("::{library}::__pkgraph::elements::"))
            }
        }
    }
}
