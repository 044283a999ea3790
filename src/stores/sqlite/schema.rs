//! The tables, as forward migrations. Every table has `workspace`; every time is in milliseconds, by the wall clock in UTC or,
//! for what ends by itself, in the store's time; every id is opaque text.
//!
//! A step may change tables under processes of an older version. Those look at the version before each read and in each
//! transaction, and refuse from then on, so that nothing is read or written by what they no longer know.

use rusqlite::{Connection, TransactionBehavior};

use crate::stores::StoreError;

/// Step `n` brings a file from version `n` to `n + 1`. Steps are only ever added.
const MIGRATIONS: [&str; 16] = ["
CREATE TABLE marks (workspace TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (workspace, name)) WITHOUT ROWID;
CREATE TABLE keys (
    workspace TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, hash BLOB NOT NULL UNIQUE, prefix TEXT NOT NULL,
    user_id TEXT NOT NULL, description TEXT NOT NULL, scopes TEXT NOT NULL, created_at INTEGER NOT NULL,
    expires_at INTEGER, revoked_at INTEGER, sealed_github_token BLOB
) WITHOUT ROWID;
CREATE TABLE agents (
    workspace TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL,
    skills TEXT NOT NULL, registered_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (workspace, id)
) WITHOUT ROWID;
CREATE TABLE claims (
    workspace TEXT NOT NULL, task_id TEXT NOT NULL, agent_id TEXT NOT NULL, generation INTEGER NOT NULL,
    state TEXT NOT NULL, granted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, progress INTEGER NOT NULL,
    message TEXT NOT NULL, PRIMARY KEY (workspace, task_id)
) WITHOUT ROWID;
CREATE INDEX claims_by_agent ON claims (workspace, agent_id) WHERE state = 'live';
CREATE TABLE completions (
    workspace TEXT NOT NULL, task_id TEXT NOT NULL, generation INTEGER NOT NULL, agent_id TEXT NOT NULL,
    completed_at INTEGER NOT NULL, PRIMARY KEY (workspace, task_id, generation)
) WITHOUT ROWID;
CREATE INDEX completions_by_agent ON completions (workspace, agent_id);
CREATE TABLE tasks (
    workspace TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, title TEXT NOT NULL,
    description TEXT NOT NULL, status TEXT NOT NULL, priority TEXT NOT NULL, labels TEXT NOT NULL,
    dependencies TEXT NOT NULL, assignee TEXT, estimate_minutes INTEGER, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, PRIMARY KEY (workspace, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX tasks_by_number ON tasks (workspace, number);
CREATE TABLE comments (
    workspace TEXT NOT NULL, task_id TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL,
    created_at INTEGER NOT NULL, PRIMARY KEY (workspace, task_id, id)
) WITHOUT ROWID;
CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    task_id TEXT NOT NULL, write TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0, taken_by TEXT, failed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX outbox_by_task ON outbox (workspace, task_id, sequence) WHERE failed = 0;
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    target TEXT NOT NULL, request_id TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL
);
CREATE TABLE sessions (
    workspace TEXT NOT NULL, digest TEXT NOT NULL PRIMARY KEY, ended INTEGER NOT NULL, log_level TEXT,
    subscriptions TEXT NOT NULL, forget_at INTEGER NOT NULL
) WITHOUT ROWID;
", "
ALTER TABLE tasks ADD COLUMN moved_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN written INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN action TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN agent_id TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN detail TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN origin TEXT NOT NULL DEFAULT '';
CREATE TABLE agent_records (
    workspace TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (workspace, id)
) WITHOUT ROWID;
INSERT INTO agent_records SELECT a.workspace, a.id, 1, json_object(
    'id', a.id, 'owner', a.owner, 'profile', json_object('name', a.name, 'role', a.role, 'skills', json(a.skills)),
    'registered_at', a.registered_at, 'completed', (SELECT COUNT(*) FROM completions AS done
        WHERE done.workspace = a.workspace AND done.agent_id = a.id),
    'held', json((SELECT json_object('task_id', held.task_id, 'generation', held.generation) FROM claims AS held
        WHERE held.workspace = a.workspace AND held.agent_id = a.id AND held.state = 'live'
        ORDER BY held.granted_at DESC, held.task_id LIMIT 1)),
    'notices', json('[]'), 'version', 1) FROM agents AS a;
CREATE TABLE claim_records (
    workspace TEXT NOT NULL, task_id TEXT NOT NULL, version INTEGER NOT NULL, record TEXT NOT NULL,
    expires_at INTEGER, delivered_status TEXT, delivered_at INTEGER, PRIMARY KEY (workspace, task_id)
) WITHOUT ROWID;
INSERT INTO claim_records SELECT c.workspace, c.task_id, 1, json_object(
    'task_id', c.task_id, 'agent_id', c.agent_id, 'generation', c.generation, 'state', c.state,
    'granted_at', c.granted_at, 'expires_at', c.expires_at, 'progress', c.progress, 'message', c.message,
    'severity', CASE c.state WHEN 'blocked' THEN 'medium' END, 'lost_by', json('[]'),
    'expiry_recorded', json('false'), 'hand_off', NULL,
    'seen', json_object('status', COALESCE(t.status, 'todo'), 'at', c.granted_at), 'version', 1),
    CASE c.state WHEN 'live' THEN c.expires_at END, NULL, NULL
    FROM claims AS c LEFT JOIN tasks AS t ON t.workspace = c.workspace AND t.id = c.task_id;
DROP TABLE agents;
DROP TABLE claims;
ALTER TABLE agent_records RENAME TO agents;
ALTER TABLE claim_records RENAME TO claims;
CREATE INDEX claims_by_expiry ON claims (expires_at) WHERE expires_at IS NOT NULL;
", "
ALTER TABLE keys ADD COLUMN github_token_prefix TEXT;
ALTER TABLE keys ADD COLUMN github_login TEXT;
ALTER TABLE keys ADD COLUMN rate_limit INTEGER;
ALTER TABLE keys ADD COLUMN old_hash BLOB;
ALTER TABLE keys ADD COLUMN old_hash_until INTEGER;
ALTER TABLE keys ADD COLUMN noticed_at INTEGER;
ALTER TABLE keys ADD COLUMN last_used_at INTEGER;
ALTER TABLE keys ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX keys_by_old_hash ON keys (old_hash) WHERE old_hash IS NOT NULL;
CREATE TABLE replays (
    workspace TEXT NOT NULL, name TEXT NOT NULL, asked BLOB NOT NULL, sealed BLOB NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (workspace, name)
) WITHOUT ROWID;
ALTER TABLE audit RENAME TO audit_before_links;
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    target TEXT NOT NULL, request_id TEXT NOT NULL, at INTEGER NOT NULL, link BLOB NOT NULL
);
CREATE TABLE usage (
    workspace TEXT NOT NULL, hour INTEGER NOT NULL, key_id TEXT NOT NULL, tool TEXT NOT NULL, user_id TEXT NOT NULL,
    calls INTEGER NOT NULL, errors INTEGER NOT NULL, limited INTEGER NOT NULL, durations TEXT NOT NULL,
    PRIMARY KEY (workspace, hour, key_id, tool)
) WITHOUT ROWID;
", "
ALTER TABLE keys ADD COLUMN sealed_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN telling_until INTEGER;
CREATE INDEX keys_by_end ON keys (workspace, expires_at) WHERE revoked_at IS NULL;
ALTER TABLE outbox ADD COLUMN moved_at INTEGER;
CREATE TABLE counters (
    workspace TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (workspace, name)
) WITHOUT ROWID;
", "
CREATE TABLE facts (
    workspace TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (workspace, name)
) WITHOUT ROWID;
ALTER TABLE keys ADD COLUMN hashes BLOB;
ALTER TABLE keys ADD COLUMN old_hashes BLOB;
ALTER TABLE keys ADD COLUMN old_text_over INTEGER NOT NULL DEFAULT 0;
CREATE TABLE key_hashes (
    workspace TEXT NOT NULL, hash BLOB NOT NULL PRIMARY KEY, key_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX key_hashes_by_key ON key_hashes (key_id);
", "
ALTER TABLE sessions ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN issued_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sessions_by_user ON sessions (workspace, user_id, ended, issued_at);
CREATE TABLE session_marks (
    workspace TEXT NOT NULL, user_id TEXT NOT NULL, made_before INTEGER NOT NULL, forget_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, user_id)
) WITHOUT ROWID;
", "
CREATE INDEX audit_by_actor ON audit (workspace, actor);
CREATE INDEX audit_by_target ON audit (workspace, target);
CREATE INDEX audit_by_action ON audit (workspace, action);
CREATE INDEX audit_by_time ON audit (at);
CREATE TABLE audit_start (
    workspace TEXT NOT NULL PRIMARY KEY, sequence INTEGER NOT NULL, link BLOB NOT NULL, digest BLOB NOT NULL,
    seal BLOB NOT NULL
) WITHOUT ROWID;
", "
ALTER TABLE comments ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
CREATE TABLE clock (
    workspace TEXT NOT NULL PRIMARY KEY, boot TEXT NOT NULL, offset INTEGER NOT NULL, store_at INTEGER NOT NULL,
    wall_at INTEGER NOT NULL
) WITHOUT ROWID;
", "
CREATE TABLE deleted_tasks (
    workspace TEXT NOT NULL, id TEXT NOT NULL, deleted_at INTEGER NOT NULL, PRIMARY KEY (workspace, id)
) WITHOUT ROWID;
CREATE INDEX deleted_tasks_by_age ON deleted_tasks (deleted_at);
INSERT INTO deleted_tasks SELECT workspace, task_id, 0 FROM claims
    WHERE workspace IN (SELECT workspace FROM marks WHERE name = 'board')
    AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.workspace = claims.workspace AND tasks.id = claims.task_id);
