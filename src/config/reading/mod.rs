//! Reading settings by name out of the layers of their sources, with every fault on the way and where it is
//! from.

mod effective;
mod layers;
mod oddities;
mod reader;
mod secret_file;
mod shown;

pub use effective::Effective;
pub use reader::{Flags, SettingsReader};
