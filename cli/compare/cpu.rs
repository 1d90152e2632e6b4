//! CPU time from `/proc`: of a program, and of the whole machine.

use std::fs;

/// Ticks of a second in `/proc` (`USER_HZ`, 100 on every Linux).
const TICKS: f64 = 100.0;

/// CPU time that a program has used, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Program {
    /// In user mode and in the kernel (proc_pid_stat(5)): the kernel samples
    /// the split at its timer tick, and shows it in hundredths of a second.
    pub user: f64,
    pub kernel: f64,
    /// User and kernel, which the scheduler counts in nanoseconds
    /// (`/proc/PID/task/TID/schedstat`); `None` where it does not say.
    pub exact: Option<f64>,
}

impl Program {
    /// That of the process `id`. The error says that it is gone.
    pub fn of(id: u32) -> Result<Program, String> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat"))
            .map_err(|error| format!("process {id}: {error}"))?;
        let (user, kernel) =
            times(&stat).ok_or_else(|| format!("/proc/{id}/stat is not as it should be"))?;
        Ok(Program { user, kernel, exact: exact(id) })
    }

    /// What was used since `earlier`: user, kernel, and their exact sum. Where
    /// the sum is known, the parts are scaled to it.
    pub fn since(self, earlier: Program) -> (f64, f64, f64) {
        let (user, kernel) = (self.user - earlier.user, self.kernel - earlier.kernel);
        let sum = match (self.exact, earlier.exact) {
            (Some(now), Some(then)) => now - then,
            _ => user + kernel,
        };
        let share = if user + kernel > 0.0 { user / (user + kernel) } else { 0.5 };
        (sum * share, sum * (1.0 - share), sum)
    }
}

/// User and kernel time of a line of `/proc/PID/stat`, whose second field is a
/// name in parentheses, which may have any characters in it.
fn times(stat: &str) -> Option<(f64, f64)> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut seconds = || fields.next()?.parse::<f64>().ok().map(|ticks| ticks / TICKS);
    Some((seconds()?, seconds()?))
}

fn exact(id: u32) -> Option<f64> {
    let mut nanos = 0;
    for task in fs::read_dir(format!("/proc/{id}/task")).ok()? {
        // A thread may end meanwhile.
        let Ok(text) = fs::read_to_string(task.ok()?.path().join("schedstat")) else { continue };
        nanos += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(nanos as f64 / 1e9)
}

/// Time of all CPUs since the machine started, in seconds (proc_stat(5)).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Machine {
    /// How many CPUs.
    cpus: f64,
    /// What a CPU does when there is nothing to do: the kernel knows its beginning
    /// and its end, while all else is what its tick has found, which misses work
    /// that begins after one tick and ends before the next.
    idle: f64,
    pub softirq: f64,
    /// What the host of a virtual machine gave to others.
    pub steal: f64,
}

impl Machine {
    pub fn now() -> Machine {
        machine(&fs::read_to_string("/proc/stat").unwrap_or_default()).unwrap_or_default()
    }

    /// Whatever was neither idle nor stolen in the `seconds` since `earlier`.
    pub fn busy_since(self, earlier: Machine, seconds: f64) -> f64 {
        let not_here = self.idle - earlier.idle + self.steal - earlier.steal;
        (self.cpus * seconds - not_here).max(0.0)
    }
}

fn machine(stat: &str) -> Option<Machine> {
    let cpus = stat.lines().skip(1).take_while(|line| line.starts_with("cpu")).count() as f64;
    let [_user, _nice, _system, idle, iowait, _irq, softirq, steal] = seconds(stat)?;
    Some(Machine { cpus, idle: idle + iowait, softirq, steal })
}

/// The first line of `/proc/stat`, in seconds: user, nice, system, idle, iowait,
/// irq, softirq, steal.
fn seconds(stat: &str) -> Option<[f64; 8]> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<f64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
    let first: [f64; 8] = ticks.get(..8)?.try_into().ok()?;
    Some(first.map(|ticks| ticks / TICKS))
}

/// What another machine's `/proc` says, in seconds: a program in user mode, in
/// the kernel and exactly, the machine and its soft interrupts. `text` is the
/// program's `stat`, the `schedstat` of its tasks, and the first line of
/// `/proc/stat`.
pub fn of_text(text: &str) -> Option<[f64; 5]> {
    let (stat, rest) = text.split_once('\n')?;
    let (user, kernel) = times(stat)?;
    let [in_user, nice, system, _idle, _iowait, irq, softirq, _steal] = seconds(rest)?;
    let busy = in_user + nice + system + irq + softirq;
    let tasks = rest.lines().filter(|line| !line.starts_with("cpu "));
    let nanos: Option<Vec<u64>> =
        tasks.map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    Some([user, kernel, nanos?.iter().sum::<u64>() as f64 / 1e9, busy, softirq])
}

/// How the figures are taken, for whoever reads them.
pub const METHOD: &str = "CPU of the switch: the sum is exact (schedstat); user and kernel are \
                          its parts as the kernel's tick samples them. CPU of the machine: \
                          what was not idle (/proc/stat, hundredths of a second)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_proc() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 150 25 0 0 20 0 3 0 99 1 1";
        assert_eq!(times(stat), Some((1.5, 0.25)));
        assert_eq!(times("7 (a) S 1"), None);
        let stat = "cpu  100 100 200 5000 100 100 300 50 0 0\ncpu0 1\ncpu1 1\nintr 0\n";
        let expected = Machine { cpus: 2.0, idle: 51.0, softirq: 3.0, steal: 0.5 };
        assert_eq!(machine(stat), Some(expected));
        let later = Machine { idle: 52.0, steal: 0.6, ..expected };
        assert!((later.busy_since(expected, 1.0) - 0.9).abs() < 1e-9);
        let first = stat.lines().next().unwrap();
        let text = format!("7 (b) S 1 7 7 0 -1 4 1 0 0 0 150 25 0 0\n1000 5 1\n500 0 1\n{first}");
        assert_eq!(of_text(&text), Some([1.5, 0.25, 1.5e-6, 8.0, 3.0]));
    }

    #[test]
    fn the_own_work_is_seen() {
        let id = std::process::id();
        let before = Program::of(id).unwrap();
        // Bounded by what it measures.
        while Program::of(id).unwrap().since(before).2 < 0.02 {
            std::hint::black_box((0..10_000).sum::<u64>());
        }
        assert!(Program::of(u32::MAX).is_err());
    }

    #[test]
    fn the_parts_make_the_sum() {
        let at = |user, kernel, exact| Program { user, kernel, exact };
        let (user, kernel, sum) = at(0.3, 0.1, Some(1.2)).since(at(0.0, 0.0, Some(0.8)));
        assert!((user - 0.3).abs() < 1e-9 && (kernel - 0.1).abs() < 1e-9);
        assert!((sum - 0.4).abs() < 1e-9);
        assert_eq!(at(0.3, 0.1, None).since(at(0.1, 0.1, None)).2, 0.3 - 0.1);
    }
}
