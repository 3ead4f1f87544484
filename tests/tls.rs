//! `server.tls`: pages, streams and sign-ins by https from the binary itself.

mod support;

use std::sync::Arc;

use futures_util::StreamExt as _;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::redirect;
use rustls::RootCertStore;
use serde_json::{Value, json};
use support::binary::Place;
use tokio_tungstenite::{Connector, connect_async_tls_with_config, tungstenite::Message};

const CONFIG: &str = "[server]\ntls = { cert = \"wall.pem\", key = \"wall.key\" }\n[[walls]]\nid = \"expert2019\"\nhashtags = [\"expert2019\"]\n";

fn certificate(place: &Place) -> CertifiedKey<rcgen::KeyPair> {
    let made = generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    std::fs::write(place.path("wall.pem"), made.cert.pem()).expect("written");
    std::fs::write(place.path("wall.key"), made.signing_key.serialize_pem()).expect("written");
    made
}

#[tokio::test]
async fn everything_goes_by_https_where_there_is_a_certificate() {
    let place = Place::configured(CONFIG);
    let made = certificate(&place);
    let service = place.serve(&[]).await;
    let base = service.base.clone();
    assert!(base.starts_with("https://127.0.0.1:"), "{base}");
    buzzwall::feed::http::choose_tls();
    let root = reqwest::Certificate::from_der(made.cert.der()).expect("a certificate");
    let http = reqwest::Client::builder()
        .tls_certs_only([root])
        .redirect(redirect::Policy::none())
        .build()
        .expect("a client");
    let page = http
        .get(format!("{base}/w/expert2019"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(page.status(), 200);

    // The page's own origin is https, and a session stays on encrypted lines.
    let token = service.token.clone().expect("a link");
    let sign_in = async |origin: String| {
        let asked = http
            .post(format!("{base}/api/v1/sign-in"))
            .header("origin", origin)
            .json(&json!({ "token": token }));
        asked.send().await.expect("an answer")
    };
    let foreign = sign_in(base.replace("https:", "http:")).await;
    assert_eq!(foreign.status(), 403);
    let own = sign_in(base.clone()).await;
    assert_eq!(own.status(), 200);
    let cookie = own.headers()["set-cookie"].to_str().expect("text");
    assert!(cookie.contains("Secure"), "{cookie}");

    // The stream as well.
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a root");
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .expect("versions")
    .with_root_certificates(roots)
    .with_no_client_auth();
    let stream = format!(
        "{}/api/v1/walls/expert2019/stream",
        base.replace("https:", "wss:")
    );
    let (mut socket, _) =
        connect_async_tls_with_config(stream, None, false, Some(Connector::Rustls(Arc::new(tls))))
            .await
            .expect("a stream");
    let Some(Ok(Message::Text(text))) = socket.next().await else {
        panic!("no snapshot");
    };
    let frame: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(frame["type"], "snapshot");

    // Who comes without TLS is shown the way.
    let plain = http
        .get(base.replace("https:", "http:"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(plain.status(), 301);
    assert_eq!(plain.headers()["location"], format!("{base}/"));
    service.stop().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named() {
    let place = Place::configured(CONFIG);
    let said = place.run(&["check"]).await.failed(2);
    assert!(said.contains("wall.pem holds no certificate"), "{said}");
    certificate(&place);
    std::fs::write(place.path("wall.key"), "nonsense").expect("written");
    let said = place.run(&["serve"]).await.failed(2);
    assert!(said.contains("wall.key holds no private key"), "{said}");
}
