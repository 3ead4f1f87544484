//! The invented Bluesky itself, asked as any client would: what feeds are tested against has to be right.

use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::support::bluesky::{
    ACCOUNT, Fault, PASSWORD, Part, Server, Service, dictionary, ids, number, record,
};

const AT: Timestamp = Timestamp::constant(1_573_030_800, 0);
const POSTS: &str = "wantedCollections=app.bsky.feed.post";

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

fn client() -> reqwest::Client {
    buzzwall::feed::http::choose_tls();
    reqwest::Client::new()
}

async fn open(url: &str) -> Socket {
    connect_async(url).await.expect("it opens").0
}

/// How a stream is refused: the status, and the error's name.
async fn refused(url: &str) -> (u16, String) {
    let Err(Error::Http(answer)) = connect_async(url).await else {
        panic!("{url} opened")
    };
    let body = answer.body().as_deref().unwrap_or_default();
    let body: Value = serde_json::from_slice(body).expect("a body in JSON");
    (
        answer.status().as_u16(),
        body["error"].as_str().expect("a name").to_owned(),
    )
}

fn plain(message: Message, dictionary: &[u8]) -> Value {
    match message {
        Message::Text(text) => serde_json::from_str(&text).expect("JSON"),
        Message::Binary(frame) => {
            let mut opener =
                zstd::bulk::Decompressor::with_dictionary(dictionary).expect("a dictionary");
            serde_json::from_slice(&opener.decompress(&frame, 1 << 20).expect("a frame"))
                .expect("JSON")
        }
        other => panic!("{other:?}"),
    }
}

/// The next event that is not a stranger's.
async fn next(socket: &mut Socket) -> Value {
    loop {
        let message = socket
            .next()
            .await
            .expect("it is open")
            .expect("it is whole");
        let message = plain(message, dictionary());
        let event = message.get("payload").unwrap_or(&message);
        if event["did"] != ids::did("stranger") {
            return event.clone();
        }
    }
}

async fn get(server: &Server, path: &str) -> (StatusCode, Value) {
    let answer = client()
        .get(format!("{}/xrpc/{path}", server.url()))
        .send()
        .await
        .expect("it answers");
    (answer.status(), answer.json().await.expect("JSON"))
}

async fn shown(server: &Server, uri: &str) -> Vec<Value> {
    let (_, answer) = get(server, &format!("app.bsky.feed.getPosts?uris={uri}")).await;
    answer["posts"].as_array().expect("a list").clone()
}

async fn sign_in(server: &Server, password: &str) -> (StatusCode, Value) {
    let answer = client()
        .post(format!(
            "{}/xrpc/com.atproto.server.createSession",
            server.url()
        ))
        .json(&json!({"identifier": ACCOUNT, "password": password}))
        .send()
        .await
        .expect("it answers");
    (answer.status(), answer.json().await.expect("JSON"))
}

