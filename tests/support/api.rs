//! The API as a browser uses it.

use std::sync::Once;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::stream::{Events, Stream};

/// One browser: with a session, or without.
#[derive(Clone)]
pub struct Api {
    pub base: String,
    http: reqwest::Client,
    /// `buzzwall=…`, where somebody is signed in.
    pub cookie: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The JSON of an answer that must be a good one.
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text);
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).expect("answers are JSON")
    }

    /// The words of a problem document with this status.
    pub fn problem(self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        let kind = self.headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes());
        assert_eq!(kind, Some(&b"application/problem+json"[..]));
        let problem: Value = serde_json::from_str(&self.text).expect("problems are JSON");
        assert_eq!(problem["status"], json!(status));
        let words = problem["detail"]
            .as_str()
            .expect("problems say what is wrong");
        words.to_owned()
    }
}

impl Api {
    /// Somebody who is not signed in.
    pub fn new(base: &str) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            drop(rustls::crypto::ring::default_provider().install_default());
        });
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .build()
            .expect("a client can be made");
        Self {
            base: base.to_owned(),
            http,
            cookie: None,
        }
    }

    /// Somebody who opens a one-time link.
    pub async fn by_link(base: &str, token: &str) -> Self {
        let mut api = Self::new(base);
        let answer = api.post("/sign-in", json!({ "token": token })).await;
        api.take_cookie(&answer);
        answer.ok();
        api
    }

    /// Somebody who signs in by password; the answer where that fails.
    pub async fn by_password(base: &str, name: &str, password: &str) -> Result<Self, Answer> {
        let mut api = Self::new(base);
        let body = json!({ "name": name, "password": password });
        let answer = api.post("/sign-in", body).await;
        if !answer.status.is_success() {
            return Err(answer);
        }
        api.take_cookie(&answer);
        Ok(api)
    }

    fn take_cookie(&mut self, answer: &Answer) {
        let cookie = answer.headers.get(SET_COOKIE).map(|cookie| {
            let text = cookie.to_str().expect("cookies are plain");
            text.split(';').next().unwrap_or_default().to_owned()
        });
        self.cookie = cookie;
    }

    /// A request to a path under `/api/v1`, or to a whole one.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let prefix = match path {
            "/healthz" | "/readyz" | "/metrics" => "",
            _ => "/api/v1",
        };
        let request = self
            .http
            .request(method, format!("{}{prefix}{path}", self.base));
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.expect("the service answers");
        Answer {
            status: answer.status(),
            headers: answer.headers().clone(),
            text: answer.text().await.expect("answers are text"),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body))
            .await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body))
            .await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Decides about posts.
    pub async fn decide(&self, wall: &str, action: &str, posts: &[&str]) -> Value {
        let body = json!({ "action": action, "posts": posts });
        self.post(&format!("/walls/{wall}/decisions"), body)
            .await
            .ok()
    }

    /// Directs the screens.
    pub async fn stage(&self, wall: &str, body: Value) -> Value {
        self.post(&format!("/walls/{wall}/stage"), body).await.ok()
    }

    /// All posts that the view has, newest first.
    pub async fn posts(&self, wall: &str, query: &str) -> Vec<Value> {
        let mut posts = Vec::new();
        let mut before = String::new();
        loop {
            let path = format!("/walls/{wall}/posts?limit=500&before={before}&{query}");
            let page = self.get(&path).await.ok();
            posts.extend(page["posts"].as_array().expect("a list").iter().cloned());
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut before),
                None => return posts,
            }
        }
    }

    pub async fn tallies(&self, wall: &str) -> Value {
        self.get(&format!("/walls/{wall}/tallies")).await.ok()
    }

    /// Opens a stream as the public does.
    pub async fn watch(&self, wall: &str) -> Stream {
        Stream::open(self, wall, "").await.expect("streams open")
    }

    /// Opens a stream as staff.
    pub async fn watch_as_staff(&self, wall: &str) -> Stream {
        Stream::open(self, wall, "view=staff")
            .await
            .expect("streams open")
    }

    /// Opens server-sent events.
    pub async fn events(&self, wall: &str, query: &str, last: Option<&str>) -> Events {
        let path = format!("/walls/{wall}/events?{query}");
        let mut request = self.request(Method::GET, &path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        Events::new(request.send().await.expect("the service answers"))
    }
}
