//! What a client says it can do.

use crate::model::Capability;

use super::members::Members;

const ALL: [Capability; 3] = [Capability::Elicitation, Capability::Sampling, Capability::Roots];

/// The capabilities that tools ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Capabilities(u8);

impl Capabilities {
    /// Those declared in a `ClientCapabilities` object.
    pub(super) fn declared(object: &Members<'_>) -> Self {
        let bit =
            |capability: &Capability| object.get(capability.as_str()).map_or(0, |_| 1 << *capability as u8);
        Self(ALL.iter().fold(0, |bits, capability| bits | bit(capability)))
    }

    pub(super) const fn has(self, capability: Capability) -> bool {
        self.0 & (1 << capability as u8) != 0
    }

    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    pub(super) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}
