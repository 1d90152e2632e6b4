//! What the libraries say of a run, by events of `tracing`, as lines on standard
//! error.

use pkgraph_runtime::output;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Debug, Write as _};
use std::io;
use thiserror::Error;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Registry, fmt as lines};

/// The environment variable that has a filter, where the command line has none.
pub const VARIABLE: &str = "PKGRAPH_LOG";

/// Which events are shown, and how.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LogOptions {
    /// `warn`, or by parts of the program, as in `pkgraph_runtime=debug,info`. Without it
    /// the environment says which, and without that it is `info`.
    pub filter: Option<String>,
    /// How.
    pub format: Format,
}

/// How an event is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// A line for people.
    #[default]
    Text,
    /// A line of JSON, with the event's fields and spans.
    Json,
}

/// A filter that is none.
#[derive(Debug, Error)]
#[error(
    "{from} {filter}: expected off, error, warn, info, debug or trace, or such levels by part of \
     the program, as in pkgraph_runtime=debug,info"
)]
pub struct FilterError {
    /// What has it: the option or the environment's variable.
    pub from: &'static str,
    /// What it says.
    pub filter: String,
}

/// Shows events from here on. Where the program has a subscriber of its own, that one
/// stays.
///
/// # Errors
/// The filter is none.
pub fn install(options: &LogOptions) -> Result<(), FilterError> {
    let variable = || {
        std::env::var(VARIABLE)
            .ok()
            .filter(|filter| !filter.is_empty())
            .map(|filter| (VARIABLE, filter))
    };
    let given = options.filter.clone().map(|filter| ("--log", filter)).or_else(variable);
    let (from, filter) = given.unwrap_or(("", "info".into()));
    // A word alone would be a part of the program, all of whose events are shown. More
    // likely it is a level that is mistyped.
    let is_known = |part: &str| part.contains('=') || part.trim().parse::<LevelFilter>().is_ok();
    let targets = filter.parse::<Targets>().ok().filter(|_| filter.split(',').all(is_known));
    let targets = targets.ok_or(FilterError { from, filter })?;
    let registry = Registry::default().with(targets);
    // What fails here is that there is a subscriber already.
    let _ = match options.format {
        Format::Text => {
            let layer = lines::layer().event_format(Lines).with_writer(Unbuffered);
            tracing::subscriber::set_global_default(registry.with(layer))
        }
        Format::Json => {
            let layer = lines::layer().json().with_writer(Unbuffered);
            tracing::subscriber::set_global_default(registry.with(layer))
        }
    };
    Ok(())
}

/// Writes each event whole. One that cannot be written is lost.
struct Unbuffered;

impl io::Write for Unbuffered {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        output::say_octets(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl lines::MakeWriter<'_> for Unbuffered {
    type Writer = Unbuffered;

    fn make_writer(&self) -> Unbuffered {
        Unbuffered
    }
}

/// The event's message; what helps to find faults has its fields, too.
struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = *event.metadata().level();
        let mut parts = Parts { message: String::new(), fields: String::new() };
        event.record(&mut parts);
        let Parts { message, fields } = parts;
        match level {
            Level::WARN => writeln!(writer, "warning: {message}"),
            Level::DEBUG | Level::TRACE => {
                let target = event.metadata().target();
                writeln!(writer, "{}: {target}: {message}{fields}", level.as_str().to_lowercase())
            }
            _ => writeln!(writer, "{message}"),
        }
    }
}

struct Parts {
    message: String,
    fields: String,
}

impl Visit for Parts {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a String does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
