//! Posts that are sent to this program: whoever holds the token sends them to `POST /api/v1/walls/{wall}/posts`.
//!
//! The posts go from the door to the wall, since whoever sends them waits until they are stored. This feed stands for the
//! sender among the others: it says that the door is open.

use async_trait::async_trait;
use serde::Deserialize;
use tokio::time::sleep;

use super::{Cursor, Feed, FeedContext, FeedError, Page, SIGN_OF_LIFE, Via};
use crate::secret::Secret;

/// Shortest token taken, in characters: nobody guesses sixteen random ones.
const SHORTEST_TOKEN: usize = 16;
/// Longest name, in characters.
const MAX_NAME: usize = 64;

/// Settings of this kind of feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What a sender has to show, as `Authorization: Bearer TOKEN`.
    pub token: Secret,
    /// Who sends; each sender of a wall has another name, and should have another token.
    #[serde(default = "default_name")]
    pub name: String,
}

fn default_name() -> String {
    "http".to_owned()
}

impl Settings {
    /// Reads the target of `--feed ingest=env:NAME`: the token stands in that environment variable, and the sender is
    /// called as it is.
    pub fn from_target(target: &str) -> Result<Self, String> {
        let Some(name) = target.strip_prefix("env:").filter(|name| !name.is_empty()) else {
            return Err(
                "others on this machine can read the command line; put the token into an environment variable and write ingest=env:NAME"
                    .to_owned(),
            );
        };
        let settings = Self {
            token: Secret::Env {
                env: name.to_owned(),
            },
            name: name.to_owned(),
        };
        settings.validate().map(|()| settings)
    }

    /// Who sends.
    pub fn target(&self) -> String {
        self.name.clone()
    }

    /// Checks the settings; a token that stands elsewhere is looked at when the feed is made.
    pub fn validate(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !(1..=MAX_NAME).contains(&self.name.len()) || !self.name.chars().all(plain) {
            return Err(format!(
                "name = {:?} cannot be; write up to {MAX_NAME} letters, digits, -, _ and .",
                self.name
            ));
        }
        match &self.token {
            Secret::Plain(token) => check(token),
            _ => Ok(()),
        }
    }

    /// The token itself.
    ///
    /// # Errors
    /// Where it cannot be had or is none, in words without it.
    pub fn token(&self) -> Result<String, String> {
        let token = self.token.reveal().map_err(|error| error.to_string())?;
        check(&token).map(|()| token)
    }
}

fn check(token: &str) -> Result<(), String> {
    let how = "make one with: openssl rand -hex 20";
    if token.len() < SHORTEST_TOKEN {
        return Err(format!(
            "the token is shorter than {SHORTEST_TOKEN} characters; {how}"
        ));
    }
    if !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(format!(
            "the token has characters that no header can carry; {how}"
        ));
    }
    Ok(())
}

/// Makes the feed.
pub fn build(settings: &Settings, context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
    settings.validate().map_err(FeedError::Misconfigured)?;
    settings.token().map_err(FeedError::Misconfigured)?;
    let FeedContext { wanted, .. } = context;
    if wanted.by_people() {
        return Err(FeedError::Misconfigured(
            "an ingest feed takes what it is sent by hashtags; leave accounts, mentions and lists out"
                .to_owned(),
        ));
    }
    Ok(Box::new(Ingest { is_open: false }))
}

struct Ingest {
    is_open: bool,
}

#[async_trait]
impl Feed for Ingest {
    async fn fetch(&mut self, _: Option<&Cursor>) -> Result<Page, FeedError> {
        if std::mem::replace(&mut self.is_open, true) {
            sleep(SIGN_OF_LIFE).await;
        }
        Ok(Page {
            via: Via::Stream,
            ..Page::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_given_on_the_command_line() {
        let settings = Settings::from_target("env:PRESS_TOKEN").unwrap();
        assert_eq!(settings.target(), "PRESS_TOKEN");
        for target in ["", "0123456789abcdef", "env:", "env:a b"] {
            assert!(Settings::from_target(target).is_err(), "{target}");
        }
    }

    #[test]
    fn a_token_is_long_and_never_told() {
        let read = |toml: &str| toml::from_str::<Settings>(toml).unwrap();
        let good = read("token = \"0123456789abcdef\"");
        assert_eq!(good.validate(), Ok(()));
        assert_eq!(good.name, "http");
        assert!(!format!("{good:?}").contains("0123456789abcdef"));
        for token in ["", "tiny", "with a blank in it", "0123456789abcdé"] {
            let error = read(&format!("token = {token:?}")).validate().unwrap_err();
            assert!(
                error.contains("openssl") && (token.is_empty() || !error.contains(token)),
                "{error}"
            );
        }
        let elsewhere = read("token = { env = \"BUZZWALL_NO_SUCH_VARIABLE\" }");
        assert_eq!(elsewhere.validate(), Ok(()));
        assert!(
            elsewhere
                .token()
                .unwrap_err()
                .contains("BUZZWALL_NO_SUCH_VARIABLE")
        );
        assert!(toml::from_str::<Settings>("name = \"press\"").is_err());
    }
}
