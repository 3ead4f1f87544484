//! `mastodon`, by polling.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::rig::{Can, Fault, Source, TAG};
use super::suite::conforms;
use super::support::mastodon::{self, Server};

struct Mastodon {
    server: Server,
}

impl Mastodon {
    async fn start() -> Self {
        let server = Server::start().await;
        server.limit(300, "2019-11-06T09:05:00Z");
        Self { server }
    }
}

fn local(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

#[async_trait]
impl Source for Mastodon {
    fn can(&self) -> Can {
        Can::ALL
    }

    fn settings(&self) -> Value {
        json!({"kind": "mastodon", "server": self.server.url(), "interval": "1s"})
    }

    async fn publish(&self, text: &str, at: Timestamp) -> String {
        let text = text.replace(&format!("#{TAG}"), "");
        let id = self.server.push(&text, &[TAG], &at.to_string());
        format!("mastodon:https://social.example.org/users/ada/statuses/{id}")
    }

    async fn delete(&self, id: &str) {
        self.server.delete(local(id));
    }

    async fn edit(&self, id: &str, text: &str, at: Timestamp) {
        self.server.edit(local(id), |status| {
            status["content"] = json!(format!("<p>{text}</p>"));
            status["edited_at"] = json!(at.to_string());
        });
    }

    async fn fail(&self, fault: Fault) {
        let fault = match fault {
            Fault::RateLimited => mastodon::Fault::RetryAfter(429, "30".to_owned()),
            Fault::Unauthorised => mastodon::Fault::Status(401),
            Fault::Garbage => mastodon::Fault::Garbage,
            Fault::Cut => mastodon::Fault::Cut,
            Fault::Slow => mastodon::Fault::Slow,
            Fault::Down => mastodon::Fault::Status(503),
        };
        self.server.fail("/", fault, u32::MAX);
    }

    async fn recover(&self) {
        self.server.recover();
    }
}

conforms!(Mastodon::start());