DELETE FROM comments WHERE NOT EXISTS (
    SELECT 1 FROM tasks WHERE tasks.workspace = comments.workspace AND tasks.id = comments.task_id);
", "
ALTER TABLE outbox ADD COLUMN reason TEXT;
ALTER TABLE claims ADD COLUMN rejected TEXT;
CREATE INDEX outbox_failed ON outbox (workspace, sequence) WHERE failed = 1;
", "
CREATE TABLE webhook_deliveries (
    workspace TEXT NOT NULL, sender TEXT NOT NULL, id TEXT NOT NULL, forget_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, sender, id)
) WITHOUT ROWID;
CREATE INDEX webhook_deliveries_by_end ON webhook_deliveries (forget_at);
", "
ALTER TABLE keys ADD COLUMN github_host TEXT;
", "
CREATE TABLE followers (
    workspace TEXT NOT NULL, name TEXT NOT NULL, place INTEGER NOT NULL, taken_by TEXT NOT NULL,
    taken_until INTEGER NOT NULL, PRIMARY KEY (workspace, name)
) WITHOUT ROWID;
INSERT OR IGNORE INTO facts SELECT workspace, 'board', CAST('local' AS BLOB) FROM (
    SELECT workspace FROM marks WHERE name = 'board' UNION SELECT workspace FROM tasks UNION SELECT workspace FROM claims);
