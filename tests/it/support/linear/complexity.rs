//! What a document costs by the formula that Linear publishes, counted high: a property is a tenth of a point, an object one, and a
//! connection has all that is in it as often as it is asked for.
//! <https://linear.app/developers/rate-limiting#understanding-query-complexity>

use std::collections::HashMap;

use graphql_parser::query::{
    Definition, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet, Value, parse_query,
};

type Fragments<'a> = HashMap<&'a str, &'a FragmentDefinition<'a, String>>;

/// Nodes of a connection that says nothing of their number.
const UNSAID: f64 = 50.0;

/// The points of a document.
pub fn complexity(document: &str) -> u64 {
    let parsed = parse_query::<String>(document).unwrap();
    let mut fragments = Fragments::new();
    for definition in &parsed.definitions {
        if let Definition::Fragment(fragment) = definition {
            fragments.insert(&fragment.name, fragment);
        }
    }
    let points: f64 = parsed
        .definitions
        .iter()
        .map(|definition| match definition {
            Definition::Operation(OperationDefinition::Query(of)) => inside(&of.selection_set, &fragments),
            Definition::Operation(OperationDefinition::Mutation(of)) => inside(&of.selection_set, &fragments),
            _ => 0.0,
        })
        .sum();
    points.ceil() as u64
}

fn inside(set: &SelectionSet<'_, String>, fragments: &Fragments<'_>) -> f64 {
    let of = |selection: &Selection<'_, String>| match selection {
        Selection::Field(field) => of_field(field, fragments),
        Selection::FragmentSpread(spread) => {
            inside(&fragments[spread.fragment_name.as_str()].selection_set, fragments)
        }
        Selection::InlineFragment(fragment) => inside(&fragment.selection_set, fragments),
    };
    set.items.iter().map(of).sum()
}

fn of_field(field: &Field<'_, String>, fragments: &Fragments<'_>) -> f64 {
    if field.selection_set.items.is_empty() {
        return 0.1;
    }
    let is_connection = field.selection_set.items.iter().any(
        |selection| matches!(selection, Selection::Field(field) if field.name == "nodes" || field.name == "edges"),
    );
    let first = field.arguments.iter().find(|(name, _)| name == "first" || name == "last");
    let times = match first.map(|(_, value)| value) {
        Some(Value::Int(number)) => number.as_i64().unwrap_or(0) as f64,
        Some(_) => panic!("a test counts what stands in the document: {}", field.name),
        None if is_connection => UNSAID,
        None => 1.0,
    };
    1.0 + times * inside(&field.selection_set, fragments)
}
