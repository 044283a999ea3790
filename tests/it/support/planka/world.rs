//! What there is: records as Planka has them, in tables by kind, and the time.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use taskgate::{
    clock::{Clock, SystemClock},
    model::UnixMillis,
};

/// Which Planka it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edition {
    /// 2.1.1.
    #[default]
    Two,
    /// One before 2.0, which has no keys and other addresses.
    One,
    /// A page for whatever is asked, as something else at that address has it.
    Page,
}

/// A user's own part, which no answer shows.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    pub password: String,
    pub api_key: Option<String>,
    pub has_accepted: bool,
}

/// All there is.
#[derive(Default)]
pub struct World {
    pub edition: Edition,
    /// Whether a first sign-in asks for the terms.
    pub asks_terms: bool,
    pub base: String,
    tables: BTreeMap<&'static str, Vec<Value>>,
    pub secrets: BTreeMap<String, Secrets>,
    /// Tokens of sign-ins, with whose they are.
    pub tokens: BTreeMap<String, String>,
    pub pending: BTreeMap<String, String>,
    /// What would be sent to webhooks: events with their bodies.
    pub deliveries: Vec<(String, Value)>,
    made: u64,
    /// The moment it stands at, if it does; each change takes a millisecond all the same.
    stands_at: Option<i64>,
    last: i64,
}

impl World {
    /// A moment later than all before.
    pub fn now(&mut self) -> String {
        let now = self.stands_at.unwrap_or_else(|| SystemClock::new().now().0);
        self.last = now.max(self.last + 1);
        let text = UnixMillis(self.last).rfc3339();
        // With milliseconds whatever they are.
        let (date, _) =
            text.trim_end_matches('Z').split_once('.').unwrap_or((text.trim_end_matches('Z'), ""));
        format!("{date}.{:03}Z", self.last.rem_euclid(1000))
    }

    pub fn stand_at(&mut self, millis: i64) {
        self.stands_at = Some(millis);
    }

    /// An id of the kind Planka gives: later ones are larger, and their last digits differ.
    pub fn new_id(&mut self) -> String {
        self.made += 1;
        (1_913_429_941_446_247_425 + self.made * 7_340_033).to_string()
    }

    /// A number that was given to nobody else.
    pub fn count(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    pub fn all(&self, table: &str) -> &[Value] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    pub fn table(&mut self, table: &'static str) -> &mut Vec<Value> {
        self.tables.entry(table).or_default()
    }

    /// Records whose member has that value.
    pub fn of<'a>(&'a self, table: &str, key: &'a str, value: &'a str) -> impl Iterator<Item = &'a Value> {
        self.all(table).iter().filter(move |record| record[key] == value)
    }

    pub fn one(&self, table: &str, id: &str) -> Option<&Value> {
        self.all(table).iter().find(|record| record["id"] == id)
    }

    pub fn edit(&mut self, table: &'static str, id: &str) -> Option<&mut Value> {
        self.table(table).iter_mut().find(|record| record["id"] == id)
    }

    /// Puts a record there, with id and time.
    pub fn put(&mut self, table: &'static str, members: Value) -> Value {
        let (id, now) = (self.new_id(), self.now());
        let mut record = json!({"id": id, "createdAt": now, "updatedAt": null});
        record.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.table(table).push(record.clone());
        record
    }

    /// Changes members of a record.
    pub fn change(&mut self, table: &'static str, id: &str, members: &Value) -> Option<Value> {
        let now = self.now();
        let record = self.edit(table, id)?;
        record.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        record["updatedAt"] = json!(now);
        Some(record.clone())
    }

    /// Takes records away.
    pub fn drop_where(&mut self, table: &'static str, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        let (gone, kept) = std::mem::take(self.table(table)).into_iter().partition(is_it);
        *self.table(table) = kept;
        gone
    }

    /// Tells webhooks of a change.
    pub fn tell(&mut self, event: &str, item: &Value, included: &Value) {
        let body = json!({"event": event, "data": {"item": item, "included": included}, "user": {"id": "1"}});
        self.deliveries.push((event.to_owned(), body));
    }
}
