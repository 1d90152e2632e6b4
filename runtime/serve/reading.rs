//! A handler's value with what is declared about it, and its form as one line of
//! JSON, in which it goes to programs of ours in other processes.

use pkgraph_runtime::{Cell, Column, Kind, Number, Quantity, Table, Value};
use serde_json::{Value as Json, json};
use std::borrow::Cow;

/// A handler's value, and what kind it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The value.
    pub value: Value,
    /// The columns of a table.
    pub kind: Kind,
    /// What a number says.
    pub quantity: Quantity,
}

impl Reading {
    /// The number, if it is a whole one.
    pub fn natural(&self) -> Option<u64> {
        self.value.number().and_then(Number::as_u64)
    }

    /// The cell of `row`, a row of this table, in the column called `column`.
    pub fn cell<'a>(&self, row: &'a [Cell], column: &str) -> Option<&'a Cell> {
        let Kind::Table(columns) = &self.kind else { return None };
        row.get(columns.iter().position(|one| one.name == column)?)
    }

    /// A natural number of `row` in the column called `column`.
    pub fn count(&self, row: &[Cell], column: &str) -> Option<u64> {
        self.cell(row, column).and_then(Cell::number).and_then(Number::as_u64)
    }

    /// The value as an object of one line. Its `type` is that of the value.
    pub fn to_json(&self) -> String {
        let Quantity { unit, grows } = &self.quantity;
        let object = match (&self.value, &self.kind) {
            (Value::Number(number), _) => {
                json!({ "type": "number", "value": of_number(number), "unit": unit, "grows": grows })
            }
            (Value::Text(text), _) => json!({ "type": "text", "value": text }),
            (Value::Table(table), kind) => {
                let row = |row: &Vec<Cell>| row.iter().map(of_cell).collect::<Json>();
                let rows: Vec<Json> = table.rows.iter().map(row).collect();
                let columns: Vec<Json> = match kind {
                    Kind::Table(columns) => columns.iter().map(of_column).collect(),
                    _ => Vec::new(),
                };
                json!({ "type": "table", "columns": columns, "value": rows })
            }
        };
        object.to_string()
    }

    /// Reads what [`to_json`](Reading::to_json) writes; `None` for anything else.
    pub fn from_json(text: &str) -> Option<Reading> {
        let mut object: Json = serde_json::from_str(text).ok()?;
        let quantity = quantity(&object);
        let value = object.get_mut("value")?.take();
        let (value, kind) = match object["type"].as_str()? {
            "number" => (Value::Number(to_number(&value)?), Kind::Number),
            "text" => (Value::Text(value.as_str()?.into()), Kind::Text),
            "table" => {
                let columns = object["columns"].as_array()?.iter().map(to_column);
                let columns: Vec<Column> = columns.collect::<Option<_>>()?;
                let row = |row: &Json| row.as_array()?.iter().map(to_cell).collect();
                let rows = value.as_array()?.iter().map(row).collect::<Option<_>>()?;
                let table = Table { rows, text: String::new() };
                (Value::Table(table), Kind::Table(Cow::Owned(columns)))
            }
            _ => return None,
        };
        Some(Reading { value, kind, quantity })
    }
}

fn of_number(number: &Number) -> Json {
    match number {
        Number::Natural(number) => json!(number),
        Number::Integer(number) => json!(number),
        // JSON has no infinite numbers, and writes null.
        Number::Real(number, _) => json!(number),
    }
}

fn to_number(json: &Json) -> Option<Number> {
    if let Some(number) = json.as_u64() {
        return Some(Number::Natural(number));
    }
    if let Some(number) = json.as_i64() {
        return Some(Number::Integer(number));
    }
    let number = if json.is_null() { f64::NAN } else { json.as_f64()? };
    Some(Number::Real(number, number.to_string()))
}

fn of_cell(cell: &Cell) -> Json {
    match cell {
        Cell::Number(number) => of_number(number),
        Cell::Text(text) => json!(text),
    }
}

fn to_cell(json: &Json) -> Option<Cell> {
    match json.as_str() {
        Some(text) => Some(Cell::Text(text.into())),
        None => to_number(json).map(Cell::Number),
    }
}

fn of_column(column: &Column) -> Json {
    match &column.quantity {
        None => json!({ "name": column.name, "type": "text" }),
        Some(Quantity { unit, grows }) => {
            json!({ "name": column.name, "type": "number", "unit": unit, "grows": grows })
        }
    }
}

fn to_column(json: &Json) -> Option<Column> {
    let name = Cow::Owned(json["name"].as_str()?.to_string());
    let quantity = (json["type"] == "number").then(|| quantity(json));
    Some(Column { name, quantity })
}

fn quantity(json: &Json) -> Quantity {
    Quantity {
        unit: Cow::Owned(json["unit"].as_str().unwrap_or_default().to_string()),
        grows: json["grows"] == true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(reading: &Reading) -> Reading {
        Reading::from_json(&reading.to_json()).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (kind, quantity) = (Kind::Number, Quantity::new("packets", true));
        for number in [Number::Natural(u64::MAX), Number::Integer(-3), Number::rounded(0.5, 1)] {
            let value = Value::Number(number);
            let reading = Reading { value, kind: kind.clone(), quantity: quantity.clone() };
            assert_eq!(back(&reading), reading);
        }
        let text = Value::Text("a\n\"b\"".into());
        let reading = Reading { value: text, kind: Kind::Text, quantity: Quantity::default() };
        assert_eq!(back(&reading), reading);
        assert_eq!(reading.to_json().lines().count(), 1);
        let columns = vec![Column::text("name"), Column::growing("count", "packets")];
        let rows = vec![vec!["a".into(), 7.into()], vec!["b".into(), "none".into()]];
        let table = Reading {
            value: Value::Table(Table { rows, text: String::new() }),
            kind: Kind::Table(Cow::Owned(columns)),
            quantity: Quantity::default(),
        };
        assert_eq!(back(&table), table);
        assert_eq!(table.count(&table.value.rows()[0], "count"), Some(7));
        assert_eq!(table.count(&table.value.rows()[1], "count"), None);
    }

    #[test]
    fn anything_else_is_no_reading() {
        for text in ["", "7", "{}", "{\"type\":\"number\"", "{\"type\":\"table\",\"value\":[]}"] {
            assert_eq!(Reading::from_json(text), None, "{text}");
        }
    }
}
