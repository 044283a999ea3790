//! A Planka with a board on which the gateway's user and a person work.

use super::FakePlanka;

/// A list for each status, with its type.
pub const STATUS_LISTS: [(&str, &str); 6] = [
    ("Backlog", "active"),
    ("Todo", "active"),
    ("In Progress", "active"),
    ("Blocked", "active"),
    ("Done", "closed"),
    ("Cancelled", "closed"),
];

/// A Planka with a board, the gateway's user, who is its editor, and a person.
pub struct PlankaPlace {
    pub planka: FakePlanka,
    pub board: String,
    /// The gateway's user.
    pub gateway: String,
    pub key: String,
    /// A person who is a member of the board.
    pub person: String,
}

impl PlankaPlace {
    /// One with these lists.
    pub fn with(lists: &[(&str, &str)]) -> Self {
        let planka = FakePlanka::start();
        let (gateway, key) = planka.user("Gateway", "projectOwner");
        let (person, _) = planka.user("Ana", "boardUser");
        let board = planka.change(|world| {
            let project = world.add_project("Gateway", &gateway)["id"].as_str().unwrap().to_owned();
            let board = world.add_board(&project, "Sprint", &65_536.into(), &gateway)["id"]
                .as_str()
                .unwrap()
                .to_owned();
            world.add_member(&board, &person, "editor");
            for (name, kind) in lists {
                world.add_list(&board, kind, name);
            }
            board
        });
        Self { planka, board, gateway, key, person }
    }

    /// One with a list for each status.
    pub fn whole() -> Self {
        Self::with(&STATUS_LISTS)
    }

    /// A card in the list of that name.
    pub fn card(&self, list: &str, name: &str) -> String {
        self.planka.change(|world| {
            let list = world.list_named(&self.board, list).unwrap();
            let position = 65_536 * (world.of("cards", "listId", &list).count() + 1);
            let given = serde_json::json!({"type": "project", "name": name, "position": position});
            world.add_card(&list, &self.person, &given)["id"].as_str().unwrap().to_owned()
        })
    }

    /// The texts below a card, oldest first.
    pub fn texts(&self, card: &str) -> Vec<String> {
        self.planka.change(|world| {
            let texts = world
                .of("comments", "cardId", card)
                .map(|comment| comment["text"].as_str().unwrap().to_owned());
            texts.collect()
        })
    }

    /// Titles of cards that are not in the list of that name.
    pub fn not_in(&self, list: &str) -> Vec<String> {
        self.planka.change(|world| {
            let list = world.list_named(&self.board, list).unwrap();
            let others = world.all("cards").iter().filter(|card| card["listId"] != list);
            others.map(|card| card["name"].to_string()).collect()
        })
    }

    /// The name of the list that a card is in.
    pub fn list_of(&self, card: &str) -> String {
        self.planka.change(|world| {
            let list = world.one("cards", card).unwrap()["listId"].as_str().unwrap().to_owned();
            world.one("lists", &list).unwrap()["name"].as_str().unwrap_or_default().to_owned()
        })
    }
}
