//! A document and its variables held to the schema.

use std::collections::HashMap;

use graphql_parser::{
    query::{Definition, FragmentDefinition, OperationDefinition, Selection, SelectionSet, parse_query},
    schema::{Type, Value as Written},
};
use serde_json::{Value, json};

use super::schema::{Inputs, Kind, SCHEMA, base};

type Text = String;
type Kinds = HashMap<Text, Type<'static, Text>>;

struct Check<'a> {
    fragments: HashMap<&'a str, &'a FragmentDefinition<'static, Text>>,
    declared: Kinds,
}

/// What is wrong with a document, or with what was given for its variables, if anything is.
pub fn problem(document: &str, given: Option<&Value>) -> Option<String> {
    let parsed = match parse_query::<Text>(document) {
        Ok(parsed) => parsed.into_static(),
        Err(error) => return Some(error.to_string()),
    };
    let mut check = Check { fragments: HashMap::new(), declared: Kinds::new() };
    for definition in &parsed.definitions {
        if let Definition::Fragment(fragment) = definition {
            check.fragments.insert(&fragment.name, fragment);
        }
    }
    let found = parsed.definitions.iter().find_map(|definition| match definition {
        Definition::Operation(OperationDefinition::Query(of)) => {
            Some(("Query", &of.variable_definitions, &of.selection_set))
        }
        Definition::Operation(OperationDefinition::Mutation(of)) => {
            Some(("Mutation", &of.variable_definitions, &of.selection_set))
        }
        _ => None,
    });
    let Some((root, variables, set)) = found else { return Some(String::from("there is no operation")) };
    for variable in variables {
        check.declared.insert(variable.name.clone(), variable.var_type.clone());
        if let Some(given) = given {
            let value = given.get(&variable.name).unwrap_or(&Value::Null);
            if let Err(problem) = fits(value, &variable.var_type) {
                return Some(format!("${}: {problem}", variable.name));
            }
        }
    }
    check.selection(set, root).err()
}

