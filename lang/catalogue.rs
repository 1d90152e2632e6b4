//! The element classes that a graph may use. They are passed in: this crate
//! knows none.

use pkgraph_runtime::ElementInfo;

/// Element classes by name.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Sorted by name.
    infos: Vec<&'static ElementInfo>,
}

impl Catalogue {
    /// A catalogue of `infos`. Of two with one name the later holds, so that
    /// a program may replace a built-in class.
    pub fn new(infos: &[&'static ElementInfo]) -> Catalogue {
        let mut infos: Vec<_> = infos.iter().rev().copied().collect();
        infos.sort_by_key(|info| info.name);
        infos.dedup_by_key(|info| info.name);
        Catalogue { infos }
    }

    /// The class called `name`.
    pub fn get(&self, name: &str) -> Option<&'static ElementInfo> {
        let found = self.infos.binary_search_by_key(&name, |info| info.name);
        found.ok().map(|i| self.infos[i])
    }

    /// All classes, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &'static ElementInfo> {
        self.infos.iter().copied()
    }

    /// Whether some class belongs to the subject `name`: what a graph may
    /// `require` as a package.
    pub fn has_package(&self, name: &str) -> bool {
        self.infos.iter().any(|info| info.subject == name)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing;

    #[test]
    fn classes_are_found_by_name() {
        let catalogue = testing::catalogue();
        assert_eq!(catalogue.get("Queue").map(|info| info.name), Some("Queue"));
        assert!(catalogue.get("queue").is_none());
        assert!(catalogue.has_package("fake"));
        assert!(!catalogue.has_package("fak"));
    }
}
