//! The points a query costs: a hundredth of the requests that its connections stand for, and one at least.
//! <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>

use std::collections::HashMap;

use graphql_parser::query::{
    Definition, FragmentDefinition, OperationDefinition, Selection, SelectionSet, Value as Written,
    parse_query,
};
use serde_json::Value;

type Fragments<'a> = HashMap<&'a str, &'a FragmentDefinition<'a, String>>;

pub fn points(document: &str, variables: &Value) -> u64 {
    let Ok(parsed) = parse_query::<String>(document) else { return 1 };
    let mut fragments = Fragments::new();
    for definition in &parsed.definitions {
        if let Definition::Fragment(fragment) = definition {
            fragments.insert(&fragment.name, fragment);
        }
    }
    let requests: u64 = parsed
        .definitions
        .iter()
        .map(|definition| match definition {
            Definition::Operation(OperationDefinition::Query(query)) => {
                requests(&query.selection_set, 1, &fragments, variables)
            }
            Definition::Operation(OperationDefinition::SelectionSet(set)) => {
                requests(set, 1, &fragments, variables)
            }
            _ => 0,
        })
        .sum();
    requests.div_ceil(100).max(1)
}

/// How many requests for connections that is, if it is asked that often.
fn requests(set: &SelectionSet<'_, String>, times: u64, fragments: &Fragments<'_>, variables: &Value) -> u64 {
    let inner = |set: &SelectionSet<'_, String>, times: u64| requests(set, times, fragments, variables);
    let of = |selection: &Selection<'_, String>| match selection {
        Selection::Field(field) => {
            let size = field.arguments.iter().find(|(name, _)| name == "first" || name == "last");
            match size.map(|(_, size)| number(size, variables)) {
                Some(size) => times + inner(&field.selection_set, times * size),
                None => inner(&field.selection_set, times),
            }
        }
        Selection::InlineFragment(fragment) => inner(&fragment.selection_set, times),
        Selection::FragmentSpread(spread) => {
            let fragment = fragments.get(spread.fragment_name.as_str());
            fragment.map_or(0, |fragment| inner(&fragment.selection_set, times))
        }
    };
    set.items.iter().map(of).sum()
}

fn number(written: &Written<'_, String>, variables: &Value) -> u64 {
    match written {
        Written::Int(number) => number.as_i64().unwrap_or(0) as u64,
        Written::Variable(name) => variables[name.as_str()].as_u64().unwrap_or(0),
        _ => 0,
    }
}
