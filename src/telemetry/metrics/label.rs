//! Labels, each with all the values it may have.

use std::sync::OnceLock;

/// The value that stands for whatever is not known.
const OTHER: &str = "other";

/// A label and its values.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    values: Values,
}

#[derive(Clone, Copy, Debug)]
enum Values {
    Words(&'static [&'static str]),
    /// Known at the start, and `other`.
    Known(fn(&KnownNames) -> &[&'static str]),
}

/// Names that only the rooms above know.
#[derive(Clone, Debug, Default)]
pub struct KnownNames {
    /// The paths of the route table, in its order.
    pub routes: Vec<&'static str>,
    /// The methods of MCP.
    pub methods: Vec<&'static str>,
    /// The tools.
    pub tools: Vec<&'static str>,
}

static NAMES: OnceLock<KnownNames> = OnceLock::new();

pub(super) fn know(names: KnownNames) {
    let _ = NAMES.set(names);
}

impl Label {
    /// A label with those values.
    pub const fn words(name: &'static str, words: &'static [&'static str]) -> Self {
        Self { name, values: Values::Words(words) }
    }

    /// A label with the names that `known` picks, and `other`.
    pub const fn known(name: &'static str, known: fn(&KnownNames) -> &[&'static str]) -> Self {
        Self { name, values: Values::Known(known) }
    }

    /// All its values, as soon as they are known.
    pub fn values(&self) -> Vec<&'static str> {
        match self.values {
            Values::Words(words) => words.to_vec(),
            Values::Known(known) => known_names(known).iter().copied().chain([OTHER]).collect(),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        match self.values {
            Values::Words(words) => words.len(),
            Values::Known(known) => known_names(known).len() + 1,
        }
    }

    /// Its values where the program says them, not the start.
    pub const fn fixed(&self) -> Option<&'static [&'static str]> {
        match self.values {
            Values::Words(words) => Some(words),
            Values::Known(_) => None,
        }
    }

    /// The place of that value, or of `other`.
    pub(super) fn position(&self, value: &str) -> usize {
        let words = match self.values {
            Values::Words(words) => words,
            Values::Known(known) => known_names(known),
        };
        // Some dozen at most: comparing them is quicker than hashing one.
        words.iter().position(|word| *word == value).unwrap_or(words.len())
    }
}

fn known_names(known: fn(&KnownNames) -> &[&'static str]) -> &'static [&'static str] {
    NAMES.get().map(known).unwrap_or_default()
}

/// A value of one label.
pub trait LabelValue: Copy {
    /// The label.
    const LABEL: Label;

    /// Its place among the values of the label.
    fn position(self) -> usize;
}

/// A value of each label of a metric.
pub trait LabelSet: Copy {
    /// The labels, in the order they are written.
    const LABELS: &'static [Label];

    /// The place of each value.
    fn positions(self, each: &mut dyn FnMut(usize));
}

impl LabelSet for () {
    const LABELS: &'static [Label] = &[];

    fn positions(self, _: &mut dyn FnMut(usize)) {}
}

impl<A: LabelValue> LabelSet for A {
    const LABELS: &'static [Label] = &[A::LABEL];

    fn positions(self, each: &mut dyn FnMut(usize)) {
        each(self.position());
    }
}

macro_rules! sets {
    ($(($($type:ident $value:ident),+))*) => {$(
        impl<$($type: LabelValue),+> LabelSet for ($($type,)+) {
            const LABELS: &'static [Label] = &[$($type::LABEL),+];

            fn positions(self, each: &mut dyn FnMut(usize)) {
                let ($($value,)+) = self;
                $(each($value.position());)+
            }
        }
    )*};
}
sets! { (A a, B b) (A a, B b, C c) (A a, B b, C c, D d) }
