//! Executes a document: whatever it asks of what is there.

use std::collections::HashMap;

use graphql_parser::query::{
    Definition, Directive, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
    Value as Written, parse_query,
};
use serde_json::{Map, Value, json};

use super::{
    mutations::mutate,
    objects::{Found, Node},
    refusal::Refusal,
    world::LinearWorld,
};

type Text = String;

struct Run<'a> {
    world: &'a mut LinearWorld,
    may_write: bool,
    fragments: HashMap<Text, FragmentDefinition<'static, Text>>,
    variables: &'a Value,
}

/// The name of the operation in a document.
pub fn operation_name(document: &str) -> String {
    let Ok(parsed) = parse_query::<Text>(document) else { return String::new() };
    let names = parsed.definitions.iter().find_map(|definition| match definition {
        Definition::Operation(OperationDefinition::Query(of)) => of.name.clone(),
        Definition::Operation(OperationDefinition::Mutation(of)) => of.name.clone(),
        _ => None,
    });
    names.unwrap_or_default()
}

/// The data of a document that is well by the schema, or why there is none.
pub fn execute(
    world: &mut LinearWorld,
    may_write: bool,
    document: &str,
    variables: &Value,
) -> Result<Value, Refusal> {
    let parsed = parse_query::<Text>(document).unwrap().into_static();
    let (mut fragments, mut operation) = (HashMap::new(), None);
    for definition in parsed.definitions {
        match definition {
            Definition::Fragment(fragment) => _ = fragments.insert(fragment.name.clone(), fragment),
            Definition::Operation(found) => operation = Some(found),
        }
    }
    let mut run = Run { world, may_write, fragments, variables };
    match operation {
        Some(OperationDefinition::Query(of)) => run.object(&Node::Query, &of.selection_set),
        Some(OperationDefinition::Mutation(of)) => {
            let mut out = Map::new();
            for selection in &of.selection_set.items {
                let Selection::Field(field) = selection else { panic!("a mutation has fields") };
                let arguments = run.arguments(field);
                let done = mutate(run.world, run.may_write, &field.name, &arguments)?;
                out.insert(field.name.clone(), run.object(&done, &field.selection_set)?);
            }
            Ok(Value::Object(out))
        }
        _ => panic!("there is no operation"),
    }
}

impl Run<'_> {
    fn plain(&self, value: &Written<'static, Text>) -> Value {
        match value {
            Written::Variable(name) => self.variables[name.as_str()].clone(),
            Written::Int(number) => json!(number.as_i64()),
            Written::Float(number) => json!(number),
            Written::String(text) | Written::Enum(text) => json!(text),
            Written::Boolean(flag) => json!(flag),
            Written::Null => Value::Null,
            Written::List(values) => values.iter().map(|value| self.plain(value)).collect(),
            Written::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.plain(value))).collect()
            }
        }
    }

    fn arguments(&self, field: &Field<'static, Text>) -> Value {
        field.arguments.iter().map(|(name, value)| (name.clone(), self.plain(value))).collect()
    }

    fn is_skipped(&self, directives: &[Directive<'static, Text>]) -> bool {
        directives.iter().any(|directive| {
            let flag = self.plain(&directive.arguments[0].1) == true;
            (directive.name == "include" && !flag) || (directive.name == "skip" && flag)
        })
    }

    fn object(&mut self, node: &Node, set: &SelectionSet<'static, Text>) -> Result<Value, Refusal> {
        let mut out = Map::new();
        self.select(node, set, &mut out)?;
        Ok(Value::Object(out))
    }

    fn select(
        &mut self,
        node: &Node,
        set: &SelectionSet<'static, Text>,
        out: &mut Map<String, Value>,
    ) -> Result<(), Refusal> {
        for selection in &set.items {
            match selection {
                Selection::Field(field) if !self.is_skipped(&field.directives) => {
                    let arguments = self.arguments(field);
                    let found = node.field(self.world, &field.name, &arguments)?;
                    let value = self.complete(found, field, &arguments)?;
                    out.insert(field.alias.as_ref().unwrap_or(&field.name).clone(), value);
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.fragments[&spread.fragment_name].clone();
                    self.select(node, &fragment.selection_set, out)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn complete(
        &mut self,
        found: Found,
        field: &Field<'static, Text>,
        arguments: &Value,
    ) -> Result<Value, Refusal> {
        match found {
            Found::Leaf(value) => Ok(value),
            Found::One(None) => Ok(Value::Null),
            Found::One(Some(node)) => self.object(&node, &field.selection_set),
            Found::Connection(nodes) => self.connection(&nodes, &field.selection_set, arguments),
        }
    }

    fn connection(
        &mut self,
        all: &[Node],
        set: &SelectionSet<'static, Text>,
        arguments: &Value,
    ) -> Result<Value, Refusal> {
        let first = arguments["first"].as_u64().unwrap_or(50) as usize;
        if first > 250 {
            return Err(Refusal::input("first must not be greater than 250"));
        }
        let after = arguments["after"].as_str();
        let from = match after {
            Some(after) => all
                .iter()
                .position(|node| node.cursor() == after)
                .map(|at| at + 1)
                .ok_or_else(|| Refusal::input("the cursor is of no node"))?,
            None => 0,
        };
        let to = all.len().min(from + first);
        let page = &all[from..to];
        let mut out = Map::new();
        for selection in &set.items {
            let Selection::Field(field) = selection else { continue };
            let value = match field.name.as_str() {
                "pageInfo" => {
                    let info = json!({
                        "hasNextPage": to < all.len(), "hasPreviousPage": from > 0,
                        "startCursor": page.first().map(Node::cursor), "endCursor": page.last().map(Node::cursor),
                    });
                    self.object(&Node::Plain(info), &field.selection_set)?
                }
                "nodes" => {
                    let nodes: Result<Vec<_>, _> =
                        page.iter().map(|node| self.object(node, &field.selection_set)).collect();
                    Value::Array(nodes?)
                }
                other => panic!("nobody asked a connection for {other} before"),
            };
            out.insert(field.name.clone(), value);
        }
        Ok(Value::Object(out))
    }
}
