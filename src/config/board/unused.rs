//! What is said of settings of a board that is not the one in use.

use crate::config::SettingsReader;

/// Says which of a board's settings have no effect, given as they are or as a file. Where no board was chosen, somebody took one of
/// `places` for enough; `credentials` may be there for other programs.
pub(super) fn say_unused(
    reader: &mut SettingsReader,
    provider: &str,
    (places, credentials): (&[&'static str], &[&'static str]),
) {
    let chosen = reader.is_given("KANBAN_PROVIDER");
    for name in places.iter().chain(credentials).copied() {
        if !reader.is_named(name) {
            continue;
        }
        if chosen {
            reader.warn(name, "is not used: KANBAN_PROVIDER names another board");
        } else if credentials.contains(&name) {
            reader.warn(name, format!("is not used without KANBAN_PROVIDER={provider}"));
        } else {
            reader.fault(name, format!("nothing comes of it without KANBAN_PROVIDER={provider}"));
        }
    }
}
