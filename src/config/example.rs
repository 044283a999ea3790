//! Whether a secret is one that others have too: an example of some document, a word, a row of keys, a count.
//! What a reader could have thought of is taken away from the text, and what is left says how much chance is
//! in it.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// Characters of chance a secret needs; a random one of 24 characters has 20 left in the worst case.
const CHANCE: usize = 10;
/// Characters in a row that show a pattern.
const RUN: usize = 4;

/// What stands in documents, examples and lists of bad passwords; four characters or more.
const WORDS: &str = "550e8400e29b41d4a716446655440000 f81d4fae7dec11d0a76500a0c91e6bf6 d41d8cd98f00b204e9800998ecf8427e \
    5f4dcc3b5aa765d61d8327deb882cf99 e3b0c44298fc1c149afbf4c8996fb924 5e884898da28047151d0e56f8dc62927 \
    9f86d081884c7d659a2feaa0c55ad015 changeme changeit change replace placeholder example sample dummy \
    default insecure unsafe your secret token administrator admin password passphrase passwd passw here \
    this with must that please testing tests test demo localhost local production development staging \
    taskgate gateway auth bearer value string random generated generate long characters character chars \
    bytes byte least minimum more than openssl rand base64 head urandom letmein welcome hunter2 hello \
    world root username user login super very strong secure security private public insert enter todo \
    fixme none null undefined true false static access client service server account master encryption \
    signing session cookie webhook metrics correct horse battery staple iloveyou monkey dragon football \
    sunshine princess trustno1 whatever lorem ipsum dolor amet consectetur adipiscing elit deadbeef \
    cafebabe baadf00d feedface coffee alice mallory goes some really 31415926535897932384626433832795 \
    27182818284590452353602874713526";
/// Keys beside each other.
const ROWS: &str = "1234567890 qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm wxcvbn !@#$%^&*() \
    1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p 1q2w3e4r5t6y7u8i9o0p zaq1xsw2cde3vfr4bgt5nhy6mju7";

/// Whether others can have the same.
pub fn is_example(text: &str) -> bool {
    let text = text.trim();
    is_template(text) || chance(text) < CHANCE || decoded(text).is_some_and(|inner| chance(&inner) < CHANCE)
}

/// What should have been replaced or expanded by somebody.
fn is_template(text: &str) -> bool {
    let pairs = [("${", "}"), ("$(", ")"), ("{{", "}}"), ("<", ">"), ("%", "%"), ("[", "]")];
    let is_name =
        |rest: &str| rest.bytes().all(|byte| byte.is_ascii_uppercase() || b"_0123456789".contains(&byte));
    pairs.iter().any(|(open, close)| text.starts_with(open) && text.ends_with(close))
        || text.strip_prefix('$').is_some_and(is_name)
}

/// A text that was only spelled otherwise: the command that makes a secret was given words.
fn decoded(text: &str) -> Option<String> {
    let hex = || {
        let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        (0..text.len()).step_by(2).map(digit).collect::<Option<Vec<u8>>>()
    };
    let bytes = [hex(), STANDARD.decode(text).ok(), URL_SAFE_NO_PAD.decode(text).ok()];
    let printable = |bytes: &Vec<u8>| bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    bytes.into_iter().flatten().find(printable).and_then(|bytes| String::from_utf8(bytes).ok())
}

/// Characters nobody could have thought of.
fn chance(text: &str) -> usize {
    let letters = |part: &str| part.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !is_small_word(part));
    let joined = letters(&parts.collect::<String>()).to_lowercase();
    let mut once = joined.chars().collect::<Vec<_>>();
    once.dedup();
    let symbols =
        text.chars().filter(|c| !c.is_alphanumeric() && !" -_.,:/+=".contains(*c)).collect::<String>();
    let of_letters = left(&joined).min(left(&once.into_iter().collect::<String>()));
    of_letters + left(&symbols)
}

/// Whether a part is too short to hold a pattern and of one kind, as "of", "MY" and "24" are; the parts between
/// the signs of Base64 mix the kinds.
fn is_small_word(part: &str) -> bool {
    let is_of = |kind: fn(&char) -> bool| part.chars().all(|c| kind(&c));
    part.chars().count() < RUN
        && (is_of(|c| c.is_lowercase()) || is_of(|c| c.is_uppercase()) || is_of(|c| c.is_numeric()))
}

/// Characters of `text` that are in no word, row, count or repetition.
fn left(text: &str) -> usize {
    let characters: Vec<char> = text.chars().collect();
    let plain: Vec<char> = characters.iter().map(|c| unleet(*c)).collect();
    let mut known = vec![false; characters.len()];
    for word in WORDS.split_whitespace() {
        let word: Vec<char> = word.chars().collect();
        mark(&characters, &word, &mut known);
        mark(&plain, &word, &mut known);
    }
    for row in ROWS.split_whitespace() {
        for row in [row.chars().collect::<Vec<_>>(), row.chars().rev().collect()] {
            row.windows(RUN).for_each(|part| mark(&characters, part, &mut known));
        }
    }
    mark_counts(&characters, &mut known);
    mark_repetitions(&characters, &mut known);
    known.iter().filter(|known| !**known).count()
}

