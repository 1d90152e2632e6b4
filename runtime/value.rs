//! What a handler reads as: a number, a text, or a table, each with the text
//! that Click's users know.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The value of a handler. Its `Display` is the text of Click's protocol.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// A table.
    Table(Table),
}

/// A number, whole where it counts.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// Without a sign.
    Natural(u64),
    /// With a sign.
    Integer(i64),
    /// Any number, and how people read it.
    Real(f64, String),
}

/// Rows of a table, with a cell for each of its columns, and how people read
/// them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Table {
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// All of it as text.
    pub text: String,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
}

/// What kind of value a handler has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A number.
    Number,
    /// A text.
    Text,
    /// A table with these columns.
    Table(Cow<'static, [Column]>),
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: Cow<'static, str>,
    /// What its numbers are; `None` for a column of texts.
    pub quantity: Option<Quantity>,
}

/// What a number says.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Quantity {
    /// What is counted or measured, in the plural, such as `packets` or
    /// `seconds`; empty for a number without a unit.
    pub unit: Cow<'static, str>,
    /// Whether it only grows, unless somebody sets it to 0.
    pub grows: bool,
}

impl Column {
    /// A column of texts.
    pub const fn text(name: &'static str) -> Column {
        Column { name: Cow::Borrowed(name), quantity: None }
    }

    /// A column of numbers, such as a length or a time.
    pub const fn number(name: &'static str, unit: &'static str) -> Column {
        Column { name: Cow::Borrowed(name), quantity: Some(Quantity::new(unit, false)) }
    }

    /// A column of numbers that only grow.
    pub const fn growing(name: &'static str, unit: &'static str) -> Column {
        Column { name: Cow::Borrowed(name), quantity: Some(Quantity::new(unit, true)) }
    }
}

impl Quantity {
    /// A quantity of a declaration.
    pub const fn new(unit: &'static str, grows: bool) -> Quantity {
        Quantity { unit: Cow::Borrowed(unit), grows }
    }
}

impl Number {
    /// The number with these digits after the point, for those who read it.
    pub fn rounded(value: f64, digits: usize) -> Number {
        Number::Real(value, format!("{value:.digits$}"))
    }

    /// The number, rounded if it is a large whole one.
    pub fn as_f64(&self) -> f64 {
        match self {
            Number::Natural(number) => *number as f64,
            Number::Integer(number) => *number as f64,
            Number::Real(number, _) => *number,
        }
    }

    /// The number if it is whole and has no sign.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Number::Natural(number) => Some(*number),
            Number::Integer(number) => u64::try_from(*number).ok(),
            Number::Real(..) => None,
        }
    }
}

impl Value {
    /// The number, if it is one.
    pub fn number(&self) -> Option<&Number> {
        match self {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The rows of a table; none of what is no table.
    pub fn rows(&self) -> &[Vec<Cell>] {
        match self {
            Value::Table(table) => &table.rows,
            _ => &[],
        }
    }
}

impl Cell {
    /// The number, if it is one.
    pub fn number(&self) -> Option<&Number> {
        match self {
            Cell::Number(number) => Some(number),
            Cell::Text(_) => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => number.fmt(f),
            Value::Text(text) => f.write_str(text),
            Value::Table(table) => f.write_str(&table.text),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Number(number) => number.fmt(f),
            Cell::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Natural(number) => number.fmt(f),
            Number::Integer(number) => number.fmt(f),
            Number::Real(_, text) => f.write_str(text),
        }
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Cell {
        Cell::Number(Number::Natural(number))
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Cell {
        Cell::Number(Number::Real(number, number.to_string()))
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.into())
    }
}

/// A type that a handler can read as.
pub trait HandlerValue {
    /// The kind of its values.
    const KIND: Kind;

    /// The value.
    fn value(&self) -> Value;
}

/// The kind of what a method gives, for declarations.
#[doc(hidden)]
pub const fn kind_of_method<T, R: HandlerValue>(_: fn(&T) -> R) -> Kind {
    R::KIND
}

/// The kind of a member, for declarations.
#[doc(hidden)]
pub const fn kind_of_member<T, R: HandlerValue>(_: fn(&T) -> &R) -> Kind {
    R::KIND
}

macro_rules! numbers {
    ($($number:ident: $($ty:ty),*;)*) => {
        $($(impl HandlerValue for $ty {
            const KIND: Kind = Kind::Number;

            fn value(&self) -> Value {
                Value::Number(Number::$number((*self).into()))
            }
        })*)*
    };
}

numbers! {
    Natural: u8, u16, u32, u64;
    Integer: i8, i16, i32, i64;
}

impl HandlerValue for usize {
    const KIND: Kind = Kind::Number;

    fn value(&self) -> Value {
        (*self as u64).value()
    }
}

impl HandlerValue for f64 {
    const KIND: Kind = Kind::Number;

    fn value(&self) -> Value {
        Value::Number(Number::Real(*self, self.to_string()))
    }
}

impl HandlerValue for Number {
    const KIND: Kind = Kind::Number;

    fn value(&self) -> Value {
        Value::Number(self.clone())
    }
}

macro_rules! texts {
    ($($ty:ty),*) => {
        $(impl HandlerValue for $ty {
            const KIND: Kind = Kind::Text;

            fn value(&self) -> Value {
                Value::Text(self.to_string())
            }
        })*
    };
}

texts! { bool, String, Ipv4Addr, IpAddr, SocketAddr }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_they_are_displayed() {
        assert_eq!(7u64.value().to_string(), "7");
        assert_eq!((-7i64).value().to_string(), "-7");
        assert_eq!(0.5f64.value().to_string(), "0.5");
        assert_eq!(Number::rounded(2.0, 1).value().to_string(), "2.0");
        assert_eq!(true.value(), Value::Text("true".into()));
        assert_eq!(kind_of_method::<u8, u64>(|_| 7), Kind::Number);
    }
}
