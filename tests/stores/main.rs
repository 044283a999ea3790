//! The contract of the stores. Each step is a test of its own on a fresh store of each backend, and needs none of the others.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod alike;
mod audit;
mod backends;
mod claims;
mod events;
mod fixtures;
mod followers;
mod history;
mod identities;
mod newer;
mod on_redis;
mod outbox;
mod rates;
mod tasks;
mod time;
mod usage;
mod workspaces;

use access::{key_lists, keys, one_time_codes, sessions, sign_outs, webhooks};

/// Makes a test of each step on each backend. A step that is not listed is never used, which the compiler says.
macro_rules! contract {
    ([$($backend:ident),*] $steps:tt) => {
        $(mod $backend { contract!(@on $backend $steps); })*
    };
    (@on $backend:ident { $($room:ident::$step:ident,)* }) => {
        $(#[tokio::test]
        async fn $step() {
            let fresh = crate::backends::$backend();
            crate::$room::$step(&*fresh.store).await;
        })*
    };
}

contract!([sqlite_in_a_file, sqlite_in_memory, redis_alone, redis_in_a_cluster] {
    audit::audit_records_are_linked_and_found,
    audit::what_a_page_did_not_look_at_is_found_by_the_next_ones,
    audit::a_long_log_is_read_in_parts_and_by_any_filter,
    claims::one_decision_is_made_of_each_state,
    claims::an_agent_has_one_live_claim_whatever_was_known,
    claims::ended_leases_are_found_until_they_are_recorded,
    claims::agents_are_replaced_under_their_version,
    events::events_are_ordered,
    events::many_events_are_read_at_once_and_all_can_be_trimmed,
    followers::a_follower_goes_on_where_it_was_with_one_process_at_a_time,
    history::the_history_of_a_task_and_of_an_agent_is_found_newest_first,
    history::of_progress_the_newest_of_a_grant_is_kept_and_a_refused_report_once,
    history::history_is_bounded_and_forgotten,
    history::an_agent_is_as_recent_as_what_is_left_of_it,
    identities::the_identity_of_a_board_is_replaced_once,
    key_lists::many_keys_are_listed_whole_and_in_order,
    key_lists::many_keys_are_in_order_of_their_ends,
    key_lists::a_key_that_changes_moves_to_its_new_place,
    keys::keys_are_found_by_hash_and_revoked_once,
    keys::keys_come_in_parts_by_their_ends,
    keys::the_secret_key_is_the_one_the_records_were_made_under,
    keys::an_answer_is_kept_for_a_day_with_the_change_it_belongs_to,
    keys::a_key_keeps_all_that_was_given,
    keys::a_text_that_was_replaced_twice_opens_nothing,
    one_time_codes::a_code_opens_once_until_its_end,
    one_time_codes::codes_that_are_over_make_room,
    one_time_codes::something_is_told_once_and_the_last_address_is_kept,
    outbox::the_outbox_delivers_in_order_per_task_to_one_at_a_time,
    outbox::a_write_that_fails_is_shown_until_a_later_move,
    sessions::an_ended_session_stays_ended,
    sessions::one_thing_changes_at_a_time,
    sessions::what_a_user_leaves_behind_has_bounds,
    sessions::who_ends_many_at_once_keeps_the_bound,
    sessions::sessions_of_one_moment_are_told_apart,
    sign_outs::a_session_that_ends_twice_is_kept_once,
    sign_outs::a_session_stays_ended_until_it_would_have_been,
    sign_outs::who_signs_out_for_ever_leaves_a_mark,
    tasks::a_board_says_what_changed_since_an_event,
    tasks::a_person_changes_a_task_only_as_it_was_seen,
    tasks::a_task_is_made_once_under_its_id,
    tasks::what_is_left_of_a_deleted_task_is_forgotten,
    tasks::the_board_is_seeded_once_and_a_write_counts_once,
    tasks::nothing_is_decided_or_written_over_a_persons_move,
    time::a_wall_clock_that_is_set_is_told_and_moves_nothing,
    usage::usage_adds_up_and_is_forgotten,
    usage::many_rows_of_one_moment_add_up_and_ties_have_an_order,
    webhooks::a_delivery_is_taken_once_until_it_is_forgotten,
    workspaces::nobody_comes_in_by_another_workspace,
    workspaces::nothing_of_another_workspace_is_answered_or_dropped,
});

/// What is about the runs of one machine, which a file is on. Other stores have a clock of their own.
mod in_a_file {
    contract!([sqlite_in_a_file, sqlite_in_memory] {
        time::the_time_goes_on_whatever_the_wall_clock_shows,
        time::leases_of_a_clock_that_was_ahead_are_cut,
    });
}