", "
ALTER TABLE keys ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
CREATE TABLE one_time_codes (
    workspace TEXT NOT NULL, hash BLOB NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (workspace, hash)
) WITHOUT ROWID;
CREATE INDEX one_time_codes_by_end ON one_time_codes (until);
CREATE TABLE sign_outs (
    workspace TEXT NOT NULL, holder TEXT NOT NULL, session TEXT NOT NULL, made_before INTEGER NOT NULL,
    forget_at INTEGER NOT NULL, PRIMARY KEY (workspace, holder, session)
) WITHOUT ROWID;
CREATE INDEX sign_outs_by_end ON sign_outs (forget_at);
", "
CREATE TABLE history (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, task_id TEXT NOT NULL, at INTEGER NOT NULL,
    action TEXT NOT NULL, agent_id TEXT NOT NULL, actor TEXT NOT NULL, generation INTEGER, progress INTEGER,
    cause TEXT, words TEXT NOT NULL
);
CREATE INDEX history_by_task ON history (workspace, task_id, sequence);
CREATE INDEX history_by_agent ON history (workspace, agent_id, sequence) WHERE agent_id <> '';
CREATE INDEX history_of_deleted ON history (at) WHERE action = 'deleted';
", "
CREATE INDEX history_of_deleted_keys ON history (workspace, words, sequence) WHERE action = 'deleted';
"];

/// The tables of a new file.
const TABLES: &str = include_str!("tables.sql");

/// Refuses a file that a newer version has changed, at the start or under this process: what it may do there is not known.
pub(super) fn refuse_newer(connection: &Connection) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    let found = version(connection)?;
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(()) }
}

