//! Making Planka ready to be the board: terms accepted, project, board, a list for each status and a webhook, each only where there is
//! none. A repeat changes nothing.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep};

use super::{
    api::PlankaApi, client::PlankaClient, error::PlankaError, frame::Frame, place::matching, wire::PlankaItem,
};
use crate::{
    boards::BoardError,
    config::{PlankaBoardSettings, PlankaName, StatusNames},
    model::{Causes, TaskStatus, UnixMillis},
    net::HttpClient,
};

/// Space between two boards or lists, as Planka leaves it.
const GAP: f64 = 65_536.0;
/// Between two looks at a Planka that is not there yet.
const PAUSE: Duration = Duration::from_secs(2);
/// What the webhook is called.
const WEBHOOK_NAME: &str = "taskgate";
/// What the gateway is to hear of.
const EVENTS: &str = "cardCreate,cardUpdate,cardDelete,cardLabelCreate,cardLabelDelete,cardMembershipCreate,\
                      cardMembershipDelete,taskCreate,taskUpdate,taskDelete,taskListDelete,customFieldValueUpdate,\
                      customFieldValueDelete,listCreate,listUpdate,listClear,listDelete,labelCreate,labelUpdate,labelDelete,\
                      boardMembershipCreate,boardMembershipDelete,boardUpdate";

/// Whom Planka is to tell what happens.
#[derive(Debug)]
pub struct PlankaWebhook {
    /// The gateway's address as Planka sees it.
    pub url: String,
    /// What it shows there.
    pub token: SecretString,
}

/// One thing that is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupReport {
    /// `project`, `board`, `list` or `webhook`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Whether it was made just now.
    pub is_made: bool,
}

/// A Planka that is made ready.
pub struct PlankaSetup {
    api: PlankaApi,
    settings: PlankaBoardSettings,
    names: StatusNames,
}

impl PlankaSetup {
    /// The Planka that the settings name.
    pub fn new(client: HttpClient, settings: PlankaBoardSettings, names: StatusNames) -> Self {
        let (base, credential) = (settings.base_url.clone(), settings.credential.clone());
        Self { api: PlankaApi(PlankaClient::new(client, base, credential, true)), settings, names }
    }

    /// Returns once Planka answers; gives up after `patience`. `tell` hears what is waited for, the first time and when it changes.
    pub async fn wait(&self, patience: Duration, tell: impl Fn(&str)) -> Result<(), BoardError> {
        let (begun, mut told) = (Instant::now(), String::new());
        loop {
            let Err(error) = self.api.0.version().await else { return Ok(()) };
            let may_pass = matches!(error, PlankaError::Unreachable(_) | PlankaError::Unavailable { .. });
            if !may_pass || begun.elapsed() >= patience {
                return Err(of_setup(error));
            }
            let cause = Causes(&error).to_string();
            if cause != told {
                tell(&format!("waiting for {}: {cause}", self.settings.base_url));
                told = cause;
            }
            sleep(PAUSE).await;
        }
    }

    /// Makes what is not there, and says what is.
    pub async fn prepare(&self, webhook: Option<&PlankaWebhook>) -> Result<Vec<SetupReport>, BoardError> {
        let prepared = async {
            let mut there = Vec::new();
            let board = self.board(&mut there).await?;
            self.lists(&board, &mut there).await?;
            if let Some(webhook) = webhook {
                there.push(self.webhook(webhook).await?);
            }
            Ok(there)
        };
        prepared.await.map_err(of_setup)
    }

