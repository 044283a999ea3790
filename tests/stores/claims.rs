//! Claims and agents: one decision is made of each state, and no agent holds two.

use taskgate::{
    model::{Agent, Claim, ClaimRef, ClaimState, Workspace},
    stores::{AuditFilter, Completion, ConditionalWrite, Store},
};

use crate::fixtures::{NOW, STORE, agent, claim, three_decisions, write};

pub async fn one_decision_is_made_of_each_state(store: &dyn Store) {
    let workspace = Workspace::default();
    let decide = async |writes| store.commit_first(&workspace, writes).await.unwrap();
    assert_eq!(decide(vec![write("t1", 1, "first")]).await, Some(0));
    assert_eq!(decide(vec![write("t1", 1, "late"), write("t2", 1, "second")]).await, Some(1));
    assert_eq!(decide(vec![write("t1", 1, "late"), write("t2", 3, "early")]).await, None);
    let with_agent = ConditionalWrite { agent: Some(agent(2, "x")), ..write("t1", 2, "wrong agent") };
    assert_eq!(decide(vec![with_agent]).await, None, "both records must be as they were");
    let audit = store.audit(&workspace, AuditFilter::default(), 10).await.unwrap();
    let names: Vec<_> = audit.iter().map(|entry| entry.record.request_id.as_str()).collect();
    assert_eq!(names, ["second", "first"], "effects of what was decided alone");
    let completion =
        Completion { task_id: String::from("t1"), generation: 7, agent_id: String::from("a"), at: NOW };
    let complete =
        |version| ConditionalWrite { completion: Some(completion.clone()), ..write("t1", version, "done") };
    assert_eq!(decide(vec![complete(2)]).await, Some(0));
    assert!(
        store.commit_first(&workspace, vec![complete(3)]).await.is_err(),
        "a generation is completed once"
    );
    let claims =
        store.claims(&workspace, Some(vec![String::from("t1"), String::from("none")])).await.unwrap();
    assert_eq!(claims, [claim("t1", 2)], "what failed left nothing behind");
    assert_eq!(store.claims(&workspace, None).await.unwrap().len(), 2);
    assert!(store.claims(&Workspace::new("other"), None).await.unwrap().is_empty());
}

/// What a decision is made on may know less than the store does: the agent's record may name a claim it never saw.
pub async fn an_agent_has_one_live_claim_whatever_was_known(store: &dyn Store) {
    let workspace = Workspace::new("one-claim");
    let at = STORE.plus(5);
    let decide =
        async |write: ConditionalWrite| store.commit_first(&workspace, vec![write]).await.unwrap().is_some();
    let of = |task: &str, version, state| Claim { state, ..claim(task, version) };
    let alone = |claim| ConditionalWrite { claim: Some(claim), at, ..ConditionalWrite::default() };
    let named = |version, task: &str| Agent {
        held: Some(ClaimRef { task_id: task.to_owned(), generation: 7 }),
        ..agent(version, "a")
    };
    let with = |claim: Claim, version| ConditionalWrite {
        agent: Some(named(version, &claim.task_id)),
        ..alone(claim)
    };
    assert!(decide(with(of("one", 1, ClaimState::Live), 1)).await);
    assert!(!decide(with(of("two", 1, ClaimState::Live), 2)).await, "a grant beside a live claim");
    assert!(!decide(alone(of("two", 1, ClaimState::Live))).await, "a revival beside a live claim");
    assert!(decide(alone(of("two", 1, ClaimState::Done))).await, "what ends a claim leaves no second one");
    assert!(decide(alone(of("one", 2, ClaimState::Live))).await, "its own claim is renewed");
    let late = ConditionalWrite {
        at: STORE.plus(10),
        ..alone(Claim { expires_at: STORE.plus(99), ..claim("three", 1) })
    };
    assert!(decide(late).await, "the lease of the other has ended");
    let release =
        ConditionalWrite { agent: Some(agent(2, "a")), ..alone(of("one", 3, ClaimState::Released)) };
    assert!(decide(release).await);
    assert!(decide(with(of("four", 1, ClaimState::Live), 3)).await, "it holds nothing any more");
}

pub async fn ended_leases_are_found_until_they_are_recorded(store: &dyn Store) {
    let workspace = Workspace::default();
    three_decisions(store).await;
    assert!(store.expired(&workspace, STORE.plus(9), 10).await.unwrap().is_empty());
    let found = store.expired(&workspace, STORE.plus(10), 10).await.unwrap();
    let tasks: Vec<_> = found.iter().map(|claim| claim.task_id.as_str()).collect();
    assert_eq!(tasks, ["t1", "t2"]);
    assert_eq!(store.expired(&workspace, STORE.plus(10), 1).await.unwrap().len(), 1);
    let recorded = Claim { expiry_recorded: true, ..claim("t2", 2) };
    let write = ConditionalWrite { claim: Some(recorded), ..ConditionalWrite::default() };
    assert_eq!(store.commit_first(&workspace, vec![write]).await.unwrap(), Some(0));
    assert_eq!(store.expired(&workspace, STORE.plus(10), 10).await.unwrap().len(), 1);
}

pub async fn agents_are_replaced_under_their_version(store: &dyn Store) {
    let workspace = Workspace::default();
    let put = async |agent| {
        let write = ConditionalWrite { agent: Some(agent), ..ConditionalWrite::default() };
        store.commit_first(&workspace, vec![write]).await.unwrap().is_some()
    };
    assert!(put(agent(1, "one")).await && put(agent(2, "two")).await);
    assert!(!put(agent(2, "three")).await && !put(agent(1, "four")).await);
    assert_eq!(store.agents(&workspace, None).await.unwrap(), [agent(2, "two")]);
    let named = store.agents(&workspace, Some(vec![String::from("agent")])).await.unwrap();
    assert_eq!(named, [agent(2, "two")]);
    assert!(store.agents(&Workspace::new("other"), None).await.unwrap().is_empty());
}
