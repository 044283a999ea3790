//! The newest link of an audit log, as it is kept apart from the log and compared with it.

use std::{fmt, str::FromStr};

use crate::model::{hex, unhex};

/// The newest link somebody kept apart from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its record's place.
    pub sequence: i64,
    /// The link.
    pub link: [u8; 32],
}

/// `SEQUENCE:LINK`, as people copy it.
impl fmt::Display for Head {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.sequence, hex(&self.link))
    }
}

impl FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').and_then(|(sequence, link)| {
            let sequence = sequence.parse().ok().filter(|sequence| *sequence > 0)?;
            Some(Self { sequence, link: unhex(link)? })
        });
        parts.ok_or("expected a place and a link of 64 hexadecimal digits, such as 1204:9f86...")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_shown_and_nothing_else_is_one() {
        let head = Head { sequence: 1_204, link: [0x9f; 32] };
        let text = head.to_string();
        assert_eq!(text.parse(), Ok(head));
        for strange in ["", "1204", &text.replace(':', " "), "0:9f", &format!("-{text}"), &format!("{text}0")]
        {
            assert!(strange.parse::<Head>().is_err(), "{strange}");
        }
    }
}
