//! Words that skills and tasks are compared by: case-folded, spelling variants folded into one.

use std::collections::{HashMap, HashSet};

use crate::model::{Profile, Task};

/// A word and the word it counts as. Spaces, dots, dashes and underscores are gone before this is looked up.
const ALIASES: [(&str, &str); 46] = [
    ("js", "javascript"),
    ("ecmascript", "javascript"),
    ("nodejs", "node"),
    ("ts", "typescript"),
    ("py", "python"),
    ("python3", "python"),
    ("golang", "go"),
    ("rs", "rust"),
    ("rustlang", "rust"),
    ("c++", "cpp"),
    ("c#", "csharp"),
    ("reactjs", "react"),
    ("vuejs", "vue"),
    ("postgres", "postgresql"),
    ("psql", "postgresql"),
    ("db", "database"),
    ("databases", "database"),
    ("dba", "database"),
    ("k8s", "kubernetes"),
    ("fe", "frontend"),
    ("ui", "frontend"),
    ("be", "backend"),
    ("serverside", "backend"),
    ("apis", "api"),
    ("rest", "api"),
    ("restapi", "api"),
    ("docs", "documentation"),
    ("doc", "documentation"),
    ("readme", "documentation"),
    ("writer", "documentation"),
    ("test", "testing"),
    ("tests", "testing"),
    ("tester", "testing"),
    ("qa", "testing"),
    ("e2e", "testing"),
    ("ops", "devops"),
    ("sre", "devops"),
    ("infra", "devops"),
    ("infrastructure", "devops"),
    ("cicd", "devops"),
    ("auth", "authentication"),
    ("authn", "authentication"),
    ("sec", "security"),
    ("a11y", "accessibility"),
    ("i18n", "internationalization"),
    ("ml", "machinelearning"),
];

/// Words of a role that say nothing about what it is good at.
const EMPTY_WORDS: [&str; 17] = [
    "developer",
    "engineer",
    "engineering",
    "senior",
    "junior",
    "lead",
    "staff",
    "principal",
    "agent",
    "specialist",
    "expert",
    "programmer",
    "coder",
    "and",
    "the",
    "of",
    "for",
];

/// Numbers for words, so that tasks keep them in little space.
#[derive(Default)]
pub(super) struct Terms {
    numbers: HashMap<Box<str>, u32>,
}

impl Terms {
    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(super) fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(word.into(), number);
        number
    }

    /// A task's words: its labels, what follows the last `:` or `/` in them, and the words of its title. Sorted. None of one
    /// that is closed: it is never chosen.
    pub(super) fn of_task(&mut self, task: &Task) -> Box<[u32]> {
        if task.is_closed() {
            return Box::default();
        }
        let labels = task.labels.iter().flat_map(|label| {
            let tail = label.rsplit([':', '/']).next().unwrap_or(label);
            [fold(label), fold(tail)]
        });
        let words: HashSet<_> = labels.chain(words_of(&task.title)).filter(|word| !word.is_empty()).collect();
        let mut numbers: Vec<_> = words.iter().map(|word| self.number(word)).collect();
        numbers.sort_unstable();
        numbers.into()
    }

    /// An agent's words, by number: its skills, and the words of its role that say something.
    pub(super) fn of_agent(&mut self, profile: &Profile) -> Vec<(u32, String)> {
        let role = words_of(&profile.role).filter(|word| !EMPTY_WORDS.contains(&word.as_str()));
        let mut words: Vec<_> = profile.skills.iter().map(|skill| fold(skill)).chain(role).collect();
        words.sort_unstable();
        words.dedup();
        words.retain(|word| !word.is_empty());
        words.into_iter().map(|word| (self.number(&word), word)).collect()
    }
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| character.is_whitespace() || ",;:/()[]&".contains(character))
        .map(|word| fold(word.trim_matches(|c: char| c.is_ascii_punctuation() && c != '+' && c != '#')))
}

/// Lower case, without separators, under the name its variants share.
fn fold(word: &str) -> String {
    let plain: String = word
        .chars()
        .filter(|character| !character.is_whitespace() && !".-_".contains(*character))
        .flat_map(char::to_lowercase)
        .collect();
    ALIASES.iter().find(|(alias, _)| *alias == plain).map_or(plain, |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_thing_are_one_word() {
        for (one, other) in [
            ("Front-End", "frontend"),
            ("K8s", "Kubernetes"),
            ("Node.js", "nodejs"),
            ("C++", "cpp"),
            ("QA", "tests"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
        assert_ne!(fold("java"), fold("javascript"));
    }

    #[test]
    fn a_role_counts_by_the_words_that_say_something() {
        let profile = Profile {
            name: String::new(),
            role: String::from("Senior Back-End Developer"),
            skills: vec![String::from("Postgres")],
        };
        let words: Vec<_> = Terms::default().of_agent(&profile).into_iter().map(|(_, word)| word).collect();
        assert_eq!(words, ["backend", "postgresql"]);
    }
}
