//! What a server says of itself.

use super::LinkFault;

/// What a server says of itself when it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Greeting {
    /// Names one run of one server as the writing one: each restart and each promotion has another.
    pub(super) replid: String,
}

impl Greeting {
    /// Reads `INFO replication` of a server that may write.
    pub(super) fn read(info: &str) -> Result<Self, LinkFault> {
        let of = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        match (of("role").map(str::trim), of("master_replid")) {
            (Some("slave"), _) => Err(LinkFault::ReadOnly),
            (_, Some(replid)) => Ok(Self { replid: replid.trim().to_owned() }),
            _ => Err(LinkFault::Nameless),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_writes_has_a_name_and_another_is_not_used() {
        let said = Greeting::read("# Replication\r\nrole:master\r\nmaster_replid:8c1f\r\n").unwrap();
        assert_eq!(said.replid, "8c1f");
        let replica = Greeting::read("role:slave\r\nmaster_replid:8c1f\r\n").unwrap_err();
        assert!(matches!(replica, LinkFault::ReadOnly));
        assert!(matches!(Greeting::read("role:master\r\n"), Err(LinkFault::Nameless)));
    }
}
