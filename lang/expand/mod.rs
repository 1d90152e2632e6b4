//! Variables: what `define` and parameters set and how configuration strings
//! use it.

mod expanded;
mod uses;

pub use expanded::Expanded;
pub(crate) use uses::literal;

use crate::checks::variables::VariableError;
use crate::scan;
use crate::{Diagnostic, Span};
use std::collections::BTreeMap;
use std::rc::Rc;
use uses::{Use, uses};

/// A variable and what stands for it.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name, without the dollar sign.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it is defined.
    pub span: Span,
}

/// Values use variables at most this deep.
const MOST_NESTED: usize = 32;
/// A value and a configuration string are at most this long.
const MOST_TEXT: usize = 1 << 16;
/// All configuration strings together are at most this long.
const MOST_TOTAL: usize = 1 << 26;

/// The variables of a block, of an instance of it if that is a compound.
pub type ScopeId = usize;

/// All blocks with their variables.
#[derive(Debug, Default)]
pub struct Scopes {
    scopes: Vec<Scope>,
    /// Octets of all configuration strings so far.
    total: usize,
}

#[derive(Debug)]
struct Scope {
    /// The block around.
    parent: Option<ScopeId>,
    /// How many blocks are around.
    level: usize,
    /// Sorted, so that messages are the same each time.
    values: BTreeMap<String, Value>,
}

#[derive(Clone, Debug)]
enum Value {
    /// As written: variables in it are not replaced yet.
    Written(String),
    /// Somebody is about to replace them.
    Busy,
    /// Nothing is left to replace.
    Done(Rc<str>),
    Failed(Failure),
}

#[derive(Clone, Debug)]
enum Failure {
    Undefined(String),
    Recursive,
    TooDeep,
    TooLong,
    Index(String),
}

impl Scopes {
    /// Adds a block.
    pub fn open(&mut self, parent: Option<ScopeId>) -> ScopeId {
        let level = parent.map_or(0, |parent| self.scopes[parent].level + 1);
        self.scopes.push(Scope { parent, level, values: BTreeMap::new() });
        self.scopes.len() - 1
    }

    /// The block with `level` blocks around it that is `scope` or around it.
    pub fn at_level(&self, mut scope: ScopeId, level: usize) -> ScopeId {
        while self.scopes[scope].level > level {
            match self.scopes[scope].parent {
                Some(parent) => scope = parent,
                None => break,
            }
        }
        scope
    }

    /// Defines a variable, whose value may use others.
    pub fn define(&mut self, scope: ScopeId, name: &str, value: &str) {
        self.scopes[scope].values.insert(name.to_string(), Value::Written(value.to_string()));
    }

    /// Defines a variable by a value as it is.
    pub fn bind(&mut self, scope: ScopeId, name: &str, value: &str) {
        self.scopes[scope].values.insert(name.to_string(), Value::Done(value.into()));
    }

    /// Whether `scope` itself defines a variable.
    pub fn defines(&self, scope: ScopeId, name: &str) -> bool {
        self.scopes[scope].values.contains_key(name)
    }

    /// The names that `scope` and the blocks around it define, innermost first.
    pub fn names(&self, scope: ScopeId) -> impl Iterator<Item = &str> {
        let around = |scope: &ScopeId| self.scopes[*scope].parent;
        let scopes = std::iter::successors(Some(scope), around);
        scopes.flat_map(|scope| self.scopes[scope].values.keys().map(String::as_str))
    }

