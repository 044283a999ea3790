//! 2026-07-28 mirrors parts of the body in headers; both must say the same (transports/streamable-http,
//! "Standard request headers" and "Custom headers from tool parameters").

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    mcp::jsonrpc::{FaultKind, Members, ProtocolFault, Request},
    tools::MirroredArgument,
};

/// The headers of a request, by lower-case name.
pub trait Headers {
    /// The value, if the header was sent.
    fn header(&self, name: &str) -> Option<&[u8]>;
}

/// Checks the headers that repeat the version, the method, and the name that the member `named_by` holds.
pub(crate) fn check(
    headers: &dyn Headers,
    request: &Request<'_>,
    version: &str,
    named_by: Option<&str>,
) -> Result<(), ProtocolFault> {
    expect(headers, "mcp-protocol-version", version)?;
    expect(headers, "mcp-method", &request.method)?;
    let name = named_by.and_then(|member| request.params.text(member));
    name.map_or(Ok(()), |name| expect(headers, "mcp-name", &name))
}

/// Checks the headers that repeat arguments of a tool.
pub(crate) fn check_arguments(
    headers: &dyn Headers,
    params: &Members<'_>,
    mirrored: &[MirroredArgument],
) -> Result<(), ProtocolFault> {
    if mirrored.is_empty() {
        return Ok(());
    }
    let arguments: Value =
        params.get("arguments").and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or_default();
    mirrored.iter().try_for_each(|mirror| check_argument(headers, mirror, &arguments[&mirror.argument]))
}

fn expect(headers: &dyn Headers, name: &str, expected: &str) -> Result<(), ProtocolFault> {
    let value = headers.header(name).ok_or_else(|| mismatch(name, "is missing"))?;
    let value = decode(name, value)?;
    if value == expected {
        return Ok(());
    }
    Err(mismatch(name, "does not say what the body says"))
}

fn check_argument(
    headers: &dyn Headers,
    mirror: &MirroredArgument,
    value: &Value,
) -> Result<(), ProtocolFault> {
    let name = format!("mcp-param-{}", mirror.header.to_ascii_lowercase());
    let sent = headers.header(&name).map(|raw| decode(&name, raw)).transpose()?;
    match (sent, value) {
        (None, Value::Null) => Ok(()),
        (None, _) => Err(mismatch(&name, "is missing, but its argument is given")),
        (Some(_), Value::Null) => Err(mismatch(&name, "is sent, but its argument is not given")),
        (Some(sent), value) if same(&sent, value) => Ok(()),
        _ => Err(mismatch(&name, "does not say what the argument says")),
    }
}

fn same(sent: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => sent == text,
        Value::Bool(flag) => sent == if *flag { "true" } else { "false" },
        Value::Number(number) => match (sent.parse::<i64>(), number.as_i64()) {
            (Ok(sent), Some(number)) => sent == number,
            _ => sent.parse::<f64>().ok() == number.as_f64(),
        },
        _ => false,
    }
}

/// The text of a header value: literal, or `=?base64?...?=`.
fn decode<'a>(name: &str, raw: &'a [u8]) -> Result<Cow<'a, str>, ProtocolFault> {
    let text = std::str::from_utf8(raw).map_err(|_| mismatch(name, "holds characters a header must not"))?;
    let text = text.trim_matches([' ', '\t']);
    let Some(encoded) = text.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        let plain = text.bytes().all(|byte| byte == b'\t' || (0x20..0x7f).contains(&byte));
        return plain.then_some(Cow::Borrowed(text)).ok_or_else(|| mismatch(name, "must be base64-encoded"));
    };
    let bytes = STANDARD.decode(encoded).map_err(|_| mismatch(name, "is not valid base64"))?;
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| mismatch(name, "is not UTF-8 in base64"))
}

fn mismatch(name: &str, problem: &str) -> ProtocolFault {
    ProtocolFault::new(FaultKind::HeaderMismatch, format!("Header mismatch: {name} {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_compare_as_the_argument_types_do() {
        assert!(
            same("42", &Value::from(42)) && same("42.0", &Value::from(42)) && !same("43", &Value::from(42))
        );
        assert!(same("true", &Value::from(true)) && !same("True", &Value::from(true)));
        assert_eq!(decode("x", b" =?base64?w6k=?= ").unwrap(), "\u{e9}");
        for bad in [&b"=?base64?w6k?="[..], b"=?base64?!!!?=", b"\xc3\xa9"] {
            assert!(decode("x", bad).is_err());
        }
    }
}
