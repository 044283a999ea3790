//! The SQL function that makes the audit log's links.

use rusqlite::{Connection, functions::FunctionFlags, types::Value};

use crate::{
    model::{AuditRecord, UnixMillis},
    secrets::AuditKey,
};

/// Lets the connection make links. The key is on the connection and nowhere in the database.
pub(super) fn teach(connection: &Connection, key: AuditKey) -> rusqlite::Result<()> {
    connection.create_scalar_function("audit_link", 8, FunctionFlags::SQLITE_UTF8, move |context| {
        let before: Option<Vec<u8>> = context.get(0)?;
        let record = AuditRecord {
            actor: context.get(3)?,
            action: context.get::<String>(4)?.into(),
            target: context.get(5)?,
            request_id: context.get(6)?,
            at: UnixMillis(context.get(7)?),
        };
        let workspace: String = context.get(2)?;
        let link = key.link(&before.unwrap_or_default(), context.get(1)?, &workspace, &record);
        Ok(Value::Blob(link.to_vec()))
    })
}
