//! Executes a GraphQL document: whatever it asks of what is there, in its order and under its aliases.

use std::collections::HashMap;

use graphql_parser::query::{
    Definition, Directive, Document, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
    TypeCondition, Value as Written, VariableDefinition, parse_query,
};
use serde_json::{Map, Value, json};

use super::{
    connection,
    mutations::mutate,
    objects::{Field, Node},
    world::{Token, World},
};

type Text = String;

/// What went wrong with the request as a whole; it answers no data.
type Refused = Value;

/// One execution.
struct Run<'a> {
    world: &'a mut World,
    viewer: &'a Token,
    fragments: HashMap<String, FragmentDefinition<'static, Text>>,
    variables: Map<String, Value>,
    path: Vec<Value>,
    errors: Vec<Value>,
}

/// The answer to a request, as `{data, errors}`.
pub fn execute(world: &mut World, viewer: &Token, document: &str, variables: &Value) -> Value {
    run(world, viewer, document, variables).unwrap_or_else(|refused| json!({"errors": [refused]}))
}

/// The name of the operation in a document.
pub fn operation_name(document: &str) -> String {
    let Ok(parsed) = parse_query::<Text>(document) else { return String::new() };
    let mut names = parsed.definitions.iter().filter_map(|definition| match definition {
        Definition::Operation(OperationDefinition::Query(query)) => query.name.clone(),
        Definition::Operation(OperationDefinition::Mutation(mutation)) => mutation.name.clone(),
        _ => None,
    });
    names.next_back().unwrap_or_default()
}

fn run(world: &mut World, viewer: &Token, document: &str, variables: &Value) -> Result<Value, Refused> {
    let parsed = parse_query::<Text>(document).map_err(|error| refused("parseError", &error.to_string()))?;
    let Document { definitions } = parsed.into_static();
    let mut fragments = HashMap::new();
    let mut operation = None;
    for definition in definitions {
        match definition {
            Definition::Fragment(fragment) => _ = fragments.insert(fragment.name.clone(), fragment),
            Definition::Operation(found) => operation = Some(found),
        }
    }
    let (is_mutation, declared, set) = match operation {
        Some(OperationDefinition::Query(query)) => (false, query.variable_definitions, query.selection_set),
        Some(OperationDefinition::Mutation(query)) => (true, query.variable_definitions, query.selection_set),
        Some(OperationDefinition::SelectionSet(set)) => (false, Vec::new(), set),
        _ => return Err(refused("missingOperation", "there is no operation")),
    };
    let variables = variables_of(&declared, variables)?;
    let mut run = Run { world, viewer, fragments, variables, path: Vec::new(), errors: Vec::new() };
    let data = if is_mutation { run.mutations(&set)? } else { run.object(&Node::Query, &set)? };
    let mut answer = json!({"data": data});
    if !run.errors.is_empty() {
        answer["errors"] = run.errors.into();
    }
    Ok(answer)
}

fn refused(code: &str, message: &str) -> Refused {
    json!({"message": message, "locations": [{"line": 1, "column": 1}], "extensions": {"code": code}})
}

/// The variables that are declared, each with what was given or its default.
fn variables_of(
    declared: &[VariableDefinition<'static, Text>],
    given: &Value,
) -> Result<Map<String, Value>, Refused> {
    let mut variables = Map::new();
    for variable in declared {
        let default = variable.default_value.as_ref().map(|value| plain(value, &Map::new()));
        let value = given.get(&variable.name).cloned().or(default);
        let kind = variable.var_type.to_string();
        if kind.ends_with('!') && value.as_ref().is_none_or(Value::is_null) {
            let message = format!("Variable ${} of type {kind} was provided invalid value", variable.name);
            return Err(refused("variableNotProvided", &message));
        }
        variables.extend(value.map(|value| (variable.name.clone(), value)));
    }
    Ok(variables)
}

/// A value as JSON; a variable that was not given is null.
fn plain(value: &Written<'static, Text>, variables: &Map<String, Value>) -> Value {
    match value {
        Written::Variable(name) => variables.get(name).cloned().unwrap_or_default(),
        Written::Int(number) => json!(number.as_i64()),
        Written::Float(number) => json!(number),
        Written::String(text) | Written::Enum(text) => json!(text),
        Written::Boolean(flag) => json!(flag),
        Written::Null => Value::Null,
        Written::List(values) => values.iter().map(|value| plain(value, variables)).collect(),
        Written::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), plain(value, variables))).collect()
        }
    }
}

