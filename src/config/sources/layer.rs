//! One source of settings as figment layers it: texts by name, and where they stand. In place of figment's
//! own providers, which make numbers, flags and lists of a text before anybody has said what the setting is.

use std::collections::BTreeMap;

use figment::{
    Error, Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};

use crate::config::{
    names::{BORROWED, is_meant, takes_part},
    table::SETTINGS,
};

/// The texts of one source.
pub(in crate::config) struct Layer {
    /// The kind of source, as `taskgate config` names it.
    kind: &'static str,
    /// Where to look for a wrong value; none for what nobody wrote.
    place: Option<String>,
    /// The texts by name, as they were written.
    texts: BTreeMap<String, String>,
}

impl Layer {
    /// The kind of the layer of defaults.
    pub(in crate::config) const DEFAULT: &'static str = "default";

    /// What stands at that place.
    pub(in crate::config) fn new(
        kind: &'static str,
        place: impl Into<String>,
        texts: BTreeMap<String, String>,
    ) -> Self {
        Self { kind, place: Some(place.into()), texts }
    }

    /// What every setting is when nobody says otherwise.
    pub(in crate::config) fn defaults() -> Self {
        let given = SETTINGS.iter().filter(|setting| !setting.default.is_empty());
        let texts = given.map(|setting| (setting.name.to_owned(), setting.default.to_owned())).collect();
        Self { kind: Self::DEFAULT, place: None, texts }
    }

    /// What it says for want of our own names, under those.
    pub(in crate::config) fn borrowed(&self) -> impl Iterator<Item = Self> {
        BORROWED.iter().filter_map(|borrowed| {
            let text = format!("{}{}", borrowed.prefix, self.said(borrowed.name)?);
            let place = self.place.as_ref().map(|place| format!("{} of {place}", borrowed.name));
            Some(Self { kind: self.kind, place, texts: [(borrowed.own.to_owned(), text)].into() })
        })
    }

    /// Where to look for a wrong value.
    pub(in crate::config) fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// The names and the texts, without blanks around them.
    pub(in crate::config) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, text)| (name.as_str(), text.trim()))
    }

    /// What it says to us under that name; an empty text says nothing.
    pub(in crate::config) fn said(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|text| text.trim()).filter(|text| says_something(name, text))
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        let metadata = Metadata::named(self.kind);
        self.place.as_deref().map_or(metadata.clone(), |place| metadata.source(place))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let said = self.iter().filter(|(name, text)| takes_part(name) && says_something(name, text));
        Ok(Profile::Default.collect(said.map(|(name, text)| (name.to_owned(), Value::from(text))).collect()))
    }
}

fn says_something(name: &str, text: &str) -> bool {
    !text.is_empty() && is_meant(name, text)
}