/// Brings the file to the newest version; refuses one that is newer. Safe when several processes start at once.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    if version(connection)? == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    refuse_newer(&transaction)?;
    let found = version(&transaction)?;
    if found == 0 && is_empty(&transaction)? {
        transaction.execute_batch(TABLES)?;
    } else {
        for step in &MIGRATIONS[found.max(0) as usize..] {
            transaction.execute_batch(step)?;
        }
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Agent, Claim},
        stores::sqlite::{audit, claims, local_board},
    };

    #[test]
    fn a_newer_file_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(migrate(&mut connection), Err(StoreError::Newer { found: 99, .. })));
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 99);
    }

    /// Columns of tables in their order, and statements of indexes.
    fn shape(connection: &Connection) -> Vec<String> {
        let sql = "SELECT t.name || ' ' || c.cid || ' ' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk
                || ' ' || COALESCE(c.dflt_value, '-') || ' ' || t.wr
                FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c WHERE t.name NOT LIKE 'sqlite_%'
            UNION ALL SELECT tbl_name || ' ' || COALESCE(sql, name) FROM sqlite_schema WHERE type = 'index' ORDER BY 1";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).filter(|row: &String| !row.starts_with("audit_before_links ")).collect()
    }

    #[test]
    fn a_new_file_has_the_tables_that_all_steps_leave() {
        let (mut made, stepped) =
            (Connection::open_in_memory().unwrap(), Connection::open_in_memory().unwrap());
        migrate(&mut made).unwrap();
        for step in MIGRATIONS {
            stepped.execute_batch(step).unwrap();
        }
        let shape_of_made = shape(&made);
        assert!(shape_of_made.len() > 100);
        assert_eq!(shape_of_made, shape(&stepped));
    }

    #[test]
    fn claims_and_agents_of_the_first_version_are_carried_over() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO agents VALUES ('default', 'a', 'u', 'A', 'dev', '[\"rust\"]', 5, 6);
                 INSERT INTO claims VALUES ('default', 't', 'a', 7, 'live', 8, 9, 40, 'half');
                 INSERT INTO completions VALUES ('default', 'other', 1, 'a', 3);",
            )
            .unwrap();
        connection.execute_batch(MIGRATIONS[1]).unwrap();
        let record = |table: &str| -> String {
            connection.query_row(&format!("SELECT record FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        let agent: Agent = serde_json::from_str(&record("agents")).unwrap();
        assert_eq!((agent.profile.skills[0].as_str(), agent.completed), ("rust", 1));
        assert_eq!(agent.held.unwrap().generation, 7);
        let claim: Claim = serde_json::from_str(&record("claims")).unwrap();
        assert_eq!((claim.progress, claim.message.as_str(), claim.version), (40, "half", 1));
    }

    #[test]
    fn records_of_a_version_before_are_those_of_the_built_in_board() {
        let connection = Connection::open_in_memory().unwrap();
        MIGRATIONS[..12].iter().for_each(|step| connection.execute_batch(step).unwrap());
        connection
            .execute_batch(
                "INSERT INTO marks VALUES ('default', 'board'), ('', 'first_key');
                 INSERT INTO claims (workspace, task_id, version, record) VALUES ('other', 't', 1, '{}');",
            )
            .unwrap();
        connection.execute_batch(MIGRATIONS[12]).unwrap();
        let sql =
            "SELECT group_concat(workspace || '=' || CAST(value AS TEXT)) FROM facts WHERE name = 'board'";
        let kept: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "default=local,other=local");
    }

    #[test]
    fn what_is_asked_again_and_again_is_found_without_reading_a_whole_table() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        for sql in [audit::FROM, local_board::PLACE, claims::IS_OPEN] {
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let wanted = rusqlite::params_from_iter((0..plan.parameter_count()).map(|_| 1));
            let steps = plan.query_map(wanted, |row| row.get::<_, String>("detail")).unwrap();
            let steps: Vec<_> = steps.map(Result::unwrap).collect();
            let walks = |step: &String| step.starts_with("SCAN ") && step != "SCAN CONSTANT ROW";
            let is_counted = |step: &String| step.contains("COVERING INDEX");
            let reads_workspace = |step: &String| step.ends_with("(workspace=?)") && !is_counted(step);
            let reads_all =
                |step: &String| walks(step) || reads_workspace(step) || step.starts_with("USE TEMP B-TREE");
            assert!(!steps.is_empty() && !steps.iter().any(reads_all), "{sql}: {steps:?}");
        }
    }

    #[test]
    fn every_table_names_its_workspace() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let mut tables =
            connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").unwrap();
        let rows =
            tables.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
        for (name, sql) in rows.map(Result::unwrap).filter(|(name, _)| !name.starts_with("sqlite_")) {
            assert!(sql.contains("workspace TEXT NOT NULL"), "{name} has no workspace");
        }
    }
}
