//! Which pull request is meant, as arguments say it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::loose::LooseWord;
use crate::{
    model::{Code, Text},
    reviews::{OpenQuery, SelectStrategy},
    tools::{ToolError, schema::given},
};

/// A name of GitHub's; an empty one is none.
pub(super) type NameText = Text<0, 100>;
/// A URL.
pub(super) type UrlText = Text<0, 2_000>;
/// A branch.
pub(super) type BranchText = Text<0, 400>;

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StrategyWord {
    Branch,
    Latest,
    First,
    Error,
}

/// How one of several is chosen; by the branch unless somebody said otherwise.
pub(super) fn strategy(word: Option<LooseWord<StrategyWord>>) -> Result<SelectStrategy, ToolError> {
    let sentence = "Invalid select_strategy: must be 'branch', 'latest', 'first', or 'error'";
    Ok(match word.map(|word| word.word(sentence)).transpose()? {
        None | Some(StrategyWord::Branch) => SelectStrategy::Branch,
        Some(StrategyWord::Latest) => SelectStrategy::Latest,
        Some(StrategyWord::First) => SelectStrategy::First,
        Some(StrategyWord::Error) => SelectStrategy::Error,
    })
}

/// The repository in which an open pull request is looked for.
pub(super) fn open_query(
    host: Option<NameText>,
    owner: Option<NameText>,
    repo: Option<NameText>,
    branch: Option<BranchText>,
    strategy: SelectStrategy,
) -> Result<OpenQuery, ToolError> {
    let missing = || {
        let text = "give pr_url, or owner and repo (with branch): the gateway knows nothing of your working directory";
        ToolError::new(Code::InvalidArguments, text)
    };
    Ok(OpenQuery {
        host: given(host),
        owner: given(owner).ok_or_else(missing)?,
        repo: given(repo).ok_or_else(missing)?,
        branch: given(branch),
        strategy,
    })
}
