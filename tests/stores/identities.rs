//! The identity of a board is replaced by who knows what is kept, and by nobody else.

use taskgate::{model::Workspace, stores::Store};

pub async fn the_identity_of_a_board_is_replaced_once(store: &dyn Store) {
    let (here, there) = (Workspace::default(), Workspace::new("other"));
    let keep = async |workspace: &Workspace, before, identity| {
        store.keep_board_identity(workspace, before, identity).await.unwrap()
    };
    assert_eq!(store.board_identity(&here).await.unwrap(), None);
    assert!(!keep(&here, Some("local"), "github:x/1").await, "nothing was kept");
    assert!(keep(&here, None, "local").await);
    assert!(!keep(&here, None, "github:x/1").await);
    assert_eq!(store.board_identity(&here).await.unwrap().as_deref(), Some("local"));
    assert!(keep(&here, Some("local"), "github:x/1").await);
    assert!(!keep(&here, Some("local"), "github:x/2").await, "another was quicker");
    assert_eq!(store.board_identity(&here).await.unwrap().as_deref(), Some("github:x/1"));
    assert_eq!(store.board_identity(&there).await.unwrap(), None, "each workspace has its own");
}
