//! The GitHub App that stands for the workspace.

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::config::SettingsReader;

const ID: &str = "GITHUB_APP_ID";
const KEY: &str = "GITHUB_APP_PRIVATE_KEY";
const INSTALLATION: &str = "GITHUB_APP_INSTALLATION_ID";
const PEM: &str = "-----BEGIN ";

/// `GITHUB_APP_ID`, `GITHUB_APP_PRIVATE_KEY`, `GITHUB_APP_INSTALLATION_ID`: all of them or none.
#[derive(Clone, Debug)]
pub struct GithubAppSettings {
    /// Its id, or its client id.
    pub id: String,
    /// Its RSA key as PEM.
    pub private_key: SecretString,
    /// Its installation in the organisation.
    pub installation_id: u64,
}

impl GithubAppSettings {
    pub(super) fn read(reader: &mut SettingsReader) -> Option<Self> {
        let (id, given_key) = (reader.text(ID), reader.secret_lines(KEY));
        let installation_id = reader.text(INSTALLATION);
        let has_key = given_key.is_some() || reader.is_given(&format!("{KEY}_FILE"));
        let given = [(ID, id.is_some()), (KEY, has_key), (INSTALLATION, installation_id.is_some())];
        let (present, _) = *given.iter().find(|(_, given)| *given)?;
        for (missing, _) in given.iter().filter(|(_, given)| !given) {
            reader.fault(present, format!("nothing comes of it without {missing}: set that too, or neither"));
        }
        if id.as_ref().is_some_and(|id| !id.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
            reader.fault(ID, "expected the number, or the client id, on the App's page");
        }
        let private_key = given_key.as_ref().and_then(pem);
        if given_key.is_some() && private_key.is_none() {
            let ways = "PEM (-----BEGIN RSA PRIVATE KEY----- or PRIVATE KEY), PEM with \\n for line breaks, or that in base64";
            reader.fault(KEY, format!("is no RSA key: expected {ways}"));
        }
        let number = installation_id.as_ref().and_then(|text| text.parse::<u64>().ok());
        let number = number.filter(|number| *number > 0);
        if installation_id.is_some() && number.is_none() {
            reader.fault(INSTALLATION, "expected the number at the end of the installation's address");
        }
        Some(Self { id: id?, private_key: private_key?, installation_id: number? })
    }
}

/// The PEM of a key that signs, whatever was done to it to fit one line.
fn pem(given: &SecretString) -> Option<SecretString> {
    let text = Zeroizing::new(given.expose_secret().replace("\\n", "\n"));
    let text = if text.contains(PEM) { text } else { Zeroizing::new(decoded(&text)?) };
    let key = EncodingKey::from_rsa_pem(text.as_bytes()).ok()?;
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &(), &key).ok()?;
    Some(SecretString::from(text.as_str()))
}

fn decoded(text: &str) -> Option<String> {
    let text: Zeroizing<String> = Zeroizing::new(text.split_whitespace().collect());
    String::from_utf8(STANDARD.decode(text.as_bytes()).ok()?).ok()
}
