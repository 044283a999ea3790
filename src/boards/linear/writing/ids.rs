//! Ids of what is made, derived from what asked for it: Linear refuses an id that it has, so that nothing is made twice however often,
//! and by whichever process, it is asked for.

use uuid::Builder;

use crate::secrets::sha256;

/// The id, in the form of a random UUID, of what those words name.
pub(super) fn derived(words: &[&str]) -> String {
    let digest = sha256(words.join("\n"));
    let (bytes, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
    Builder::from_random_bytes(*bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_same_words_give_the_same_uuid_of_version_4_and_others_another() {
        let id = Uuid::try_parse(&derived(&["issue", "1"])).unwrap();
        assert_eq!((id.get_version_num(), id.get_variant()), (4, uuid::Variant::RFC4122));
        assert_eq!(derived(&["issue", "1"]), id.to_string());
        assert_ne!(derived(&["issue", "2"]), id.to_string());
    }
}
