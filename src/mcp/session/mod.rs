//! What a client of the revisions with `initialize` has here: its session, what it set, its streams.

mod places;
mod queue;
mod session;
mod settings;
mod stream;
mod streams;

pub use session::{Session, SessionSealer};
pub use settings::SessionSettings;
pub use stream::{Stream, StreamReader};
pub use streams::{EventId, StandsAlone, StreamKind, Streams};

pub(super) use {
    places::{AllPlaces, PlaceNews},
    settings::SettingsError,
};