fn mark(text: &[char], word: &[char], known: &mut [bool]) {
    for (at, _) in text.windows(word.len()).enumerate().filter(|(_, part)| *part == word) {
        known[at..at + word.len()].fill(true);
    }
}

/// Marks what rises, falls or stays evenly, each character or every second one.
fn mark_counts(text: &[char], known: &mut [bool]) {
    let place = |c: char| c.to_digit(36).map_or(c as i64 + 1000, i64::from);
    for stride in [1, 2] {
        for start in 0..text.len() {
            let at = |number: usize| text.get(start + number * stride).map(|c| place(*c));
            let Some(step) = at(0).zip(at(1)).map(|(first, second)| second - first) else { continue };
            let follows =
                |number: &usize| at(*number).zip(at(number + 1)).is_some_and(|(a, b)| b - a == step);
            let length = (0..text.len()).take_while(follows).count() + 1;
            if step.abs() <= 2 && length >= RUN {
                (0..length).for_each(|number| known[start + number * stride] = true);
            }
        }
    }
}

/// Marks what stood in the text before.
fn mark_repetitions(text: &[char], known: &mut [bool]) {
    for at in 1..text.len().saturating_sub(RUN - 1) {
        let part = &text[at..at + RUN];
        if (0..at).any(|before| &text[before..before + RUN] == part) {
            known[at..at + RUN].fill(true);
        }
    }
}

/// The letter a digit or a sign stands for in words.
const fn unleet(character: char) -> char {
    match character {
        '0' => 'o',
        '1' => 'l',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn examples_of_documents_words_rows_counts_and_repetitions_are_found() {
        const EXAMPLES: &str = "changeme\n\
            change-me-change-me-change-me\n\
            CHANGE_ME_TO_A_LONG_RANDOM_STRING\n\
            your-secret-key-here-please\n\
            example-example-example-example\n\
            secret-key-here-secret-key-here!\n\
            0123456789abcdef0123456789abcdef\n\
            fedcba9876543210fedcba9876543210\n\
            00112233445566778899aabbccddeeff\n\
            a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6\n\
            000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\
            aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n\
            abcabcabcabcabcabcabcabcabcabcabcabc\n\
            qwertyuiopasdfghjklzxcvbnm123456\n\
            1qaz2wsx3edc4rfv5tgb6yhn7ujm\n\
            passwordpasswordpassword\n\
            P4ssw0rd-P4ssw0rd-P4ssw0rd\n\
            correct horse battery staple\n\
            my-super-secret-admin-token-2024\n\
            thisisaverylongsecretkeyfortesting\n\
            openssl rand -hex 32\n\
            openssl rand -base64 48\n\
            ${MCP_SECRET_KEY}\n\
            $MCP_ADMIN_TOKEN\n\
            <a value of my own that I made>\n\
            $(openssl rand -hex 32)\n\
            {{ .Values.adminToken.long.name }}\n\
            550e8400-e29b-41d4-a716-446655440000\n\
            deadbeefdeadbeefdeadbeefdeadbeef\n\
            31415926535897932384626433832795\n\
            admin-token-for-tests-0123456789\n\
            Y2hhbmdlLW1lLWNoYW5nZS1tZS1jaGFuZ2UtbWU=\n\
            6368616e67652d6d652d6368616e67652d6d65\n\
            YOUR_KEY\n\
            token1\n\
            abcdefghijklmnopqrstuvwxyz\n\
            !@#$%^&*()!@#$%^&*()!@#$%^&*()\n\
            e3b0c44298fc1c149afbf4c8996fb924";
        for example in EXAMPLES.lines() {
            assert!(is_example(example), "{example}: {} characters of chance", chance(example));
        }
    }

    const COMMON: &str = "glacier umbrella velvet tractor lantern pebble orbit walnut cactus marble thunder violin \
        anchor biscuit canyon timber willow hammock meadow nickel pumpkin quiver saddle zipper";

    #[test]
    fn base64_with_many_signs_passes() {
        for text in ["gt/v6NQ9G7h1+Qx+KD7/jQ==", "LXG-M-LCeAmkxw_TC-_A8L-J", "QNn+B/sGA/kyc/HQQ9RuAgS+nAk="] {
            assert!(!is_example(text), "{text}: {} characters of chance", chance(text));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        #[test]
        fn what_was_made_by_chance_passes(bytes in proptest::collection::vec(any::<u8>(), 18..64)) {
            let hex = crate::model::hex(&bytes);
            prop_assert!(!is_example(&hex), "{}: {}", hex, chance(&hex));
            prop_assert!(!is_example(&hex.to_uppercase()));
            for text in [STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
                prop_assert!(!is_example(&text), "{}: {}", text, chance(&text));
            }
            let uuid = uuid::Builder::from_random_bytes(bytes[..16].try_into().unwrap()).into_uuid().to_string();
            prop_assert!(!is_example(&uuid), "{}: {}", uuid, chance(&uuid));
        }

        #[test]
        fn a_passphrase_of_five_words_passes(words in proptest::sample::subsequence(COMMON.split(' ').collect::<Vec<_>>(), 5), gap in "[ ._-]") {
            let text = words.join(&gap);
            prop_assert!(!is_example(&text), "{}: {}", text, chance(&text));
        }
    }
}
