//! Lists of `name=value` as OpenTelemetry has them: a comma between two, what is none of the text as `%` and two digits.

/// The pairs of a list, without the space around them; `None` when it is none.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    // A comma at the end is one that many leave there.
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let pair = |item: &str| {
        let (name, value) = item.split_once('=')?;
        let name = decoded(name.trim()).filter(|name| !name.is_empty())?;
        Some((name, decoded(value.trim())?))
    };
    items.map(pair).collect()
}

/// A text without its `%` signs; one that no two digits follow is none.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        bytes.push(match byte {
            b'%' => (digit(rest.next())? * 16 + digit(rest.next())?) as u8,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_as_they_are_written() {
        let read =
            |text| pairs(text).map(|pairs| pairs.iter().map(|(a, b)| format!("{a}|{b}")).collect::<Vec<_>>());
        assert_eq!(
            read(" a = 1 ,b=c=d==,e=%2c%20x+y,"),
            Some(vec!["a|1".into(), "b|c=d==".into(), "e|, x+y".into()])
        );
        assert_eq!(read("a="), Some(vec!["a|".into()]));
        for wrong in ["a", "=1", "a=1,b", "a=%", "a=%2", "a=%zz", "a=%ff"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