async fn search(server: &Server, token: &str, query: &str) -> (StatusCode, Value) {
    let answer = client()
        .get(format!(
            "{}/xrpc/app.bsky.feed.searchPosts?q=*&sort=latest&{query}",
            server.url()
        ))
        .bearer_auth(token)
        .send()
        .await
        .expect("it answers");
    assert_eq!(answer.headers()["ratelimit-policy"], "3000;w=300");
    (answer.status(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn the_first_wire_tells_commits_accounts_and_nothing_twice() {
    let server = Server::start().await;
    let mut socket = open(&format!("{}?{POSTS}", server.first_wire())).await;
    let seq = server.next_seq();
    let uri = server.publish("hall B #Expert2019", AT);
    server.edit(&uri, |record| record["text"] = json!("hall C #Expert2019"));
    server.profile(
        &ids::did("ada"),
        &json!({"description": "nobody asked for profiles"}),
    );
    server.delete(&uri);
    server.leave(&ids::did("ada"), "deleted");

    let created = next(&mut socket).await;
    assert_eq!(created["kind"], "commit");
    assert!(created["cursor"].as_i64() >= Some(seq));
    let commit = &created["commit"];
    assert_eq!(
        uri,
        format!(
            "at://{}/{}/{}",
            created["did"].as_str().unwrap(),
            commit["collection"].as_str().unwrap(),
            commit["rkey"].as_str().unwrap()
        )
    );
    assert_eq!(
        commit["record"]["facets"][0]["index"],
        json!({"byteStart": 7, "byteEnd": 18})
    );
    let edited = next(&mut socket).await;
    assert_eq!(edited["commit"]["operation"], "update");
    assert_ne!(edited["commit"]["cid"], commit["cid"]);
    let deleted = next(&mut socket).await;
    assert_eq!(deleted["commit"]["operation"], "delete");
    assert!(deleted["commit"].get("record").is_none());
    assert!(deleted["time_us"].as_i64() > created["time_us"].as_i64());
    let gone = next(&mut socket).await;
    assert_eq!(
        (&gone["account"]["active"], &gone["account"]["status"]),
        (&json!(false), &json!("deleted"))
    );

    let from = deleted["time_us"].as_i64().unwrap();
    let mut again = open(&format!("{}?{POSTS}&cursor={from}", server.first_wire())).await;
    assert_eq!(next(&mut again).await, deleted);
}

#[tokio::test]
async fn the_wire_of_2026_tells_the_same_in_its_own_words() {
    let server = Server::start().await;
    let url = server.second_wire();
    let seq = server.next_seq();
    let uri = server.publish("first #Expert2019", AT);
    let mut asked = format!("{url}?kinds=commit&collections=app.bsky.feed.*&cursor={seq}")
        .into_client_request()
        .unwrap();
    asked
        .headers_mut()
        .insert("sec-websocket-protocol", "xrpc.v1.json".parse().unwrap());
    let mut socket = connect_async(asked).await.expect("it takes the protocol").0;
    let event = next(&mut socket).await;
    assert_eq!(
        event["$type"],
        "network.bsky.jetstream.subscribeEvents#commit"
    );
    assert_eq!(
        (&event["seq"], &event["operation"]),
        (&json!(seq), &json!("create"))
    );
    assert!(uri.ends_with(event["rkey"].as_str().unwrap()));
    assert_eq!(
        event["time"].as_str().unwrap().len(),
        "2026-07-04T14:38:08.123456Z".len()
    );

    server.too_slow();
    let end = loop {
        let message = plain(socket.next().await.unwrap().unwrap(), &[]);
        if message["$type"] == "error" {
            break message;
        }
    };
    assert_eq!(end["error"], "ConsumerTooSlow");

    for (query, name) in [
        (POSTS, "InvalidRequest"),
        ("kinds=like", "InvalidRequest"),
        (
            "kinds=account&collections=app.bsky.feed.post",
            "InvalidRequest",
        ),
        ("zstdDictionary=1", "UnknownZstdDictionary"),
        ("cursor=soon", "InvalidRequest"),
    ] {
        assert_eq!(
            refused(&format!("{url}?{query}")).await,
            (400, name.to_owned()),
            "{query}"
        );
    }
    server.forget();
    assert_eq!(
        refused(&format!("{url}?cursor={seq}")).await,
        (400, "CursorTooOld".to_owned())
    );
    let mut clamped = open(&format!("{url}?cursor=1000000000000001")).await;
    let info = next(&mut clamped).await;
    assert_eq!(info["name"], "OutdatedCursor");
    clamped.send(Message::text("hello")).await.unwrap();
    let closed = loop {
        if let Message::Close(frame) = clamped.next().await.unwrap().unwrap() {
            break frame.unwrap();
        }
    };
    assert_eq!(u16::from(closed.code), 1008);
}

#[tokio::test]
async fn both_wires_compress_with_the_dictionary_that_can_be_fetched() {
    let server = Server::start().await;
    let id = number(dictionary());
    let name = "network.bsky.jetstream.getZstdDictionary";
    let fetched = client()
        .get(format!("{}/xrpc/{name}?id={id}", server.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(
        fetched.headers()["content-type"],
        "application/octet-stream"
    );
    let fetched = fetched.bytes().await.unwrap();
    assert_eq!(number(&fetched), id);
    let (status, error) = get(&server, &format!("{name}?id=1")).await;
    assert_eq!(
        (status.as_u16(), &error["error"]),
        (404, &json!("DictionaryNotFound"))
    );
    for url in [
        format!("{}?{POSTS}&compress=true", server.first_wire()),
        format!("{}?zstdDictionary={id}", server.second_wire()),
    ] {
        let mut socket = open(&url).await;
        server.publish("packed #Expert2019", AT);
        let message = socket.next().await.unwrap().unwrap();
        assert!(message.is_binary(), "{message:?}");
        let text = plain(message, &fetched).to_string();
        assert!(
            text.contains("#Expert2019") || text.contains("#lunch"),
            "{text}"
        );
    }
    server.use_other_dictionary();
    let mut socket = open(&format!("{}?{POSTS}&compress=true", server.first_wire())).await;
    let Message::Binary(frame) = socket.next().await.unwrap().unwrap() else {
        panic!("not compressed")
    };
    let mut opener = zstd::bulk::Decompressor::with_dictionary(&fetched).unwrap();
    assert!(opener.decompress(&frame, 1 << 20).is_err());
}

#[tokio::test]
async fn a_second_server_tells_the_same_under_other_numbers() {
    let new = Server::start().await;
    let old = new.another(Service::First).await;
    assert_eq!(refused(&old.second_wire()).await.0, 404);
    let mut one = open(&new.second_wire()).await;
    let mut other = open(&old.first_wire()).await;
    let uri = new.publish("everywhere #Expert2019", AT);
    let (second, first) = (next(&mut one).await, next(&mut other).await);
    assert_eq!(second["rkey"], first["commit"]["rkey"]);
    assert!(first.get("cursor").is_none());
    assert_eq!(shown(&old, &uri).await.len(), 1);
    assert_eq!(old.connects(), [SECOND_PATH, "/subscribe"]);
}

const SECOND_PATH: &str = "/xrpc/network.bsky.jetstream.subscribeEvents";

#[tokio::test]
async fn the_appview_shows_whole_posts_and_may_lag() {
    let server = Server::start().await;
    let bea = server.join("bea", "Bea");
    server.opt_out(&bea);
    server.lag(2);
    let mut post = record("see #Expert2019", AT);
    post["labels"] =
        json!({"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "graphic-media"}]});
    let uri = server.publish_record(&bea, post);
    assert!(shown(&server, &uri).await.is_empty());
    assert!(shown(&server, &uri).await.is_empty());
    let view = shown(&server, &uri).await.remove(0);
    assert_eq!(
        (&view["uri"], &view["author"]["handle"]),
        (&json!(uri), &json!("bea.test"))
    );
    assert_eq!(view["author"]["labels"][0]["val"], "!no-unauthenticated");
    assert!(view["author"].get("description").is_none());
    assert_eq!(view["labels"][0]["val"], "graphic-media");
    server.lag(1);
    server.edit(&uri, |record| record["text"] = json!("seen #Expert2019"));
    assert_eq!(shown(&server, &uri).await, [view]);
    assert_eq!(
        shown(&server, &uri).await[0]["record"]["text"],
        "seen #Expert2019"
    );
    server.take_down(&uri);
    assert!(shown(&server, &uri).await.is_empty());

    let many: Vec<String> = (0..26).map(|n| format!("uris={n}")).collect();
    let (status, _) = get(
        &server,
        &format!("app.bsky.feed.getPosts?{}", many.join("&")),
    )
    .await;
    assert_eq!(status.as_u16(), 400);
    let (_, profiles) = get(
        &server,
        &format!("app.bsky.actor.getProfiles?actors={bea}&actors=nobody.test"),
    )
    .await;
    assert_eq!(profiles["profiles"].as_array().unwrap().len(), 1);
    server.trend(&["Expert2019", "Lunch"]);
    let (_, trends) = get(&server, "app.bsky.unspecced.getTrends?limit=25").await;
    assert_eq!(trends["trends"][0]["topic"], "Expert2019");
    let (_, topics) = get(&server, "app.bsky.unspecced.getTrendingTopics").await;
    assert_eq!(topics["topics"][1]["topic"], "Lunch");
}

#[tokio::test]
async fn the_search_wants_a_session_and_goes_page_by_page() {
    let server = Server::start().await;
    for n in 0..5 {
        server.publish(&format!("number {n} #Expert2019 #rust"), AT);
    }
    server.publish("#Expert2019", AT);
    let (status, error) = get(&server, "app.bsky.feed.searchPosts?q=*").await;
    assert_eq!(
        (status.as_u16(), &error["error"]),
        (401, &json!("AuthMissing"))
    );
    let (status, error) = sign_in(&server, "wrong").await;
    assert_eq!(
        (status.as_u16(), &error["error"]),
        (401, &json!("AuthenticationRequired"))
    );
    let (_, session) = sign_in(&server, PASSWORD).await;
    assert_eq!(
        session["didDoc"]["service"][0]["serviceEndpoint"],
        server.url()
    );
    let token = session["accessJwt"].as_str().unwrap();
    let both = "tag=expert2019&tag=Rust&limit=3";
    let (_, page) = search(&server, token, both).await;
    assert_eq!(
        page["posts"][0]["record"]["text"],
        "number 4 #Expert2019 #rust"
    );
    let cursor = page["cursor"].as_str().unwrap();
    let (_, rest) = search(&server, token, &format!("{both}&cursor={cursor}")).await;
    assert_eq!(
        (rest["posts"].as_array().unwrap().len(), rest.get("cursor")),
        (2, None)
    );
    let (_, none) = search(&server, token, "tag=expert2019&until=2019-11-06T08:00:00Z").await;
    assert_eq!(none["posts"], json!([]));
    server.expire();
    let (status, error) = search(&server, token, both).await;
    assert_eq!(
        (status.as_u16(), &error["error"]),
        (400, &json!("ExpiredToken"))
    );
    let refreshed = client()
        .post(format!(
            "{}/xrpc/com.atproto.server.refreshSession",
            server.url()
        ))
        .bearer_auth(session["refreshJwt"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    let refreshed: Value = refreshed.json().await.unwrap();
    let (status, _) = search(&server, refreshed["accessJwt"].as_str().unwrap(), both).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn quotes_and_pictures_are_shown_as_the_appview_shows_them() {
    use super::support::bluesky::blob;
    let server = Server::start().await;
    let did = ids::did("ada");
    let quoted = server.publish("the first", AT);
    let mut post = record("a quote", AT);
    let images = json!({"$type": "app.bsky.embed.images", "images": [
        {"alt": "A hall", "image": blob("hall", "image/jpeg"), "aspectRatio": {"width": 4, "height": 3}}]});
    let strong = json!({"uri": quoted, "cid": "any"});
    post["embed"] = json!({"$type": "app.bsky.embed.recordWithMedia", "media": images,
        "record": {"$type": "app.bsky.embed.record", "record": strong}});
    let uri = server.publish_record(&did, post);
    let embed = shown(&server, &uri).await[0]["embed"].clone();
    assert_eq!(embed["$type"], "app.bsky.embed.recordWithMedia#view");
    assert_eq!(embed["record"]["record"]["value"]["text"], "the first");
    let image = &embed["media"]["images"][0];
    assert_eq!(
        (&image["alt"], &image["aspectRatio"]["width"]),
        (&json!("A hall"), &json!(4))
    );
    assert!(
        image["thumb"]
            .as_str()
            .unwrap()
            .starts_with("https://cdn.bsky.app/img/feed_thumbnail/plain/did:plc:")
    );
}

#[tokio::test]
async fn every_fault_breaks_what_is_open_and_shows_in_what_comes_next() {
    let server = Server::start().await;
    let url = server.first_wire();
    let mut socket = open(&url).await;
    server.fail(Fault::RateLimited);
    while let Some(Ok(_)) = socket.next().await {}
    assert_eq!(refused(&url).await, (429, "RateLimitExceeded".to_owned()));
    let answer = client()
        .get(format!(
            "{}/xrpc/app.bsky.feed.getPosts?uris=x",
            server.url()
        ))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"30".parse().unwrap())
    );
    assert!(answer.headers().contains_key("ratelimit-reset"));
    server.fail(Fault::Unauthorised);
    assert_eq!(refused(&url).await.0, 401);
    server.fail(Fault::Down);
    assert_eq!(refused(&url).await.0, 503);
    server.fail(Fault::Cut);
    let mut socket = open(&url).await;
    assert!(socket.next().await.unwrap().is_err());
    let cut = client()
        .get(format!(
            "{}/xrpc/app.bsky.feed.getPosts?uris=x",
            server.url()
        ))
        .send()
        .await
        .unwrap();
    assert!(cut.bytes().await.is_err());
    server.fail(Fault::Garbage);
    let mut socket = open(&url).await;
    assert!(
        socket
            .next()
            .await
            .unwrap()
            .unwrap()
            .to_text()
            .unwrap()
            .starts_with("<html>")
    );

    server.recover();
    server.fail_in(Part::Stream, Fault::Mute);
    let mut socket = open(&url).await;
    let uri = server.publish("unheard", AT);
    assert_eq!(shown(&server, &uri).await.len(), 1);
    socket
        .send(Message::Ping("still there?".into()))
        .await
        .unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Pong(_)))));
    server.recover();
    assert!(!matches!(socket.next().await, Some(Ok(_))));
}

#[test]
fn ids_look_as_those_of_the_network() {
    use super::support::bluesky::ids::{base32, cid, did, tid};
    assert_eq!(base32(b"foobar"), "mzxw6ytboi");
    assert_eq!(did("ada").len(), "did:plc:dclwtltrt2ggsryagfzk7dp4".len());
    let cid = cid("{}");
    assert!(cid.starts_with("bafyrei") && cid.len() == 59, "{cid}");
    // Recorded: made at 2026-07-04T14:38:08.
    assert!(tid(1_783_175_888_000_000).starts_with("3mptby"));
    assert!(tid(1_783_175_888_000_001) > tid(1_783_175_888_000_000));
}
