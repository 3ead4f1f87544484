//! Pictures through the server: fetched once, checked, shrunk, kept; seen by nobody who may not see the post.

mod support;

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use image::{DynamicImage, ImageFormat};
use parking_lot::Mutex;
use reqwest::header::{COOKIE, HeaderMap};
use serde_json::{Value, json};
use support::api::Api;
use support::binary::{Place, Service};
use support::posts::{post, post_by};
use tokio::task::JoinSet;

const WALL: &str = "expert2019";
const OTHER: &str = "other";

/// A server of pictures; to the wall it is the server that one of its feeds names.
struct Pictures {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
    tasks: JoinSet<()>,
}

fn picture(which: u8, side: u32, format: ImageFormat) -> Vec<u8> {
    let noisy = |x: u32, y: u32| {
        let n = (x * 31 + y * 17 + u32::from(which)).wrapping_mul(0x9e37_79b9);
        let [red, green, blue, _] = n.to_be_bytes();
        image::Rgb([red, green, blue])
    };
    let picture = image::RgbImage::from_fn(side, side, noisy);
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture)
        .write_to(&mut bytes, format)
        .expect("it can be encoded");
    bytes.into_inner()
}

async fn answer(State(asked): State<Arc<Mutex<Vec<String>>>>, uri: Uri) -> Response {
    let path = uri.path().to_owned();
    let Some(name) = path.strip_prefix("/media/") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    asked.lock().push(name.to_owned());
    match name {
        "inside" => {
            let to = "http://127.0.0.1:1/secret.png";
            (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
        }
        "moved.png" => (StatusCode::FOUND, [(header::LOCATION, "0.png")]).into_response(),
        "drip" => {
            let bytes = futures_util::stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Some((Ok::<_, std::io::Error>(Bytes::from_static(b"\x89")), ()))
            });
            Body::from_stream(bytes).into_response()
        }
        "huge.gif" => {
            let endless = futures_util::stream::pending::<std::io::Result<Bytes>>();
            let head = [(header::CONTENT_LENGTH, "200000000")];
            (head, Body::from_stream(endless)).into_response()
        }
        "page.png" => "<!doctype html><script>alert(1)</script>".into_response(),
        "drawing.svg" => "<svg xmlns='http://www.w3.org/2000/svg'/>".into_response(),
        "cut.webp" => {
            let whole = picture(1, 64, ImageFormat::WebP);
            whole[..whole.len() / 2].to_vec().into_response()
        }
        _ => match name.strip_suffix(".png").map(str::parse) {
            Some(Ok(which)) => picture(which, 700, ImageFormat::Png).into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

impl Pictures {
    async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let router = Router::new().fallback(answer).with_state(asked.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self { base, asked, tasks }
    }

    fn post(&self, id: &str, name: &str) -> Value {
        let mut post = post_by("eve", id, &format!("look at {id}"));
        post["media"] = json!([{"kind": "image", "url": format!("{}/media/{name}", self.base)}]);
        post
    }

    fn asked(&self, name: &str) -> usize {
        self.asked.lock().iter().filter(|one| *one == name).count()
    }

    fn place(&self, more: &str) -> Place {
        let wall = |id: &str| {
            format!(
                "[[walls]]\nid = \"{id}\"\nhashtags = [\"{WALL}\"]\n[[walls.feeds]]\nkind = \"mastodon\"\nserver = \"{}\"\n",
                self.base
            )
        };
        Place::configured(&format!("{more}{}{}", wall(WALL), wall(OTHER)))
    }
}

impl Drop for Pictures {
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}

struct Got {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Got {
    fn width(&self) -> u32 {
        image::load_from_memory(&self.bytes)
            .expect("a picture")
            .width()
    }
}

async fn get(api: &Api, path: &str) -> Got {
    let mut request = reqwest::Client::new().get(format!("{}{path}", api.base));
    if let Some(cookie) = &api.cookie {
        request = request.header(COOKIE, cookie);
    }
    let answer = request.send().await.expect("the service answers");
    Got {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        bytes: answer.bytes().await.expect("a body").to_vec(),
    }
}

/// The token of a post as staff see it, who see all.
async fn token(staff: &Api, wall: &str, id: &str) -> String {
    let posts = staff.posts(wall, "view=staff").await;
    let post = posts
        .iter()
        .find(|post| post["id"] == id)
        .expect("it is there");
    post["pictures"].as_str().expect("a token").to_owned()
}

async fn start(pictures: &Pictures) -> (Place, Service, Api) {
    let place = pictures.place("");
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    (place, service, operator)
}

#[tokio::test]
async fn a_picture_is_fetched_once_for_all_and_outlives_a_restart() {
    let pictures = Pictures::new().await;
    let (place, service, operator) = start(&pictures).await;
    let anybody = service.anybody();
    place.bring(WALL, &[pictures.post("1", "moved.png")]).await;
    let token = token(&operator, WALL, "test:1").await;
    let public = anybody.posts(WALL, "").await;
    assert_eq!(public[0]["pictures"], json!(token));
    let path = format!("/media/{WALL}/{token}/0");
    let [small, same, large] = [300, 320, 1920].map(|wide| format!("{path}?w={wide}"));
    let (one, two, three) = tokio::join!(
        get(&anybody, &small),
        get(&anybody, &same),
        get(&anybody, &large),
    );
    assert_eq!(
        (one.status, one.width(), one.bytes == two.bytes),
        (200, 320, true)
    );
    assert_eq!(three.width(), 700);
    assert_eq!(one.headers["content-type"], "image/jpeg");
    assert_eq!(
        one.headers["cache-control"],
        "private, max-age=86400, immutable"
    );
    assert_eq!(
        (pictures.asked("moved.png"), pictures.asked("0.png")),
        (1, 1)
    );
    service.stop().await;
    let service = place.serve(&[]).await;
    let anybody = service.anybody();
    assert_eq!(get(&anybody, &format!("{path}?w=96")).await.width(), 96);
    assert_eq!(
        get(&anybody, &format!("{path}?w=320")).await.bytes,
        one.bytes
    );
    assert_eq!(pictures.asked("0.png"), 1);
    // What was damaged meanwhile is fetched anew.
    for entry in std::fs::read_dir(place.data().join("media")).expect("it is there") {
        let path = entry.expect("a file").path();
        if path.is_file() {
            std::fs::write(path, b"rubbish that is no picture").expect("it can be written");
        }
    }
    assert_eq!(
        get(&anybody, &format!("{path}?w=320")).await.bytes,
        one.bytes
    );
    assert_eq!(pictures.asked("0.png"), 2);
    // The export is the post alone.
    let export = place.run(&["export", "--wall", WALL]).await.done();
    assert!(!export.contains("\"pictures\""), "{export}");
}

#[tokio::test]
async fn whoever_may_not_see_the_post_does_not_see_its_picture() {
    let pictures = Pictures::new().await;
    let (place, service, operator) = start(&pictures).await;
    let anybody = service.anybody();
    for wall in [WALL, OTHER] {
        place
            .bring(
                wall,
                &[pictures.post("1", "1.png"), pictures.post("2", "2.png")],
            )
            .await;
    }
    let right = token(&operator, WALL, "test:1").await;
    let path = format!("/media/{WALL}/{right}/0");
    assert_eq!(get(&anybody, &path).await.status, 200);
    let second = token(&operator, WALL, "test:2").await;
    let elsewhere = token(&operator, OTHER, "test:1").await;
    let code = second.split_once('-').expect("a code").1;
    let num = right.split_once('-').expect("a number").0;
    for wrong in [
        format!("/media/{WALL}/{elsewhere}/0"),
        format!("/media/{OTHER}/{right}/0"),
        format!("/media/{WALL}/{num}-{code}/0"),
        format!("/media/{WALL}/{num}/0"),
        format!("/media/{WALL}/{right}/1"),
        format!("/media/{WALL}/{right}/avatar"),
        format!("/media/{WALL}/{right}/http"),
        format!("/media/nowhere/{right}/0"),
    ] {
        assert_eq!(get(&operator, &wrong).await.status, 404, "{wrong}");
    }
    operator.decide(WALL, "hide", &["test:1"]).await;
    let (public, staff) = tokio::join!(get(&anybody, &path), get(&operator, &path));
    assert_eq!((public.status, staff.status), (404, 200));
    operator.decide(WALL, "show", &["test:1"]).await;
    assert_eq!(get(&anybody, &path).await.status, 200);
    // Erased: for nobody, and nothing is left on the disk.
    let erased = operator
        .delete(&format!("/walls/{WALL}/authors/test:eve"))
        .await;
    assert!(erased.status.is_success(), "{}", erased.text);
    assert_eq!(get(&operator, &path).await.status, 404);
    let stored = || async { operator.get(&format!("/walls/{WALL}/pictures")).await.ok() };
    while stored().await["stored"]["files"] != 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_refused_is_told_to_staff_and_not_asked_for_again_at_once() {
    let pictures = Pictures::new().await;
    let (place, service, operator) = start(&pictures).await;
    let anybody = service.anybody();
    let cases = [
        ("inside", "not_public", "not on the public web"),
        ("drip", "slow", "within 10 s"),
        ("huge.gif", "too_many_bytes", "larger than 10 MiB"),
        ("nothing", "status", "answers with status 404"),
        ("page.png", "no_picture", "no PNG, JPEG, GIF or WebP"),
        ("drawing.svg", "no_picture", "no PNG, JPEG, GIF or WebP"),
        ("cut.webp", "damaged", "cannot be decoded"),
    ];
    let posts: Vec<Value> = (cases.iter())
        .map(|(name, ..)| pictures.post(name, name))
        .collect();
    place.bring(WALL, &posts).await;
    let mut asks = JoinSet::new();
    for (name, ..) in cases {
        let token = token(&operator, WALL, &format!("test:{name}")).await;
        let anybody = anybody.clone();
        asks.spawn(async move {
            let path = format!("/media/{WALL}/{token}/0?w=320");
            let first = get(&anybody, &path).await;
            (first.status, get(&anybody, &path).await.status, first.bytes)
        });
    }
    while let Some(asked) = asks.join_next().await {
        let (first, again, words) = asked.expect("it ends");
        assert_eq!((first, again), (404, 404));
        // Why is not for everybody.
        assert!(String::from_utf8_lossy(&words).contains("there is no such picture"));
    }
    let told = operator.get(&format!("/walls/{WALL}/pictures")).await.ok();
    let refused = told["refused"].as_array().expect("a list");
    assert_eq!(refused.len(), cases.len(), "{told}");
    for (name, reason, why) in cases {
        assert_eq!(pictures.asked(name), 1, "{name}");
        let id = format!("test:{name}");
        let found = refused
            .iter()
            .find(|it| it["post"] == id.as_str())
            .expect(name);
        assert_eq!(
            (&found["which"], &found["reason"]),
            (&json!("0"), &json!(reason))
        );
        assert!(
            found["why"]
                .as_str()
                .is_some_and(|words| words.contains(why)),
            "{found}"
        );
    }
    assert_eq!(told["counts"]["no_picture"], 2);
    anybody
        .get(&format!("/walls/{WALL}/pictures"))
        .await
        .problem(401);
    let metrics = anybody.get("/metrics").await.text;
    let line = format!("buzzwall_pictures_refused_total{{wall=\"{WALL}\",reason=\"slow\"}} 1");
    assert!(metrics.contains(&line), "{metrics}");
}

#[tokio::test]
async fn the_budget_of_the_disk_is_kept_and_nothing_switches_storing_off() {
    let pictures = Pictures::new().await;
    let place = pictures.place("[media]\ncache = \"16MB\"\n");
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let names: Vec<String> = (0..40).map(|n| format!("{n}.png")).collect();
    let posts: Vec<Value> = names.iter().map(|name| pictures.post(name, name)).collect();
    place.bring(WALL, &posts).await;
    let folder = place.data().join("media");
    for name in &names {
        let token = token(&operator, WALL, &format!("test:{name}")).await;
        assert_eq!(
            get(&operator, &format!("/media/{WALL}/{token}/0"))
                .await
                .status,
            200
        );
        let files = std::fs::read_dir(&folder).expect("it is there");
        let size = |entry: std::io::Result<std::fs::DirEntry>| {
            let meta = entry.expect("a file").metadata().ok();
            meta.filter(std::fs::Metadata::is_file)
                .map_or(0, |meta| meta.len())
        };
        assert!(files.map(size).sum::<u64>() <= 16_000_000);
    }
    let told = operator.get(&format!("/walls/{WALL}/pictures")).await.ok();
    let files = told["stored"]["files"].as_u64().expect("a count");
    assert!(
        (1..40).contains(&files),
        "the pictures must not all fit, else this shows nothing: {told}"
    );
    service.stop().await;
    let config = std::fs::read_to_string(place.path("buzzwall.toml")).expect("it is there");
    place.write("buzzwall.toml", &config.replace("16MB", "0"));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let token = token(&operator, WALL, "test:39.png").await;
    let before = pictures.asked("39.png");
    assert_eq!(
        get(&operator, &format!("/media/{WALL}/{token}/0"))
            .await
            .status,
        200
    );
    assert_eq!(pictures.asked("39.png"), before + 1);
    while folder.exists() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn posts_without_foreign_pictures_carry_no_token() {
    let pictures = Pictures::new().await;
    let (place, service, _operator) = start(&pictures).await;
    let own = json!({"author": {"id": "test:ada", "handle": "@ada", "name": "Ada", "avatar": "/assets/demo/avatars/ada.svg"}});
    place
        .bring(
            WALL,
            &[
                post("1", "a word", json!({})),
                post("2", "another word", own),
            ],
        )
        .await;
    for post in service.anybody().posts(WALL, "").await {
        assert!(post.get("pictures").is_none(), "{post}");
    }
}
