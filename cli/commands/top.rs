//! `pkgraph top`: the switch of a running graph, refreshed in the terminal.

mod sample;
mod view;

use pkgraph_runtime::{BoxError, output, say};
use pkgraph_serve::control::{Control, Place};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};
use sample::Sample;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Shows the clients of a switch that runs with --control, their rates, and
/// what it drops.
#[derive(clap::Args, Debug)]
pub struct TopArgs {
    /// Where the graph listens: unix:PATH, a path, or tcp:HOST:PORT.
    place: Place,
    /// Prints one picture and ends, as it does when the output is no terminal.
    #[arg(long)]
    once: bool,
    /// From one picture to the next.
    #[arg(long, value_name = "DURATION", value_parser = crate::program::flags::duration, default_value = "1s")]
    interval: Duration,
}

pub fn main(args: &TopArgs) -> ExitCode {
    match shown(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn shown(args: &TopArgs) -> Result<(), BoxError> {
    let mut control = Control::connect(&args.place)?;
    let switch = sample::find_switch(&mut control)?;
    if args.once || !std::io::stdout().is_terminal() {
        once(&mut control, &switch, args.interval)
    } else {
        refreshed(&mut control, &switch, args)
    }
}

/// Two samples an interval apart, since rates are differences.
fn once(control: &mut Control, switch: &str, interval: Duration) -> Result<(), BoxError> {
    let before = Sample::read(control, switch)?;
    std::thread::sleep(interval);
    let now = Sample::read(control, switch)?;
    Ok(output::print_all(&view::text(switch, &before, &now))?)
}

fn refreshed(control: &mut Control, switch: &str, args: &TopArgs) -> Result<(), BoxError> {
    let mut terminal = ratatui::try_init().map_err(system)?;
    let ended = pictures(control, switch, args, &mut terminal);
    ended.and(ratatui::try_restore().map_err(system).map_err(BoxError::from))
}

fn pictures(
    control: &mut Control,
    switch: &str,
    args: &TopArgs,
    terminal: &mut ratatui::DefaultTerminal,
) -> Result<(), BoxError> {
    let mut before = Sample::read(control, switch)?;
    loop {
        let next = Instant::now() + args.interval;
        while let Some(left) = next.checked_duration_since(Instant::now()) {
            if event::poll(left).map_err(system)? && ends(&event::read().map_err(system)?) {
                return Ok(());
            }
        }
        let now = Sample::read(control, switch)?;
        let title = format!("{} at {}   q quits", switch, args.place);
        terminal.draw(|frame| view::draw(frame, &title, &before, &now)).map_err(system)?;
        before = now;
    }
}

fn system(error: std::io::Error) -> String {
    format!("the terminal: {error}")
}

fn ends(event: &Event) -> bool {
    let Event::Key(key) = event else { return false };
    let interrupt = key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL;
    interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)
}
