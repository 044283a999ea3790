//! The sources over each other, the strongest first. Each setting is taken out by itself, as text: one that
//! is wrong hides no other, and what a text means is for the section it belongs to.

use figment::Figment;

use crate::config::sources::Layer;

/// The layers. Not `Debug`: they hold secrets in clear.
#[derive(Default)]
pub(super) struct Layers(Figment);

impl Layers {
    /// Puts a layer below those there are.
    pub(super) fn over(self, layer: &Layer) -> Self {
        Self(self.0.join(layer))
    }

    /// The text of a setting; an empty one is none.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.extract_inner(name).ok()
    }

    /// The kind of source a setting is from.
    pub(super) fn kind(&self, name: &str) -> Option<String> {
        self.0.find_metadata(name).map(|source| source.name.clone().into_owned())
    }

    /// Whether anybody gave a setting.
    pub(super) fn is_given(&self, name: &str) -> bool {
        self.0.find_metadata(name).is_some_and(|source| source.name != Layer::DEFAULT)
    }

    /// Where to look for the value of a setting that somebody gave: what `NAME_FILE` names, if that gave it.
    pub(super) fn place(&self, name: &str) -> Option<String> {
        let source = self.0.find_metadata(name).and_then(|source| source.source.as_ref());
        source.map(ToString::to_string).or_else(|| self.text(&format!("{name}_FILE")))
    }
}
