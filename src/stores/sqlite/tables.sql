-- The tables as all steps of schema.rs leave them, for a file that is made now: those steps take ten times as long.

-- What is known of all of it.
CREATE TABLE marks (workspace TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (workspace, name)) WITHOUT ROWID;
CREATE TABLE counters (
    workspace TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (workspace, name)
) WITHOUT ROWID;
CREATE TABLE facts (
    workspace TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (workspace, name)
) WITHOUT ROWID;
CREATE TABLE clock (
    workspace TEXT NOT NULL PRIMARY KEY, boot TEXT NOT NULL, offset INTEGER NOT NULL, store_at INTEGER NOT NULL,
    wall_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Keys, and what they are known by.
CREATE TABLE keys (
    workspace TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, hash BLOB NOT NULL UNIQUE, prefix TEXT NOT NULL,
    user_id TEXT NOT NULL, description TEXT NOT NULL, scopes TEXT NOT NULL, created_at INTEGER NOT NULL,
    expires_at INTEGER, revoked_at INTEGER, sealed_github_token BLOB, github_token_prefix TEXT, github_login TEXT,
    rate_limit INTEGER, old_hash BLOB, old_hash_until INTEGER, noticed_at INTEGER, last_used_at INTEGER,
    uses INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 1, sealed_version INTEGER NOT NULL DEFAULT 0,
    telling_until INTEGER, hashes BLOB, old_hashes BLOB, old_text_over INTEGER NOT NULL DEFAULT 0, github_host TEXT,
    turn INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX keys_by_old_hash ON keys (old_hash) WHERE old_hash IS NOT NULL;
CREATE INDEX keys_by_end ON keys (workspace, expires_at) WHERE revoked_at IS NULL;
CREATE TABLE key_hashes (
    workspace TEXT NOT NULL, hash BLOB NOT NULL PRIMARY KEY, key_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX key_hashes_by_key ON key_hashes (key_id);
CREATE TABLE replays (
    workspace TEXT NOT NULL, name TEXT NOT NULL, asked BLOB NOT NULL, sealed BLOB NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (workspace, name)
) WITHOUT ROWID;
CREATE TABLE usage (
    workspace TEXT NOT NULL, hour INTEGER NOT NULL, key_id TEXT NOT NULL, tool TEXT NOT NULL, user_id TEXT NOT NULL,
    calls INTEGER NOT NULL, errors INTEGER NOT NULL, limited INTEGER NOT NULL, durations TEXT NOT NULL,
    PRIMARY KEY (workspace, hour, key_id, tool)
) WITHOUT ROWID;

-- Agents and what they hold.
CREATE TABLE agents (
    workspace TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (workspace, id)
) WITHOUT ROWID;
CREATE TABLE claims (
    workspace TEXT NOT NULL, task_id TEXT NOT NULL, version INTEGER NOT NULL, record TEXT NOT NULL,
    expires_at INTEGER, delivered_status TEXT, delivered_at INTEGER, rejected TEXT,
    PRIMARY KEY (workspace, task_id)
) WITHOUT ROWID;
CREATE INDEX claims_by_expiry ON claims (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE completions (
    workspace TEXT NOT NULL, task_id TEXT NOT NULL, generation INTEGER NOT NULL, agent_id TEXT NOT NULL,
    completed_at INTEGER NOT NULL, PRIMARY KEY (workspace, task_id, generation)
) WITHOUT ROWID;
CREATE INDEX completions_by_agent ON completions (workspace, agent_id);

-- The built-in board.
CREATE TABLE tasks (
    workspace TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, title TEXT NOT NULL,
    description TEXT NOT NULL, status TEXT NOT NULL, priority TEXT NOT NULL, labels TEXT NOT NULL,
    dependencies TEXT NOT NULL, assignee TEXT, estimate_minutes INTEGER, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, moved_at INTEGER NOT NULL DEFAULT 0, written INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX tasks_by_number ON tasks (workspace, number);
CREATE TABLE comments (
    workspace TEXT NOT NULL, task_id TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL,
    created_at INTEGER NOT NULL, sequence INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (workspace, task_id, id)
) WITHOUT ROWID;
CREATE TABLE deleted_tasks (
    workspace TEXT NOT NULL, id TEXT NOT NULL, deleted_at INTEGER NOT NULL, PRIMARY KEY (workspace, id)
) WITHOUT ROWID;
CREATE INDEX deleted_tasks_by_age ON deleted_tasks (deleted_at);

-- What a decision leaves: writes the board is owed, events and who follows them, audit records.
CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    task_id TEXT NOT NULL, write TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0, taken_by TEXT, failed INTEGER NOT NULL DEFAULT 0,
    at INTEGER NOT NULL DEFAULT 0, moved_at INTEGER, reason TEXT
);
CREATE INDEX outbox_by_task ON outbox (workspace, task_id, sequence) WHERE failed = 0;
CREATE INDEX outbox_failed ON outbox (workspace, sequence) WHERE failed = 1;
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 0, action TEXT NOT NULL DEFAULT '', agent_id TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL DEFAULT 0, origin TEXT NOT NULL DEFAULT ''
);
CREATE TABLE history (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, task_id TEXT NOT NULL, at INTEGER NOT NULL,
    action TEXT NOT NULL, agent_id TEXT NOT NULL, actor TEXT NOT NULL, generation INTEGER, progress INTEGER,
    cause TEXT, words TEXT NOT NULL
);
CREATE INDEX history_by_task ON history (workspace, task_id, sequence);
CREATE INDEX history_by_agent ON history (workspace, agent_id, sequence) WHERE agent_id <> '';
CREATE INDEX history_of_deleted ON history (at) WHERE action = 'deleted';
CREATE INDEX history_of_deleted_keys ON history (workspace, words, sequence) WHERE action = 'deleted';
CREATE TABLE followers (
    workspace TEXT NOT NULL, name TEXT NOT NULL, place INTEGER NOT NULL, taken_by TEXT NOT NULL,
    taken_until INTEGER NOT NULL, PRIMARY KEY (workspace, name)
) WITHOUT ROWID;
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    target TEXT NOT NULL, request_id TEXT NOT NULL, at INTEGER NOT NULL, link BLOB NOT NULL
);
CREATE INDEX audit_by_actor ON audit (workspace, actor);
CREATE INDEX audit_by_target ON audit (workspace, target);
CREATE INDEX audit_by_action ON audit (workspace, action);
CREATE INDEX audit_by_time ON audit (at);
CREATE TABLE audit_start (
    workspace TEXT NOT NULL PRIMARY KEY, sequence INTEGER NOT NULL, link BLOB NOT NULL, digest BLOB NOT NULL,
    seal BLOB NOT NULL
) WITHOUT ROWID;

-- MCP sessions: what a client asked of them, and those that have ended.
CREATE TABLE sessions (
    workspace TEXT NOT NULL, digest TEXT NOT NULL PRIMARY KEY, ended INTEGER NOT NULL, log_level TEXT,
    subscriptions TEXT NOT NULL, forget_at INTEGER NOT NULL, user_id TEXT NOT NULL DEFAULT '',
    issued_at INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (workspace, user_id, ended, issued_at);
CREATE TABLE session_marks (
    workspace TEXT NOT NULL, user_id TEXT NOT NULL, made_before INTEGER NOT NULL, forget_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, user_id)
) WITHOUT ROWID;

-- Webhooks that were taken.
CREATE TABLE webhook_deliveries (
    workspace TEXT NOT NULL, sender TEXT NOT NULL, id TEXT NOT NULL, forget_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, sender, id)
) WITHOUT ROWID;
CREATE INDEX webhook_deliveries_by_end ON webhook_deliveries (forget_at);

-- People on the dashboard: codes to sign in with, and sessions that were ended.
CREATE TABLE one_time_codes (
    workspace TEXT NOT NULL, hash BLOB NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (workspace, hash)
) WITHOUT ROWID;
CREATE INDEX one_time_codes_by_end ON one_time_codes (until);
CREATE TABLE sign_outs (
    workspace TEXT NOT NULL, holder TEXT NOT NULL, session TEXT NOT NULL, made_before INTEGER NOT NULL,
    forget_at INTEGER NOT NULL, PRIMARY KEY (workspace, holder, session)
) WITHOUT ROWID;
CREATE INDEX sign_outs_by_end ON sign_outs (forget_at);