impl Check<'_> {
    fn selection(&self, set: &SelectionSet<'static, Text>, of: &str) -> Result<(), String> {
        let kind = SCHEMA.kind(of).ok_or_else(|| format!("there is no type {of}"))?;
        let Kind::Object(fields) = &*kind else { return Err(format!("{of} has no fields")) };
        for selection in &set.items {
            match selection {
                Selection::Field(field) => {
                    let (kind, arguments) = fields
                        .get(&field.name)
                        .ok_or_else(|| format!("Cannot query field \"{}\" on type \"{of}\".", field.name))?;
                    self.arguments(&field.arguments, arguments)
                        .map_err(|problem| format!("{}: {problem}", field.name))?;
                    let inner = base(kind);
                    let is_object = matches!(SCHEMA.kind(inner).as_deref(), Some(Kind::Object(_)));
                    match (is_object, field.selection_set.items.is_empty()) {
                        (true, false) => self.selection(&field.selection_set, inner)?,
                        (false, true) => {}
                        (true, true) => return Err(format!("{} has subfields", field.name)),
                        (false, false) => return Err(format!("{} has no subfields", field.name)),
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.fragments.get(spread.fragment_name.as_str());
                    let fragment = fragment.ok_or_else(|| format!("no fragment {}", spread.fragment_name))?;
                    let graphql_parser::query::TypeCondition::On(on) = &fragment.type_condition;
                    if on != of {
                        return Err(format!("a fragment of {on} on {of}"));
                    }
                    self.selection(&fragment.selection_set, of)?;
                }
                Selection::InlineFragment(_) => return Err(String::from("an inline fragment")),
            }
        }
        Ok(())
    }

    fn arguments(&self, given: &[(Text, Written<'static, Text>)], known: &Inputs) -> Result<(), String> {
        for (name, value) in given {
            let (kind, _) = known.get(name).ok_or_else(|| format!("Unknown argument \"{name}\""))?;
            self.literal(value, kind)?;
        }
        let is_missing = |(name, (kind, has_default)): &(&String, &(Type<'static, Text>, bool))| {
            matches!(kind, Type::NonNullType(_))
                && !has_default
                && !given.iter().any(|(known, _)| known == *name)
        };
        match known.iter().find(is_missing) {
            Some((name, _)) => Err(format!("argument \"{name}\" is required")),
            None => Ok(()),
        }
    }

    fn literal(&self, written: &Written<'static, Text>, kind: &Type<'static, Text>) -> Result<(), String> {
        match written {
            Written::Variable(name) => {
                let declared = self.declared.get(name).ok_or_else(|| format!("${name} is not declared"))?;
                let is_strict = matches!(declared, Type::NonNullType(_));
                if base(declared) != base(kind) || (matches!(kind, Type::NonNullType(_)) && !is_strict) {
                    return Err(format!("${name} of type {declared} used in position expecting type {kind}"));
                }
                Ok(())
            }
            Written::Object(fields) => {
                let of = SCHEMA.kind(base(kind));
                let Some(Kind::Input(known)) = of.as_deref() else {
                    return Err(format!("{kind} is no input"));
                };
                let fields: Vec<_> =
                    fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                self.arguments(&fields, known)
            }
            Written::List(values) => values.iter().try_for_each(|value| self.literal(value, kind)),
            other => fits(&plain(other), kind),
        }
    }
}

/// A literal without variables as JSON.
fn plain(value: &Written<'static, Text>) -> Value {
    match value {
        Written::Int(number) => json!(number.as_i64()),
        Written::Float(number) => json!(number),
        Written::String(text) | Written::Enum(text) => json!(text),
        Written::Boolean(flag) => json!(flag),
        _ => Value::Null,
    }
}

/// Whether a value can be given for a type.
fn fits(value: &Value, kind: &Type<'static, Text>) -> Result<(), String> {
    match kind {
        Type::NonNullType(_) if value.is_null() => Err(format!("{kind} was not given")),
        Type::NonNullType(of) => fits(value, of),
        _ if value.is_null() => Ok(()),
        Type::ListType(of) => match value {
            Value::Array(values) => values.iter().try_for_each(|value| fits(value, of)),
            value => fits(value, of),
        },
        Type::NamedType(name) => {
            let of = SCHEMA.kind(name).ok_or_else(|| format!("there is no type {name}"))?;
            let is_it = match (&*of, name.as_str()) {
                (Kind::Input(known), _) => return fields_fit(value, known, name),
                (Kind::Enum(values), _) => values.iter().any(|known| value == known),
                (Kind::Object(_), _) => false,
                (_, "String" | "ID" | "DateTime" | "DateTimeOrDuration") => value.is_string(),
                (_, "Int") => value.is_i64() || value.is_u64(),
                (_, "Float") => value.is_number(),
                (_, "Boolean") => value.is_boolean(),
                _ => true,
            };
            if is_it { Ok(()) } else { Err(format!("{name} cannot represent {value}")) }
        }
    }
}

fn fields_fit(value: &Value, known: &Inputs, name: &str) -> Result<(), String> {
    let Value::Object(given) = value else { return Err(format!("{name} cannot represent {value}")) };
    for (field, value) in given {
        let (kind, _) = known
            .get(field)
            .ok_or_else(|| format!("Field \"{field}\" is not defined by type \"{name}\"."))?;
        fits(value, kind).map_err(|problem| format!("{field}: {problem}"))?;
    }
    let is_missing = |(field, (kind, has_default)): &(&String, &(Type<'static, Text>, bool))| {
        matches!(kind, Type::NonNullType(_)) && !has_default && !given.contains_key(*field)
    };
    match known.iter().find(is_missing) {
        Some((field, _)) => Err(format!("Field \"{field}\" of type \"{name}\" is required")),
        None => Ok(()),
    }
}
