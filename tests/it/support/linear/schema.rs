//! Linear's official schema, of which only the definitions are read that somebody asks for: all of it takes a second.

use std::{
    collections::HashMap,
    io::Read,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use graphql_parser::schema::{Definition, Type, TypeDefinition, parse_schema};

pub static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::open);

/// The schema.
pub struct Schema {
    text: String,
    /// Where each definition is.
    places: HashMap<String, (usize, usize)>,
    read: Mutex<HashMap<String, Arc<Kind>>>,
}

/// What a name stands for.
#[derive(Debug)]
pub enum Kind {
    /// Fields with their types and arguments.
    Object(HashMap<String, (Type<'static, String>, Inputs)>),
    Input(Inputs),
    Enum(Vec<String>),
    Scalar,
}

/// Types of what can be given, and whether something stands for what is not.
pub type Inputs = HashMap<String, (Type<'static, String>, bool)>;

impl Schema {
    fn open() -> Self {
        let packed = include_bytes!("../../../data/linear/schema.graphql.gz");
        let mut text = String::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
        let mut starts: Vec<(usize, String)> = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let mut words = line.split([' ', '{']);
            if let (Some("type" | "input" | "enum" | "scalar" | "interface" | "union"), Some(name)) =
                (words.next(), words.next())
            {
                starts.push((at, name.trim().to_owned()));
            }
            at += line.len();
        }
        let mut places = HashMap::new();
        for (start, name) in starts {
            let has_body = !text[start..].starts_with("scalar") && !text[start..].starts_with("union");
            let end = text[start..].find(if has_body { "\n}" } else { "\n" });
            let end = end.map_or(text.len(), |end| start + end + if has_body { 2 } else { 0 });
            places.insert(name, (start, end));
        }
        Self { text, places, read: Mutex::default() }
    }

    /// What a name stands for; nothing if the schema has it not.
    pub fn kind(&self, name: &str) -> Option<Arc<Kind>> {
        if let Some(known) = self.read().get(name) {
            return Some(Arc::clone(known));
        }
        let kind = Arc::new(match name {
            "String" | "ID" | "Int" | "Float" | "Boolean" => Kind::Scalar,
            _ => {
                let (start, end) = *self.places.get(name)?;
                parsed(&self.text[start..end])
            }
        });
        self.read().insert(name.to_owned(), Arc::clone(&kind));
        Some(kind)
    }

    fn read(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Kind>>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parsed(text: &str) -> Kind {
    if text.starts_with("union") {
        return Kind::Scalar;
    }
    let document = parse_schema::<String>(text).unwrap().into_static();
    let inputs = |values: Vec<graphql_parser::schema::InputValue<'static, String>>| {
        let input = |value: graphql_parser::schema::InputValue<'static, String>| {
            (value.name, (value.value_type, value.default_value.is_some()))
        };
        values.into_iter().map(input).collect::<Inputs>()
    };
    let Some(Definition::TypeDefinition(definition)) = document.definitions.into_iter().next() else {
        panic!("no type: {text}")
    };
    match definition {
        TypeDefinition::Object(object) => Kind::Object(
            object
                .fields
                .into_iter()
                .map(|field| (field.name, (field.field_type, inputs(field.arguments))))
                .collect(),
        ),
        TypeDefinition::InputObject(input) => Kind::Input(inputs(input.fields)),
        TypeDefinition::Enum(of) => Kind::Enum(of.values.into_iter().map(|value| value.name).collect()),
        _ => Kind::Scalar,
    }
}

/// The name at the bottom of a type.
pub fn base<'a>(of: &'a Type<'static, String>) -> &'a str {
    match of {
        Type::NamedType(name) => name,
        Type::ListType(of) | Type::NonNullType(of) => base(of),
    }
}
