//! When a request is sent again, and how often it has been.

use pkgraph_runtime::Nanos;
use std::time::Duration;

/// Extra tries that answers may cause before their time has come: a fresh
/// cookie is used at once, but a peer that sends nothing else is not followed.
const EARLY_MAX: u32 = 8;

/// The tries of one request: the pause between them doubles up to a longest.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    since: Nanos,
    at: Nanos,
    pause: Nanos,
    longest: Nanos,
    tries: u32,
    early: u32,
}

impl Retry {
    /// A request that is sent now for the first time.
    pub fn new(now: Nanos, first: Nanos, longest: Nanos) -> Retry {
        let pause = first.min(longest);
        Retry { since: now, at: now + pause, pause, longest, tries: 1, early: 0 }
    }

    /// A request that is sent for the first time after a pause.
    pub fn after(now: Nanos, pause: Nanos, longest: Nanos) -> Retry {
        Retry { since: now, at: now + pause, pause: longest / 8, longest, tries: 0, early: 0 }
    }

    /// When the last try is over.
    pub fn at(&self) -> Nanos {
        self.at
    }

    /// How often the request has been sent, early tries apart.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// How long ago it was sent first.
    pub fn waited(&self, now: Nanos) -> Duration {
        Duration::from_nanos(now.saturating_sub(self.since))
    }

    /// Counts another try, sent now.
    pub fn again(&mut self, now: Nanos) {
        self.tries += 1;
        self.pause = (2 * self.pause).min(self.longest);
        self.at = now + self.pause;
    }

    /// Whether an answer may cause a try at once.
    pub fn early(&mut self) -> bool {
        self.early += 1;
        self.early <= EARLY_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut retry = Retry::new(1000, 200, 700);
        let mut sent = vec![1000];
        while retry.tries() < 5 {
            sent.push(retry.at());
            retry.again(retry.at());
        }
        assert_eq!(sent, [1000, 1200, 1600, 2300, 3000]);
        assert_eq!(Retry::new(0, 200, 50).at(), 50);
    }
}
