//! What ids and filters look like within a link.

use url::form_urlencoded::{Serializer, byte_serialize, parse};

/// One segment of a path. Of a space a plus would be made otherwise, which is a plus in a path.
pub fn segment(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The text that [`segment`] was made of.
pub fn unsegment(segment: &str) -> String {
    let read = parse(segment.as_bytes()).next();
    read.map(|(text, _)| text.into_owned()).unwrap_or_default()
}

/// A query of what is given, with its question mark; nothing of nothing.
pub fn query(pairs: &[(&str, Option<&str>)]) -> String {
    let mut text = Serializer::for_suffix(String::from("?"), 1);
    let given = pairs.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    text.extend_pairs(given);
    let text = text.finish();
    if text == "?" { String::new() } else { text }
}

/// The address of a page elsewhere, if a browser may be sent there.
pub fn outside(url: Option<&str>) -> Option<String> {
    let url = url.filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    url.map(str::to_owned)
}

/// What a link to a task or board elsewhere says.
pub const fn open_elsewhere(provider: &str) -> &'static str {
    match provider.as_bytes() {
        b"github" => "Open on GitHub",
        b"linear" => "Open on Linear",
        b"planka" => "Open on Planka",
        _ => "Open on its board",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_id_ends_its_segment_or_its_value() {
        assert_eq!(segment("octo/app#3 ä+?"), "octo%2Fapp%233%20%C3%A4%2B%3F");
        assert_eq!(query(&[("q", Some("a&b=c \"<")), ("label", None)]), "?q=a%26b%3Dc+%22%3C");
        assert_eq!(query(&[("q", None)]), "");
        for text in ["octo/app#3 ä+?", "a=b&c%20", " \u{200b}x", ""] {
            assert_eq!(unsegment(&segment(text)), text);
        }
    }
}
