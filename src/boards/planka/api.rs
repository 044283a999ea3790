//! What the board asks of Planka, one method an address.

use http::Method;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{
    client::PlankaClient,
    error::PlankaError,
    exchange::{BOARD_PATIENCE, MOST_BYTES, PlankaRequest, parsed},
    wire::{
        BoardJson, CardCommentJson, CardJson, ListJson, NamedJson, PlankaItem, PlankaItems, PlankaUserJson,
        PlankaWebhookJson,
    },
};

/// A board as a whole, with the tag of what it is.
pub(super) struct WholeBoard {
    pub(super) board: PlankaItem<BoardJson>,
    pub(super) etag: Option<String>,
}

/// A card to be made.
pub(super) struct NewCard<'a> {
    pub(super) kind: &'a str,
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) position: f64,
}

/// Planka as one user sees it.
pub(super) struct PlankaApi(pub(super) PlankaClient);

impl PlankaApi {
    /// Who asks.
    pub(super) async fn me(&self) -> Result<PlankaUserJson, PlankaError> {
        Ok(self.0.get::<PlankaItem<PlankaUserJson>>(&["users", "me"]).await?.item)
    }

    /// The projects that the user sees, with their boards.
    pub(super) async fn projects(&self) -> Result<PlankaItems<NamedJson>, PlankaError> {
        self.0.get(&["projects"]).await
    }

    /// A board with all that is on it but in archive and trash; `None` if it is what that tag stands for.
    pub(super) async fn board(
        &self,
        id: &str,
        etag: Option<&str>,
    ) -> Result<Option<WholeBoard>, PlankaError> {
        let path = ["boards", id];
        let request = PlankaRequest {
            etag,
            most_bytes: MOST_BYTES,
            patience: BOARD_PATIENCE,
            ..PlankaRequest::get(&path)
        };
        let answer = self.0.send(&request).await?;
        if answer.status == 304 {
            return Ok(None);
        }
        let etag = answer.header("etag").map(str::to_owned);
        Ok(Some(WholeBoard { board: parsed(&answer)?, etag }))
    }

    /// A card with what belongs to it.
    pub(super) async fn card(&self, id: &str) -> Result<Option<PlankaItem<CardJson>>, PlankaError> {
        match self.0.get(&["cards", id]).await {
            Err(PlankaError::NotFound) => Ok(None),
            card => card.map(Some),
        }
    }

    /// Fifty comments of a card, newest first, that were made before one of them.
    pub(super) async fn comments(
        &self,
        card: &str,
        before: Option<&str>,
    ) -> Result<Vec<CardCommentJson>, PlankaError> {
        let (path, query) = (["cards", card, "comments"], before.map(|id| [("beforeId", id)]));
        let query = query.as_ref().map_or(&[][..], |query| query);
        let answer = self.0.send(&PlankaRequest { query, ..PlankaRequest::get(&path) }).await?;
        Ok(parsed::<PlankaItems<CardCommentJson>>(&answer)?.items)
    }

    pub(super) async fn add_comment(&self, card: &str, text: &str) -> Result<CardCommentJson, PlankaError> {
        self.post(&["cards", card, "comments"], &json!({"text": text})).await
    }

    pub(super) async fn edit_comment(&self, id: &str, text: &str) -> Result<CardCommentJson, PlankaError> {
        self.patch(&["comments", id], &json!({"text": text})).await
    }

    /// Takes a comment away; one that is not there is none.
    pub(super) async fn delete_comment(&self, id: &str) -> Result<(), PlankaError> {
        self.delete(&["comments", id]).await
    }

    pub(super) async fn create_card(&self, list: &str, card: &NewCard<'_>) -> Result<CardJson, PlankaError> {
        let body = json!({
            "type": card.kind, "name": card.title, "description": card.description, "position": card.position,
        });
        self.post(&["lists", list, "cards"], &body).await
    }

    /// Puts a card at a place of a list.
    pub(super) async fn move_card(&self, id: &str, list: &str, position: f64) -> Result<(), PlankaError> {
        self.change_card(id, &json!({"listId": list, "position": position})).await
    }

    pub(super) async fn describe_card(&self, id: &str, description: &str) -> Result<(), PlankaError> {
        self.change_card(id, &json!({"description": description})).await
    }

    async fn change_card(&self, id: &str, change: &Value) -> Result<(), PlankaError> {
        self.patch::<IgnoredAny>(&["cards", id], change).await.map(drop)
    }

