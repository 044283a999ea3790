//! What may be shown of a value that is no secret: not the password somebody put into an address, and nothing that would make two
//! lines of one.

const HIDDEN: &str = "(hidden: it holds a user or password)";

/// A value as it is shown.
pub(super) fn shown(value: &str) -> String {
    if value.split(',').any(has_user) { HIDDEN.to_owned() } else { one_line(value) }
}

/// A message about a value, which it may repeat in parts or as a whole.
pub(super) fn message_about(value: Option<&str>, message: String) -> String {
    let items = value.into_iter().flat_map(|value| value.split(',')).map(str::trim);
    let hidden =
        items.filter(|item| has_user(item)).fold(message, |message, item| message.replace(item, HIDDEN));
    one_line(&hidden)
}

/// Whether an address has a user before its host, or something like it.
fn has_user(item: &str) -> bool {
    let mut hosts = item.split("://").skip(1).filter_map(|rest| rest.split('/').next());
    let is_bare = !item.contains("://");
    hosts.any(|host| host.contains('@'))
        || (is_bare && item.split_once('@').is_some_and(|(user, _)| user.contains(':')))
}

fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() { line.extend(character.escape_default()) } else { line.push(character) }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_shown_neither_with_its_setting_nor_in_a_message() {
        for value in ["https://me:hush@a.example", "b.example, https://hush@a.example/x", "me:hush@a.example"]
        {
            assert_eq!(shown(value), HIDDEN);
            let item = value.rsplit(", ").next().unwrap_or_default();
            let said = message_about(Some(value), format!("`{item}` never matches"));
            assert_eq!(said, format!("`{HIDDEN}` never matches"));
        }
        for value in ["https://a.example/@x", "Team <a@b.example>", "10.0.0.0/8", "/data/a@b"] {
            assert_eq!(
                (shown(value).as_str(), message_about(Some(value), value.to_owned()).as_str()),
                (value, value)
            );
        }
    }

    #[test]
    fn a_value_stays_on_its_line() {
        assert_eq!(shown("a\n# fault: b\u{1b}[31m"), "a\\n# fault: b\\u{1b}[31m");
        assert_eq!(message_about(None, String::from("got `a\tb`")), "got `a\\tb`");
    }
}
