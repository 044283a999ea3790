//! Where the gateway listens, who may come in, and how it knows who they are.

mod client_address;
mod settings;

pub use client_address::{ClientAddress, ClientAddressSettings};
pub use settings::{ListenSettings, Mode};
