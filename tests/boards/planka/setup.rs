//! A board over the fake.

use std::sync::Arc;

use secrecy::SecretString;
use taskgate::{
    boards::PlankaBoard,
    clock::{Clock, SystemClock},
    config::{NetworkSettings, PlankaBoardSettings, PlankaCredential, PlankaName, StatusNames},
    net::HttpClient,
    secrets::SecretKey,
};

pub use crate::support::planka::PlankaPlace as Place;

/// What the gateway's marks are signed under.
pub const SECRET: &str = "a secret of the tests that is long enough";

/// What a process is given to have its board.
pub fn settings(place: &Place) -> PlankaBoardSettings {
    PlankaBoardSettings {
        base_url: place.planka.url.parse().unwrap(),
        public_url: place.planka.url.parse().unwrap(),
        credential: PlankaCredential::ApiKey(SecretString::from(place.key.clone())),
        project: None,
        board: PlankaName::Id(place.board.clone()),
    }
}

/// Its board, as a process has it.
pub fn board_of(place: &Place) -> PlankaBoard {
    open(settings(place), Arc::new(SystemClock::new()))
}

pub fn open(settings: PlankaBoardSettings, clock: Arc<dyn Clock>) -> PlankaBoard {
    let secret = SecretKey::new(SecretString::from(SECRET), None);
    let client = HttpClient::new(NetworkSettings::default());
    PlankaBoard::new(client, settings, StatusNames::default(), (clock, secret.mark_key()))
}