    /// Replaces the variables in `text`, which stands at `start` among all
    /// texts and in `scope`.
    pub fn expand(
        &mut self,
        scope: ScopeId,
        text: &str,
        start: usize,
        errors: &mut Vec<Diagnostic>,
    ) -> Expanded {
        let mut expanded = Expanded::default();
        let mut literal = 0;
        for use_ in uses(text) {
            expanded.push_literal(&text[literal..use_.range.start], start + literal);
            let span = Span::from(start + use_.range.start..start + use_.range.end);
            let value = self.value(scope, &use_, MOST_NESTED).and_then(|value| {
                let most = MOST_TEXT.min(MOST_TOTAL - self.total);
                if expanded.text.len() + value.len() > most {
                    return Err(Failure::TooLong);
                }
                Ok(value)
            });
            match value {
                Ok(value) => expanded.push_value(&value, span),
                Err(failure) => errors.push(self.error(scope, failure, span, use_.name).into()),
            }
            literal = use_.range.end;
        }
        let whole = literal == 0;
        expanded.push_literal(&text[literal..], start + literal);
        if !whole {
            self.total += expanded.text.len().min(MOST_TOTAL - self.total);
        }
        if !whole && !scan::is_closed(&expanded.text) {
            let span = Span::from(start..start + text.len());
            errors.push(VariableError::Open { span }.into());
            expanded = Expanded::default();
        }
        expanded
    }

    fn error(&self, scope: ScopeId, failure: Failure, span: Span, name: &str) -> VariableError {
        let name = name.to_string();
        match failure {
            Failure::Undefined(name) => VariableError::undefined(span, &name, self.names(scope)),
            Failure::Recursive => VariableError::Recursive { span, name },
            Failure::TooDeep => VariableError::TooDeep { span, name, most: MOST_NESTED },
            Failure::TooLong => VariableError::TooLong { span, name, most: MOST_TEXT },
            Failure::Index(index) => VariableError::Index { span, index },
        }
    }

    /// What stands for a variable.
    fn value(&mut self, scope: ScopeId, use_: &Use<'_>, depth: usize) -> Result<String, Failure> {
        let value = match (self.find(scope, use_.name), use_.default) {
            (Some(home), _) => self.defined(home, use_.name, depth)?,
            (None, Some(default)) => self.expand_value(scope, default, depth)?.into(),
            (None, None) => return Err(Failure::Undefined(use_.name.to_string())),
        };
        let value = match use_.index {
            None => value.to_string(),
            Some(index) => {
                let index = self.expand_value(scope, index, depth)?;
                let number: usize = index.trim().parse().map_err(|_| Failure::Index(index))?;
                scan::words(&value).get(number).copied().unwrap_or_default().to_string()
            }
        };
        Ok(if use_.in_double_quotes { escape(&value) } else { value })
    }

    /// The innermost block that defines `name`.
    fn find(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        let mut next = Some(scope);
        while let Some(scope) = next {
            if self.scopes[scope].values.contains_key(name) {
                return Some(scope);
            }
            next = self.scopes[scope].parent;
        }
        None
    }

    /// The value of a variable of `scope`, made when it is first asked for.
    fn defined(&mut self, scope: ScopeId, name: &str, depth: usize) -> Result<Rc<str>, Failure> {
        let value = self.scopes[scope].values.get_mut(name);
        let Some(value) = value else { return Err(Failure::Undefined(name.to_string())) };
        let written = match value {
            Value::Done(value) => return Ok(value.clone()),
            Value::Busy => return Err(Failure::Recursive),
            Value::Failed(failure) => return Err(failure.clone()),
            Value::Written(text) => std::mem::take(text),
        };
        *value = Value::Busy;
        let made = self.expand_value(scope, &written, depth).map(Rc::from);
        let value = match &made {
            Ok(made) => Value::Done(Rc::clone(made)),
            // From elsewhere it may not be too deep.
            Err(Failure::TooDeep) => Value::Written(written),
            Err(failure) => Value::Failed(failure.clone()),
        };
        self.scopes[scope].values.insert(name.to_string(), value);
        made
    }

    fn expand_value(
        &mut self,
        scope: ScopeId,
        text: &str,
        depth: usize,
    ) -> Result<String, Failure> {
        let mut out = String::new();
        let mut literal = 0;
        for use_ in uses(text) {
            let depth = depth.checked_sub(1).ok_or(Failure::TooDeep)?;
            out.push_str(&text[literal..use_.range.start]);
            out.push_str(&self.value(scope, &use_, depth)?);
            if out.len() > MOST_TEXT {
                return Err(Failure::TooLong);
            }
            literal = use_.range.end;
        }
        out.push_str(&text[literal..]);
        Ok(out)
    }
}

