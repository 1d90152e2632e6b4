//! What the program says of drivers is what the table of drivers says.

use crate::process::output;
use pkgraph_runtime::netmap::DRIVERS;

#[test]
fn help_and_doctor_show_every_driver() {
    let (_, help, _) = output(&["run", "--help"]);
    let (_, doctor, _) = output(&["doctor"]);
    let (_, completions, _) = output(&["completions", "bash"]);
    for row in DRIVERS {
        let name = row.name;
        let line = |text: &str, start: &str| {
            text.lines().find_map(|line| line.trim().strip_prefix(start)).map(str::to_string)
        };
        let of_help =
            line(&help, &format!("- {name}:")).unwrap_or_else(|| panic!("{name}: {help}"));
        assert!(of_help.contains(row.help), "{of_help}");
        if let Some(settings) = &row.settings {
            let example = format!("{name}:{}", settings.example);
            assert!(of_help.contains(&example), "{of_help}");
        }
        let marked = doctor.lines().map(|line| line.get(2..).unwrap_or_default());
        let of_it = marked.filter(|line| line.split_whitespace().next() == Some(name));
        assert_eq!(of_it.count(), 1, "{name}: {doctor}");
    }
    let list = DRIVERS.iter().map(|row| row.name).collect::<Vec<_>>().join(" ");
    assert!(completions.contains(&format!("auto {list}")), "{list}: {completions}");
}

#[test]
fn an_unknown_driver_is_answered_with_those_that_there_are() {
    let (code, _, said) = output(&["run", "none.click", "--driver", "kernal"]);
    assert_eq!(code, Some(2), "{said}");
    let list = DRIVERS.iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
    assert!(said.contains(&format!("[possible values: auto, {list}]")), "{said}");
    assert!(said.contains("a similar value exists: 'kernel'"), "{said}");
    let (_, _, said) = output(&["run", "none.click", "--driver", "sim:late=x"]);
    assert!(said.contains("late=PERCENT"), "{said}");
    let (_, _, said) = output(&["run", "none.click", "--driver", "xdp:late=1"]);
    assert!(said.contains("sim or sim:FAULTS, not 'xdp:late=1'"), "{said}");
}
