//! Records as Planka makes them, and what a person does with them in its page.

use serde_json::{Value, json};

use super::world::{Secrets, World};

impl World {
    /// A user of that role, who signs in by that name.
    pub fn add_user(&mut self, name: &str, role: &str, secrets: Secrets) -> String {
        let user = json!({
            "email": format!("{name}@example.test"), "role": role, "name": name, "username": name.to_lowercase(), "phone": null,
            "organization": null, "apiKeyPrefix": null, "isSsoUser": false, "isDeactivated": false, "avatar": null,
            "isDefaultAdmin": false, "lockedFieldNames": [],
        });
        let id = self.put("users", user)["id"].as_str().unwrap().to_owned();
        self.secrets.insert(id.clone(), secrets);
        id
    }

    pub fn add_project(&mut self, name: &str, manager: &str) -> Value {
        let project = json!({
            "name": name, "description": null, "backgroundType": null, "backgroundGradient": null, "isHidden": false,
            "ownerProjectManagerId": null, "backgroundImageId": null,
        });
        let project = self.put("projects", project);
        let manager = json!({"projectId": project["id"], "userId": manager});
        let manager = self.put("projectManagers", manager);
        let id = project["id"].as_str().unwrap();
        self.change("projects", id, &json!({"ownerProjectManagerId": manager["id"]})).unwrap()
    }

    /// A board with its archive and its trash, of which that user is a member.
    pub fn add_board(&mut self, project: &str, name: &str, position: &Value, user: &str) -> Value {
        let board = json!({
            "position": position, "name": name, "defaultView": "kanban", "defaultCardType": "project",
            "limitCardTypesToDefaultOne": false, "alwaysDisplayCardCreator": false, "displayCardAges": false,
            "expandTaskListsByDefault": false, "projectId": project,
        });
        let board = self.put("boards", board);
        let id = board["id"].as_str().unwrap();
        self.add_member(id, user, "editor");
        for kind in ["archive", "trash"] {
            self.put(
                "lists",
                json!({"type": kind, "position": null, "name": null, "color": null, "boardId": id}),
            );
        }
        board
    }

    pub fn add_member(&mut self, board: &str, user: &str, role: &str) -> Value {
        let project = self.one("boards", board).unwrap()["projectId"].clone();
        let member =
            json!({"role": role, "canComment": null, "projectId": project, "boardId": board, "userId": user});
        self.put("boardMemberships", member)
    }

    pub fn add_list(&mut self, board: &str, kind: &str, name: &str) -> String {
        let position = 65_536 * (self.of("lists", "boardId", board).count() + 1);
        let list = json!({"type": kind, "position": position, "name": name, "color": null, "boardId": board});
        self.put("lists", list)["id"].as_str().unwrap().to_owned()
    }

    pub fn add_card(&mut self, list: &str, creator: &str, given: &Value) -> Value {
        let list_record = self.one("lists", list).unwrap().clone();
        let now = self.now();
        let due = &given["dueDate"];
        let card = json!({
            "type": given["type"], "position": given["position"], "name": given["name"], "description": given["description"],
            "dueDate": due, "isDueCompleted": if due.is_null() { Value::Null } else { json!(false) }, "stopwatch": null,
            "commentsTotal": 0, "isClosed": list_record["type"] == "closed", "listChangedAt": now,
            "boardId": list_record["boardId"], "listId": list, "creatorUserId": creator, "prevListId": null,
            "coverAttachmentId": null,
        });
        let card = self.put("cards", card);
        self.tell_of_card("cardCreate", &card);
        card
    }

    /// Puts a card into another list.
    pub fn move_card(&mut self, card: &str, list: &str, position: &Value) -> Value {
        let (now, kind) = (self.now(), self.one("lists", list).unwrap()["type"].clone());
        let mut change = json!({"listId": list, "position": position, "listChangedAt": now});
        if kind == "archive" || kind == "trash" {
            change["prevListId"] = self.one("cards", card).unwrap()["listId"].clone();
            change["position"] = Value::Null;
        } else {
            change["isClosed"] = json!(kind == "closed");
            for task in self.table("tasks").iter_mut().filter(|task| task["linkedCardId"] == card) {
                task["isCompleted"] = json!(kind == "closed");
            }
        }
        let card = self.change("cards", card, &change).unwrap();
        self.tell_of_card("cardUpdate", &card);
        card
    }

    pub fn delete_card(&mut self, id: &str) -> Option<Value> {
        let card = self.drop_where("cards", |card| card["id"] == id).pop()?;
        for table in ["cardLabels", "cardMemberships", "comments", "taskLists", "customFieldValues"] {
            self.drop_where(table, |record| record["cardId"] == id);
        }
        let now = json!(self.now());
        for task in self.table("tasks").iter_mut().filter(|task| task["linkedCardId"] == id) {
            (task["linkedCardId"], task["updatedAt"]) = (Value::Null, now.clone());
        }
        self.tell_of_card("cardDelete", &card);
        Some(card)
    }

    pub fn add_comment(&mut self, card: &str, user: &str, text: &str) -> Value {
        let comment = self.put("comments", json!({"text": text, "cardId": card, "userId": user}));
        let total = self.one("cards", card).unwrap()["commentsTotal"].as_u64().unwrap() + 1;
        self.change("cards", card, &json!({"commentsTotal": total}));
        self.tell_of_part("commentCreate", card, &comment);
        comment
    }

    pub fn add_label(&mut self, board: &str, name: &str) -> String {
        let label = json!({"position": 65_536, "name": name, "color": "berry-red", "boardId": board});
        self.put("labels", label)["id"].as_str().unwrap().to_owned()
    }

    pub fn label_card(&mut self, card: &str, label: &str) -> Value {
        let label = self.put("cardLabels", json!({"cardId": card, "labelId": label}));
        self.tell_of_part("cardLabelCreate", card, &label);
        label
    }

    /// The list of that name on a board.
    pub fn list_named(&self, board: &str, name: &str) -> Option<String> {
        let list = self.of("lists", "boardId", board).find(|list| list["name"] == name)?;
        Some(list["id"].as_str().unwrap().to_owned())
    }

    /// The list of that type on a board.
    pub fn list_of_type(&self, board: &str, kind: &str) -> String {
        let list = self.of("lists", "boardId", board).find(|list| list["type"] == kind).unwrap();
        list["id"].as_str().unwrap().to_owned()
    }

    fn tell_of_card(&mut self, event: &str, card: &Value) {
        let included = json!({"boards": [{"id": card["boardId"]}]});
        self.tell(event, card, &included);
    }

    pub fn tell_of_part(&mut self, event: &str, card: &str, part: &Value) {
        let Some(card) = self.one("cards", card).cloned() else { return };
        let included = json!({"boards": [{"id": card["boardId"]}], "cards": [card]});
        self.tell(event, part, &included);
    }
}
