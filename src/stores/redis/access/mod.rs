//! Who may come in: keys, sessions, codes, sign-outs, webhooks; and who follows the event log.

mod by_end;
mod first_key;
mod followers;
mod forget;
mod key_change;
mod key_index;
mod key_lists;
mod key_row;
mod keys;
mod one_time_codes;
mod person;
mod replays;
mod sessions;
mod sign_outs;
mod webhooks;
