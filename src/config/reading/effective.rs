//! Settings as they came out, for `taskgate config`: no secret, and no password in a URL, is among them.

use super::{layers::Layers, shown};
use crate::config::{
    sources::Layer,
    table::{SETTINGS, Setting},
};

/// One setting as it came out.
#[derive(Debug, Clone)]
pub struct Effective {
    /// Name of the setting.
    pub name: &'static str,
    /// Its value; secrets are not shown.
    pub value: String,
    /// Kind of source it is from: `flag`, `environment`, `.env`, `file` or `default`.
    pub origin: String,
}

/// Every setting.
pub(super) fn effective(layers: &Layers) -> Vec<Effective> {
    let one = |setting: &Setting| {
        let (value, origin) = value_and_source(layers, setting);
        Effective { name: setting.name, value, origin }
    };
    SETTINGS.iter().map(one).collect()
}

/// What is shown of a setting, and the kind of its source.
fn value_and_source(layers: &Layers, setting: &Setting) -> (String, String) {
    let kind = layers.kind(setting.name);
    match layers.text(setting.name).zip(kind) {
        Some((_, kind)) if setting.secret => (String::from("(secret)"), kind),
        Some((value, kind)) => (shown::shown(&value), kind),
        None if setting.secret && layers.is_given(&format!("{}_FILE", setting.name)) => {
            (String::from("(secret, from a file)"), String::from("file"))
        }
        None => (String::new(), Layer::DEFAULT.to_owned()),
    }
}