    pub(super) async fn create_label(
        &self,
        board: &str,
        (name, color): (&str, &str),
        position: f64,
    ) -> Result<NamedJson, PlankaError> {
        let body = json!({"name": name, "color": color, "position": position});
        self.post(&["boards", board, "labels"], &body).await
    }

    /// Puts a label on a card; one that is there stays.
    pub(super) async fn add_label(&self, card: &str, label: &str) -> Result<(), PlankaError> {
        let added =
            self.post::<IgnoredAny>(&["cards", card, "card-labels"], &json!({"labelId": label})).await;
        match added {
            Err(PlankaError::Rejected { status: 409, .. }) => Ok(()),
            added => added.map(drop),
        }
    }

    /// Takes a label off a card; one that is not there is none.
    pub(super) async fn remove_label(&self, card: &str, label: &str) -> Result<(), PlankaError> {
        self.delete(&["cards", card, "card-labels", &format!("labelId:{label}")]).await
    }

    pub(super) async fn create_task_list(&self, card: &str, name: &str) -> Result<NamedJson, PlankaError> {
        let body = json!({"name": name, "position": 65536, "showOnFrontOfCard": true});
        self.post(&["cards", card, "task-lists"], &body).await
    }

    /// Has an item of a task list stand for another card.
    pub(super) async fn link_card(&self, list: &str, card: &str, position: f64) -> Result<(), PlankaError> {
        let body = json!({"linkedCardId": card, "position": position});
        self.post::<IgnoredAny>(&["task-lists", list, "tasks"], &body).await.map(drop)
    }

    /// Gives a card's custom field a value.
    pub(super) async fn set_field(
        &self,
        card: &str,
        (group, field): (&str, &str),
        content: &str,
    ) -> Result<(), PlankaError> {
        let place = format!("customFieldGroupId:{group}:customFieldId:{field}");
        let path = ["cards", card, "custom-field-values", &place];
        self.patch::<IgnoredAny>(&path, &json!({"content": content})).await.map(drop)
    }

    pub(super) async fn create_project(&self, name: &str) -> Result<NamedJson, PlankaError> {
        self.post(&["projects"], &json!({"type": "private", "name": name})).await
    }

    pub(super) async fn create_board(
        &self,
        project: &str,
        name: &str,
        position: f64,
    ) -> Result<BoardJson, PlankaError> {
        self.post(&["projects", project, "boards"], &json!({"name": name, "position": position})).await
    }

    /// Makes a list; `kind`: `active` or `closed`.
    pub(super) async fn create_list(
        &self,
        board: &str,
        (kind, name): (&str, &str),
        position: f64,
    ) -> Result<ListJson, PlankaError> {
        let body = json!({"type": kind, "name": name, "position": position});
        self.post(&["boards", board, "lists"], &body).await
    }

    /// Whom Planka tells what happens, which only an administrator is told.
    pub(super) async fn webhooks(&self) -> Result<Vec<PlankaWebhookJson>, PlankaError> {
        Ok(self.0.get::<PlankaItems<PlankaWebhookJson>>(&["webhooks"]).await?.items)
    }

    pub(super) async fn create_webhook(
        &self,
        (name, url): (&str, &str),
        token: &str,
        events: &str,
    ) -> Result<PlankaWebhookJson, PlankaError> {
        let body = json!({"name": name, "url": url, "accessToken": token, "events": events});
        self.post(&["webhooks"], &body).await
    }

    /// Gives a webhook that token and those events, which it may have already.
    pub(super) async fn renew_webhook(
        &self,
        id: &str,
        token: &str,
        events: &str,
    ) -> Result<PlankaWebhookJson, PlankaError> {
        self.patch(&["webhooks", id], &json!({"accessToken": token, "events": events})).await
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &[&str],
        body: &Value,
    ) -> Result<T, PlankaError> {
        Ok(self.0.write::<PlankaItem<T>>(Method::POST, path, Some(body)).await?.item)
    }

    async fn patch<T: serde::de::DeserializeOwned>(
        &self,
        path: &[&str],
        body: &Value,
    ) -> Result<T, PlankaError> {
        Ok(self.0.write::<PlankaItem<T>>(Method::PATCH, path, Some(body)).await?.item)
    }

    async fn delete(&self, path: &[&str]) -> Result<(), PlankaError> {
        match self.0.write::<IgnoredAny>(Method::DELETE, path, None).await {
            Err(PlankaError::NotFound) => Ok(()),
            deleted => deleted.map(drop),
        }
    }
}
