//! The report of an experiment, as a browser shows it: light and dark, on a
//! desk's screen and on a phone's.

mod samples;
// Its turn and its bound of time; what media alone need is not used here.
#[allow(dead_code)]
#[path = "../media/tool.rs"]
mod tool;

use pkgraph::compare::html::page;
use pkgraph::elements::{Builtin, ElementSet};
use pkgraph::lang::Catalogue;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use tool::Tool;

const PROBE: &str = include_str!("probe.js");
/// The widths of windows, in pixels.
const WIDTHS: [usize; 2] = [1280, 400];

#[test]
fn a_browser_shows_it_whole_and_readable() {
    let Some(_turn) = tool::turn(&["chromium"]) else { return };
    let folder = folder();
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    let samples: Vec<_> = samples::all()
        .into_iter()
        .map(|(name, results)| (name, page(&results, &catalogue), results.warnings))
        .collect();
    for (name, page, _) in &samples {
        // For who wants to look.
        std::fs::write(folder.join(format!("{name}.html")), page).unwrap();
    }
    let browsers = [false, true].map(|is_dark| {
        let file = if is_dark { "dark" } else { "light" };
        let frames = folder.join(format!("all-{file}.html"));
        std::fs::write(&frames, beside_each_other(&samples, is_dark)).unwrap();
        browser(&frames, is_dark, &folder)
    });
    for (browser, scheme) in browsers.into_iter().zip(["light", "dark"]) {
        check(&browser.finish(), scheme);
    }
}

#[test]
fn a_simulated_variant_is_in_no_ratio() {
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    let (_, mut results) = samples::all().swap_remove(0);
    let without = page(&results, &catalogue);
    assert!(without.contains("no difference"));
    let is_simulated = |v: &pkgraph::compare::results::Variant| v.is_simulated;
    let simulated = results.variants.iter().position(is_simulated).unwrap();
    let mut comparison = results.comparisons[0].clone();
    comparison.variant = simulated;
    results.comparisons.push(comparison);
    assert!(page(&results, &catalogue) == without);
}

#[test]
fn instructions_are_not_called_times() {
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    for (name, results) in samples::all() {
        let page = page(&results, &catalogue);
        let is_guest = name == "guest";
        assert_eq!(page.contains("thousand instructions, simulated"), is_guest, "{name}");
        assert_eq!(page.contains("µs"), !is_guest, "{name}");
    }
}

/// Every page in a frame of every width, with the probe.
fn beside_each_other(samples: &[(&str, String, Vec<String>)], is_dark: bool) -> String {
    let mut expected = Map::new();
    let mut html = String::from(
        "<!doctype html><meta charset=utf-8><meta name=color-scheme content='light dark'>",
    );
    for (name, page, warnings) in samples {
        expected.insert((*name).into(), json!({ "isDark": is_dark, "warnings": warnings }));
        let page = page.replace('&', "&amp;").replace('"', "&quot;");
        for width in WIDTHS {
            html += &format!(
                "<iframe title={name} style='border:0;width:{width}px;height:900px' srcdoc=\"{page}\"></iframe>"
            );
        }
    }
    let expected = Value::Object(expected).to_string().replace('<', "\\u003c");
    html + &format!(
        "<script type=application/json id=expected>{expected}</script><script>{PROBE}</script>"
    )
}

fn browser(file: &Path, is_dark: bool, folder: &Path) -> Tool {
    // 0 is dark. The probe measures after a page was drawn: the virtual time lets
    // the browser draw before it gives the document. The pages are our own: the sandbox, which root does not get,
    // would guard nothing.
    let scheme = usize::from(!is_dark);
    let profile = if is_dark { "profile-dark" } else { "profile-light" };
    let arguments = format!(
        "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-extensions
        --user-data-dir={profile} --blink-settings=preferredColorScheme={scheme}
        --enable-logging=stderr --virtual-time-budget=5000 --dump-dom file://{}",
        file.display()
    );
    Tool::start("chromium", &arguments, folder)
}

/// What the browser said, and what the probe found.
fn check(said: &str, scheme: &str) {
    let console: Vec<_> = said.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "{scheme}: {console:#?}");
    let (_, findings) =
        said.split_once("FINDINGS ").unwrap_or_else(|| panic!("no findings:\n{said}"));
    let findings = findings.lines().next().unwrap();
    let findings = findings.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let findings: Vec<Value> = serde_json::from_str(&findings).unwrap();
    assert_eq!(findings.len(), WIDTHS.len() * samples::all().len());
    for found in &findings {
        let (page, width) = (found["page"].as_str().unwrap(), &found["width"]);
        let wrong = found["wrong"].as_array().unwrap();
        assert!(wrong.is_empty(), "{page}, {width} pixels, {scheme}: {wrong:#?}");
        assert_eq!(found["figures"], figures(page), "{page}, {width} pixels, {scheme}");
    }
}

/// How many figures each section has.
fn figures(page: &str) -> Value {
    match page {
        // Two rates: CPU of switch and machine; delay, its distribution and its
        // tail at three numbers of clients, and the models of two delays.
        "full" => json!({
            "cpu": 4, "delay": 2 + 12 + 4, "echo": 2, "ratios": 5, "simulated": 4, "graphs": 2,
        }),
        "minimal" => json!({ "cpu": 2, "delay": 1 + 2, "echo": 1, "graphs": 1 }),
        "guest" => json!({ "cpu": 2, "delay": 1 + 4 + 2, "echo": 1, "ratios": 5, "graphs": 2 }),
        "troubled" => json!({ "cpu": 2, "delay": 1 + 4 + 2, "echo": 1, "ratios": 5, "graphs": 3 }),
        _ => unreachable!("{page}"),
    }
}

fn folder() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(&path).unwrap();
    path
}