impl Run<'_> {
    fn arguments(&self, written: &[(Text, Written<'static, Text>)]) -> Map<String, Value> {
        written.iter().map(|(name, value)| (name.clone(), plain(value, &self.variables))).collect()
    }

    fn is_skipped(&self, directives: &[Directive<'static, Text>]) -> bool {
        directives.iter().any(|directive| {
            let flag = self.arguments(&directive.arguments)["if"] == true;
            (directive.name == "include" && !flag) || (directive.name == "skip" && flag)
        })
    }

    fn mutations(&mut self, set: &SelectionSet<'static, Text>) -> Result<Value, Refused> {
        let mut out = Map::new();
        for selection in &set.items {
            let Selection::Field(field) = selection else { continue };
            let key = field.alias.as_ref().unwrap_or(&field.name).clone();
            let arguments = self.arguments(&field.arguments);
            self.path.push(json!(key));
            let done = mutate(&field.name, &arguments, self.world, self.viewer);
            let value = self.complete(done, "Mutation", field, &arguments)?;
            self.path.pop();
            out.insert(key, value);
        }
        Ok(Value::Object(out))
    }

    fn object(&mut self, node: &Node, set: &SelectionSet<'static, Text>) -> Result<Value, Refused> {
        let mut out = Map::new();
        self.select(node, set, &mut out)?;
        Ok(Value::Object(out))
    }

    fn select(
        &mut self,
        node: &Node,
        set: &SelectionSet<'static, Text>,
        out: &mut Map<String, Value>,
    ) -> Result<(), Refused> {
        for selection in &set.items {
            match selection {
                Selection::Field(field) if !self.is_skipped(&field.directives) => {
                    let key = field.alias.as_ref().unwrap_or(&field.name).clone();
                    let arguments = self.arguments(&field.arguments);
                    self.path.push(json!(key));
                    let found = node.field(&field.name, &arguments, self.world, self.viewer);
                    let value = self.complete(found, node.kind(), field, &arguments)?;
                    self.path.pop();
                    out.insert(key, value);
                }
                Selection::InlineFragment(fragment)
                    if !self.is_skipped(&fragment.directives)
                        && is_about(node, fragment.type_condition.as_ref()) =>
                {
                    self.select(node, &fragment.selection_set, out)?;
                }
                Selection::FragmentSpread(spread) if !self.is_skipped(&spread.directives) => {
                    let fragment = self.fragments.get(&spread.fragment_name).cloned();
                    let fragment =
                        fragment.ok_or_else(|| refused("undefinedFragment", &spread.fragment_name))?;
                    if is_about(node, Some(&fragment.type_condition)) {
                        self.select(node, &fragment.selection_set, out)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The value of a field, down to what is asked of it.
    fn complete(
        &mut self,
        found: Field,
        kind: &str,
        field: &graphql_parser::query::Field<'static, Text>,
        arguments: &Map<String, Value>,
    ) -> Result<Value, Refused> {
        let set = &field.selection_set;
        Ok(match found {
            Field::Leaf(value) => value,
            Field::One(node) => self.maybe(node.as_ref(), set)?,
            Field::Many(nodes) => {
                let all: Result<_, _> = nodes.iter().map(|node| self.maybe(node.as_ref(), set)).collect();
                Value::Array(all?)
            }
            Field::Partly(nodes, of, message) => {
                self.failed(of, &message);
                self.complete(Field::Many(nodes), kind, field, arguments)?
            }
            Field::Connection(nodes) => self.connection(&field.name, &nodes, set, arguments)?,
            Field::Failed(of, message) => self.failed(of, &message),
            Field::Unknown => {
                let message = format!("Field '{}' doesn't exist on type '{kind}'", field.name);
                return Err(refused("undefinedField", &message));
            }
        })
    }

    fn maybe(&mut self, node: Option<&Node>, set: &SelectionSet<'static, Text>) -> Result<Value, Refused> {
        node.map_or(Ok(Value::Null), |node| self.object(node, set))
    }

    fn failed(&mut self, of: &str, message: &str) -> Value {
        let path: Vec<_> = self.path.clone();
        let mut error =
            json!({"type": of, "path": path, "locations": [{"line": 2, "column": 3}], "message": message});
        if of == "FORBIDDEN" {
            error["extensions"] = json!({"saml_failure": false});
        }
        self.errors.push(error);
        Value::Null
    }

    fn connection(
        &mut self,
        name: &str,
        nodes: &[Node],
        set: &SelectionSet<'static, Text>,
        arguments: &Map<String, Value>,
    ) -> Result<Value, Refused> {
        let page = match connection::page(name, nodes, arguments) {
            Ok(page) => page,
            Err((of, message)) => return Ok(self.failed(of, &message)),
        };
        let mut out = Map::new();
        for selection in &set.items {
            let Selection::Field(field) = selection else { continue };
            if self.is_skipped(&field.directives) {
                continue;
            }
            let value = match field.name.as_str() {
                "totalCount" => json!(page.total),
                "pageInfo" => {
                    let info = json!({
                        "hasNextPage": page.has_next,
                        "hasPreviousPage": page.has_previous,
                        "startCursor": page.nodes.first().map(connection::cursor),
                        "endCursor": page.nodes.last().map(connection::cursor),
                    });
                    self.object(&Node::Plain("PageInfo", info), &field.selection_set)?
                }
                "nodes" => {
                    let all: Result<_, _> =
                        page.nodes.iter().map(|node| self.object(node, &field.selection_set)).collect();
                    Value::Array(all?)
                }
                "edges" => {
                    let all: Result<_, _> =
                        page.nodes.iter().map(|node| self.edge(node, &field.selection_set)).collect();
                    Value::Array(all?)
                }
                _ => return Err(refused("undefinedField", &format!("Field '{}' doesn't exist", field.name))),
            };
            out.insert(field.alias.as_ref().unwrap_or(&field.name).clone(), value);
        }
        Ok(Value::Object(out))
    }

    fn edge(&mut self, node: &Node, set: &SelectionSet<'static, Text>) -> Result<Value, Refused> {
        let mut out = Map::new();
        for selection in &set.items {
            let Selection::Field(field) = selection else { continue };
            let value = match field.name.as_str() {
                "cursor" => json!(connection::cursor(node)),
                "node" => self.object(node, &field.selection_set)?,
                _ => return Err(refused("undefinedField", &format!("Field '{}' doesn't exist", field.name))),
            };
            out.insert(field.name.clone(), value);
        }
        Ok(Value::Object(out))
    }
}

fn is_about(node: &Node, condition: Option<&TypeCondition<'static, Text>>) -> bool {
    condition.is_none_or(|TypeCondition::On(kind)| node.is_a(kind))
}
