//! A board over the fake.

use std::sync::Arc;

use taskgate::{
    boards::LinearBoard,
    clock::{Clock, SystemClock},
    config::{LinearBoardSettings, LinearCredentialSettings, NetworkSettings, StatusNames},
    net::HttpClient,
    secrets::SecretKey,
};

use crate::support::linear::FakeLinear;

/// What the gateway's marks are signed under.
pub const SECRET: &str = "a secret of the tests that is long enough";

/// A fake with one team, `ENG`.
pub fn fake() -> FakeLinear {
    let linear = FakeLinear::start();
    linear.change(|world| world.new_team("ENG"));
    linear
}

/// The team's issues as a board, as a process has it.
pub fn board(fake: &FakeLinear) -> LinearBoard {
    board_by(fake, Arc::new(SystemClock::new()))
}

pub fn board_by(fake: &FakeLinear, clock: Arc<dyn Clock>) -> LinearBoard {
    board_with(settings(fake), clock)
}

/// The settings of the fake's team, with a key that may write.
pub fn settings(fake: &FakeLinear) -> LinearBoardSettings {
    LinearBoardSettings {
        credential: LinearCredentialSettings::Key(fake.key("taskgate", true).into()),
        team: String::from("ENG"),
        project: None,
        api: fake.url.parse().unwrap(),
    }
}

pub fn board_with(settings: LinearBoardSettings, clock: Arc<dyn Clock>) -> LinearBoard {
    let secret = SecretKey::new(SECRET.to_owned().into(), None);
    let client = HttpClient::new(NetworkSettings::default());
    LinearBoard::new(client, &settings, StatusNames::default(), (clock, secret.mark_key()))
}
