//! Ended sessions of the dashboard: a row each, or one without a session's id that stands for all of a holder before some moment.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        RedisStore,
        row::{json, to_json, unreadable},
        script::{ScriptArguments, script},
        settle::{PuttingBack, TakenRight},
    },
    person::person,
};
use crate::{
    model::{Effects, EventKind, StoreMillis, Workspace},
    stores::{EndedSessions, MAX_SIGN_OUTS, SignOut, SignOutStore, StoreError},
};

script!(SIGN_OUT, "access/sign_out");

const SIGNED_OUT: &str = "signed-out";
/// The beginning of the name of a holder's set, as the script has it.
const SETS: [&str; 1] = ["so:"];

/// What is kept of a sign-out, after the moment from which on it is nothing.
#[derive(Serialize, Deserialize)]
struct SignOutRow {
    holder: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_before: Option<i64>,
}

fn to_text(holder: &str, ended: &EndedSessions) -> String {
    let (session, made_before) = match ended {
        EndedSessions::One(session) => (Some(session.clone()), None),
        EndedSessions::MadeBefore(at) => (None, Some(at.0)),
    };
    to_json(&SignOutRow { holder: holder.to_owned(), session, made_before })
}

fn read(workspace: &Workspace, text: &str) -> Result<SignOut, StoreError> {
    let row: SignOutRow = json(text, "sign-out")?;
    let forget_at = text.split_once('\n').and_then(|(at, _)| at.parse().ok());
    let ended = match (row.session, row.made_before) {
        (Some(session), _) => Some(EndedSessions::One(session)),
        (None, at) => at.map(|at| EndedSessions::MadeBefore(StoreMillis(at))),
    };
    let (Some(forget_at), Some(ended)) = (forget_at, ended) else { return Err(unreadable("sign-out")) };
    Ok(SignOut { workspace: workspace.clone(), holder: row.holder, ended, forget_at: StoreMillis(forget_at) })
}

impl RedisStore {
    /// Puts back that a session has ended; says whether the server had lost it.
    pub(in super::super) async fn restore_sign_out(
        &self,
        sign_out: &SignOut,
        back: PuttingBack<'_>,
    ) -> Result<bool, StoreError> {
        let SignOut { workspace, holder, ended, forget_at } = sign_out;
        let (holder_digest, subject) = match ended {
            EndedSessions::One(id) => (person(holder), id.as_str()),
            EndedSessions::MadeBefore(_) => (person(holder), ""),
        };
        let field = format!("{holder_digest} {subject}");
        let rows = self.name(workspace, SIGNED_OUT);
        let before: Option<String> = self.link.send(redis::cmd("HGET").arg(rows).arg(&field)).await?;
        // A mark that reaches less far is no better than none.
        let known = before.as_deref().map(|row| read(workspace, row)).transpose()?;
        if known.is_some_and(|known| known.forget_at >= *forget_at) {
            return Ok(false);
        }
        let row = format!("{}\n{holder_digest}\n{}", forget_at.0, to_text(holder, ended));
        let change = back
            .change()
            .while_row(SIGNED_OUT, &field, before.as_deref())
            .put(SIGNED_OUT, &field, &row)
            .place(&format!("{SIGNED_OUT}:until"), &field, forget_at.0)
            .place(&format!("so:{holder_digest}"), &field, forget_at.0);
        let of_whom = if subject.is_empty() { holder } else { subject };
        self.change(workspace, change, &back.effects(EventKind::SignOut, of_whom)).await
    }
}

#[async_trait]
impl SignOutStore for RedisStore {
    async fn sign_out(&self, session: SignOut, now: StoreMillis, effects: Effects) -> Result<(), StoreError> {
        let SignOut { workspace, holder, ended, forget_at } = &session;
        let id = match ended {
            EndedSessions::One(id) => id.as_str(),
            EndedSessions::MadeBefore(_) => "",
        };
        let arguments = ScriptArguments::default()
            .bytes(person(holder))
            .bytes(id)
            .number(forget_at.0)
            .bytes(to_text(holder, ended))
            .bytes(to_text(holder, &EndedSessions::MadeBefore(now)))
            .number(MAX_SIGN_OUTS.into())
            .effects(&self.audit, workspace, &effects);
        let (_,): (bool,) = self.run(workspace, &SIGN_OUT, arguments).await?;
        self.took(TakenRight::SignOut(session));
        Ok(())
    }

    async fn sign_outs(&self, workspace: &Workspace, now: StoreMillis) -> Result<Vec<SignOut>, StoreError> {
        let rows = self.values(workspace, SIGNED_OUT, None).await?;
        let rows = rows.values().map(|row| read(workspace, row));
        let rows = rows.filter(|row| row.as_ref().is_ok_and(|row| row.forget_at > now) || row.is_err());
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        for row in &rows {
            self.took(TakenRight::SignOut(row.clone()));
        }
        Ok(rows)
    }

    async fn forget_sign_outs(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError> {
        self.forget(workspace, SIGNED_OUT, now, &SETS).await
    }
}
