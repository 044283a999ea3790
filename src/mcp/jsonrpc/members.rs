//! The members of a JSON object whose values stay raw. One rule for all that is read from them: a member is given at most
//! once, and an optional one that is `null` is absent.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{FaultKind, ProtocolFault};

/// Members of an envelope, of params or of `_meta`: every two are compared.
const MAX_MEMBERS: usize = 128;
const TOO_MANY: &str = "more than 128 members";
const DUPLICATE: &str = "the member is given twice: ";

/// The members of one JSON object, in order, their values raw. Parsing fails when a name occurs twice.
#[derive(Debug, Default)]
pub struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of `raw`, which must be an object.
    pub fn parse(raw: &'a str, what: &'static str) -> Result<Self, ProtocolFault> {
        serde_json::from_str(raw).map_err(|error| {
            let text = error.to_string();
            match text.split_once(DUPLICATE) {
                Some((_, name)) => {
                    let name = name.split(" at line").next().unwrap_or_default();
                    ProtocolFault::new(FaultKind::InvalidRequest, format!("{what}: `{name}` is given twice"))
                }
                None if text.starts_with(TOO_MANY) => {
                    ProtocolFault::new(FaultKind::InvalidRequest, format!("{what}: {TOO_MANY}"))
                }
                None => ProtocolFault::new(FaultKind::InvalidParams, format!("{what}: expected an object")),
            }
        })
    }

    /// The raw value of a member; `null` is absent.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.given(name).filter(|raw| *raw != "null")
    }

    /// The raw value of a member for which `null` is a value.
    pub fn given(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.get())
    }

    /// Whether a member is `true`; `None` when it is something else than `true` and `false`.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some("true") => Some(true),
            Some("false") | None => Some(false),
            Some(_) => None,
        }
    }

    /// Every member as text, absent ones left out; the name of one that is something else.
    pub fn texts(&self) -> Result<BTreeMap<String, String>, &str> {
        let given = self.0.iter().filter(|(_, value)| value.get() != "null");
        let text = |(name, value): &(Cow<'a, str>, &'a RawValue)| {
            serde_json::from_str(value.get()).map(|text| (name.to_string(), text)).ok()
        };
        given.map(|member| text(member).ok_or(&*member.0)).collect()
    }

    /// The text of a string member; `None` when absent or not a string.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let raw = self.get(name)?;
        let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
        if inner.contains('\\') {
            return serde_json::from_str(raw).ok().map(Cow::Owned);
        }
        Some(Cow::Borrowed(inner))
    }
}

struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a member name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        reader.deserialize_str(NameVisitor)
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(6);
                while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    if members.iter().any(|(known, _)| *known == name) {
                        return Err(serde::de::Error::custom(format_args!("{DUPLICATE}{name}")));
                    }
                    if members.len() >= MAX_MEMBERS {
                        return Err(serde::de::Error::custom(TOO_MANY));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        reader.deserialize_map(MembersVisitor)
    }
}

/// Whether the text is an object with a method and without an id, whatever else is wrong with it.
pub(crate) fn is_notification(text: &str) -> bool {
    struct Outline {
        method: bool,
        id: bool,
    }
    impl<'de> Deserialize<'de> for Outline {
        fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
            struct OutlineVisitor;
            impl<'de> Visitor<'de> for OutlineVisitor {
                type Value = Outline;
                fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                    out.write_str("an object")
                }
                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
                    let mut outline = Outline { method: false, id: false };
                    while let Some(Name(name)) = map.next_key()? {
                        match &*name {
                            "method" => outline.method |= map.next_value::<&RawValue>()?.get() != "null",
                            other => {
                                outline.id |= other == "id";
                                map.next_value::<IgnoredAny>()?;
                            }
                        }
                    }
                    Ok(outline)
                }
            }
            reader.deserialize_map(OutlineVisitor)
        }
    }
    serde_json::from_str::<Outline>(text).is_ok_and(|outline| outline.method && !outline.id)
}
