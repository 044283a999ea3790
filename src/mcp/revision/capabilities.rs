//! What a client says it can do.

use crate::{mcp::jsonrpc::Members, model::Capability};

const ALL: [Capability; 3] = [Capability::Elicitation, Capability::Sampling, Capability::Roots];

/// The capabilities that tools ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Capabilities(u8);

impl Capabilities {
    /// Those declared in a `ClientCapabilities` object.
    pub(crate) fn declared(object: &Members<'_>) -> Self {
        let bit =
            |capability: &Capability| object.get(capability.as_str()).map_or(0, |_| 1 << *capability as u8);
        Self(ALL.iter().fold(0, |bits, capability| bits | bit(capability)))
    }

    pub(crate) const fn has(self, capability: Capability) -> bool {
        self.0 & (1 << capability as u8) != 0
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}