/// Inside a double-quoted string a value is text, not syntax. A value that is
/// a quoted string itself joins it without its quotes.
fn escape(value: &str) -> String {
    let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    match inner {
        Some(inner) if scan::token_end(value, 0) == value.len() => inner.to_string(),
        _ => value.replace('\\', "\\\\").replace('"', "\\\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFINED: &[(&str, &str)] = &[
        ("A", "1"),
        ("B", "$A, 2"),
        ("Q", "\"x y\""),
        ("S", "say \"hi\""),
        ("LOOP", "$LOOP"),
        ("W", "a \"b c\" d"),
        ("P", "("),
    ];

    fn expand(text: &str, start: usize) -> (Expanded, Vec<String>) {
        let mut scopes = Scopes::default();
        let outer = scopes.open(None);
        for (name, value) in DEFINED {
            scopes.define(outer, name, value);
        }
        let inner = scopes.open(Some(outer));
        scopes.bind(inner, "I", "'$A' 1");
        let mut errors = Vec::new();
        let expanded = scopes.expand(inner, text, start, &mut errors);
        (expanded, errors.into_iter().map(|error| error.message).collect())
    }

    #[test]
    fn values_replace_variables() {
        for (text, expanded) in [
            ("", ""),
            ("$A", "1"),
            ("x$A.y${A}z", "x1.y1z"),
            ("$B", "1, 2"),
            ("'$A' \"$A\"", "'$A' \"1\""),
            ("\"a $Q\" $Q", "\"a x y\" \"x y\""),
            ("\"$S\"", "\"say \\\"hi\\\"\""),
            ("\"\\$A\"", "\"\\$A\""),
            ("$A // it's $A\n$A", "1 // it's $A\n1"),
            ("${NONE-7} ${A-7} ${NONE-$A}", "7 1 1"),
            ("${NONE-$B}", "1, 2"),
            ("$ $$ $(x) ${} ${A+}", "$ $$ $(x) ${} ${A+}"),
            ("ü$A", "ü1"),
            ("$I", "'$A' 1"),
            ("${W[1]} ${W[$A]} ${W[7]}.", "\"b c\" \"b c\" ."),
            ("\"${W[1]}\"", "\"b c\""),
        ] {
            let (found, errors) = expand(text, 0);
            assert_eq!((found.text.as_str(), errors), (expanded, vec![]), "{text}");
        }
    }

    #[test]
    fn what_has_no_value_is_an_error() {
        for (text, message) in [
            ("a $NONE", "`$NONE` is not defined"),
            ("$LOOP", "uses itself"),
            ("${W[x]}", "`x` is no number of a word"),
            ("$P", "do not pair up"),
        ] {
            let (_, errors) = expand(text, 5);
            assert!(errors[0].contains(message), "{text}: {}", errors[0]);
        }
    }

    #[test]
    fn values_do_not_explode() {
        let mut scopes = Scopes::default();
        let scope = scopes.open(None);
        for i in 0..30 {
            scopes.define(scope, &format!("v{i}"), &format!("$v{0} $v{0}", i + 1));
        }
        scopes.define(scope, "v30", "text");
        let mut errors = Vec::new();
        scopes.expand(scope, "$v0", 0, &mut errors);
        assert!(errors[0].message.contains("becomes too long"), "{}", errors[0].message);
    }

    #[test]
    fn parts_know_where_they_came_from() {
        let (expanded, _) = expand("ab$B cd", 10);
        assert_eq!(expanded.text, "ab1, 2 cd");
        for (range, span) in
            [(0..2, 10..12), (2..3, 12..14), (4..6, 12..14), (7..9, 15..17), (1..8, 11..16)]
        {
            assert_eq!(expanded.span(range.clone()), Span::from(span), "{range:?}");
        }
    }
}