    /// The id of the board.
    async fn board(&self, there: &mut Vec<SetupReport>) -> Result<String, PlankaError> {
        let seen = self.api.projects().await?;
        if let PlankaName::Id(id) = &self.settings.board {
            return Ok(id.clone());
        }
        let project = self.settings.project.as_ref();
        let Some(project) = project else { return Err(PlankaError::NoBoard("no project is set".to_owned())) };
        let projects: Vec<_> =
            seen.items.iter().map(|one| (&*one.id, one.name.as_deref().unwrap_or_default())).collect();
        let (project_id, is_made) = match (matching(project, &projects)[..].first(), project) {
            (Some((id, _)), _) => ((*id).to_owned(), false),
            (None, PlankaName::Name(name)) => (self.api.create_project(name).await?.id, true),
            (None, PlankaName::Id(_)) => {
                let id = project.as_str();
                return Err(PlankaError::NoBoard(format!(
                    "there is no project {id} that the gateway's user sees"
                )));
            }
        };
        there.push(reported("project", &project_id, project, is_made));
        let boards =
            seen.included.boards.iter().filter(|board| board.project_id.as_ref() == Some(&project_id));
        let boards: Vec<_> = boards.map(|board| (&*board.id, &*board.name)).collect();
        let known = matching(&self.settings.board, &boards)[..].first().map(|(id, _)| (*id).to_owned());
        let (id, is_made) = match (known, &self.settings.board) {
            (Some(id), _) => (id, false),
            (None, board) => {
                #[expect(clippy::cast_precision_loss, reason = "nobody has so many boards")]
                let position = GAP * (boards.len() + 1) as f64;
                (self.api.create_board(&project_id, board.as_str(), position).await?.id, true)
            }
        };
        there.push(reported("board", &id, &self.settings.board, is_made));
        Ok(id)
    }

    /// A list for each status.
    async fn lists(&self, board: &str, there: &mut Vec<SetupReport>) -> Result<(), PlankaError> {
        let whole = self.api.board(board, None).await?;
        let Some(whole) = whole else { return Err(PlankaError::NotFound) };
        let PlankaItem { item, included } = whole.board;
        if matches!(self.settings.board, PlankaName::Id(_)) {
            let name = PlankaName::Name(item.name.clone());
            there.push(reported("board", &item.id, &name, false));
        }
        let frame = Frame::of(&item, &included);
        let mut position = included.lists.iter().filter_map(|list| list.position).fold(0.0, f64::max);
        for status in TaskStatus::ALL {
            if let Some(list) = frame.list_for(&self.names, status) {
                there.push(reported("list", &list.id, &PlankaName::Name(list.name.clone()), false));
                continue;
            }
            // One without a name has no list that would be read as it.
            let Some(name) = self.names.of(status).first() else { continue };
            position += GAP;
            let kind = if status.is_closed() { "closed" } else { "active" };
            let made = self.api.create_list(board, (kind, name), position).await;
            let made = made.map_err(|error| match error {
                PlankaError::NotFound | PlankaError::Forbidden { .. } => {
                    PlankaError::Forbidden { message: super::writing::LACKS_RIGHTS.to_owned() }
                }
                other => other,
            })?;
            there.push(reported("list", &made.id, &PlankaName::Name(name.to_owned()), true));
        }
        Ok(())
    }

    async fn webhook(&self, webhook: &PlankaWebhook) -> Result<SetupReport, PlankaError> {
        let url = PlankaName::Name(webhook.url.clone());
        let of_admin = |error| match error {
            PlankaError::NotFound | PlankaError::Forbidden { .. } => PlankaError::Forbidden {
                message: format!(
                    "the right to make webhooks: one of Planka's administrators makes one to {} with PLANKA_WEBHOOK_TOKEN as its \
                     access token, or runs this",
                    webhook.url
                ),
            },
            other => other,
        };
        let known = self.api.webhooks().await.map_err(of_admin)?;
        let token = webhook.token.expose_secret();
        if let Some(known) = known.iter().find(|known| known.url == webhook.url) {
            // The token may be another one now, which Planka does not show.
            self.api.renew_webhook(&known.id, token, EVENTS).await.map_err(of_admin)?;
            return Ok(reported("webhook", &known.id, &url, false));
        }
        let made = self.api.create_webhook((WEBHOOK_NAME, &webhook.url), token, EVENTS).await;
        Ok(reported("webhook", &made.map_err(of_admin)?.id, &url, true))
    }
}

fn reported(kind: &'static str, id: &str, name: &PlankaName, is_made: bool) -> SetupReport {
    SetupReport { kind, id: id.to_owned(), name: name.as_str().to_owned(), is_made }
}

/// What a failure means to whoever makes Planka ready.
fn of_setup(error: PlankaError) -> BoardError {
    match error {
        PlankaError::NotFound => BoardError::Rejected {
            reason: "it is not there, or the gateway's user does not see it: one who manages the project, or an administrator, makes it"
                .to_owned(),
        },
        other => other.on_board(UnixMillis::default()),
    }
}
