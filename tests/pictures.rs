//! Pictures like one that a person took off the wall: fetched, looked at, and held with words where that cannot be done.

mod support;

use std::io::Cursor;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat};
use parking_lot::Mutex;
use serde_json::{Value, json};
use support::api::Api;
use support::binary::{Place, Service};
use support::posts::post_by;
use support::stream::Stream;
use tokio::task::JoinSet;

const WALL: &str = "expert2019";

/// A server of pictures; to the wall it is a server that one of its feeds names.
struct Pictures {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
    tasks: JoinSet<()>,
}

/// A picture with a figure in it.
fn picture(which: u32, side: u32) -> Vec<u8> {
    let full = image::RgbImage::from_fn(240, 240, |x, y| {
        let (dx, dy) = (x.abs_diff(60 + which * 40), y.abs_diff(200 - which * 50));
        let light = match dx * dx + dy * dy {
            0..2500 => 250,
            2500..4000 => 10,
            _ => 60 + (x / 4 + which * 30) % 90,
        };
        let light = u8::try_from(light).expect("a light");
        image::Rgb([light, 255 - light, u8::try_from(y).expect("a place") / 2])
    });
    let scaled = DynamicImage::ImageRgb8(full).resize(side, side, FilterType::Lanczos3);
    let mut bytes = Cursor::new(Vec::new());
    scaled
        .write_to(&mut bytes, ImageFormat::Jpeg)
        .expect("it can be encoded");
    bytes.into_inner()
}

/// The head of a GIF of 60,000 by 60,000 pixels.
fn bomb() -> Vec<u8> {
    let side = 60_000_u16.to_le_bytes();
    let side = [side, side].concat();
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(&side);
    bytes.extend([0, 0, 0, 0x2c, 0, 0, 0, 0]);
    bytes.extend(&side);
    bytes.extend([0, 2, 0, 0x3b]);
    bytes
}

async fn answer(State(asked): State<Arc<Mutex<Vec<String>>>>, uri: Uri) -> Response {
    let path = uri.path().to_owned();
    if !path.starts_with("/media/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    asked.lock().push(path.clone());
    match path.as_str() {
        "/media/one.jpg" => picture(1, 240).into_response(),
        "/media/one-small.jpg" => picture(1, 90).into_response(),
        "/media/two.jpg" => picture(3, 240).into_response(),
        "/media/bomb.gif" => bomb().into_response(),
        "/media/page" => "<!doctype html><p>hello".into_response(),
        "/media/inside" => {
            let to = "http://127.0.0.1:1/secret.png";
            (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
        }
        "/media/moved.jpg" => (StatusCode::FOUND, [(header::LOCATION, "one.jpg")]).into_response(),
        "/media/round" => (StatusCode::FOUND, [(header::LOCATION, "round")]).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
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

    /// A post by somebody with one of its pictures.
    fn post(&self, name: &str, id: &str, path: &str) -> Value {
        let mut post = post_by(name, id, &format!("look at {id}"));
        let url = format!("{}/media/{path}", self.base);
        post["media"] =
            json!([{"kind": "image", "url": "http://127.0.0.1:1/full.png", "preview": url}]);
        post
    }
}

impl Drop for Pictures {
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}

async fn wall(pictures: &Pictures, rule: &str) -> (Place, Service, Api) {
    let place = Place::configured(&format!(
        "[[walls]]\nid = \"{WALL}\"\nhashtags = [\"{WALL}\"]\n[walls.moderation]\n\
         like_hidden_pictures = \"{rule}\"\n[[walls.feeds]]\nkind = \"mastodon\"\nserver = \"{}\"\n",
        pictures.base
    ));
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    (place, service, operator)
}

fn reason(post: &Value) -> Value {
    let mut reasons = post["reasons"].as_array().into_iter().flatten();
    let found = reasons.find(|it| it["rule"] == "like_hidden_pictures");
    found.cloned().unwrap_or_default()
}

/// The post's reason once its pictures are looked at.
async fn looked_at(staff: &mut Stream, id: &str) -> (Value, Value) {
    let post = staff.post(id, |post| reason(post)["waiting"] != true).await;
    (post["standing"].clone(), reason(&post))
}

#[tokio::test]
async fn a_hidden_picture_is_told_again_in_another_size() {
    let pictures = Pictures::new().await;
    let (place, service, operator) = wall(&pictures, "hold").await;
    let mut staff = operator.watch_as_staff(WALL).await;
    place
        .bring(WALL, &[pictures.post("eve", "1", "one.jpg")])
        .await;
    assert_eq!(looked_at(&mut staff, "test:1").await.0, "shown");
    operator.decide(WALL, "hide", &["test:1"]).await;
    let later = [
        pictures.post("mallory", "2", "one-small.jpg"),
        pictures.post("ada", "3", "two.jpg"),
        pictures.post("trudy", "4", "moved.jpg"),
    ];
    for (post, standing) in later.iter().zip(["held", "shown", "held"]) {
        place.bring(WALL, std::slice::from_ref(post)).await;
        let id = post["id"].as_str().expect("an id");
        let (found, reason) = looked_at(&mut staff, id).await;
        assert_eq!(found, standing, "{id}: {reason}");
        let words = reason["detail"].as_str().unwrap_or_default();
        assert_eq!(
            words.contains("like one that was hidden"),
            standing == "held"
        );
    }
    // Known after a restart, and forgotten once the hide is taken back.
    service.kill().await;
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    let mut staff = operator.watch_as_staff(WALL).await;
    place
        .bring(WALL, &[pictures.post("eve", "5", "one.jpg")])
        .await;
    assert_eq!(looked_at(&mut staff, "test:5").await.0, "held");
    operator.decide(WALL, "show", &["test:1"]).await;
    place
        .bring(WALL, &[pictures.post("eve", "6", "one.jpg")])
        .await;
    assert_eq!(looked_at(&mut staff, "test:6").await.0, "shown");
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_held_with_words() {
    let pictures = Pictures::new().await;
    let (place, service, operator) = wall(&pictures, "hide").await;
    let mut staff = operator.watch_as_staff(WALL).await;
    for (path, words) in [
        ("bomb.gif", "too large to look at: 60000 × 60000 pixels"),
        ("page", "no PNG, JPEG, GIF or WebP"),
        ("nothing", "answers with status 404"),
        ("inside", "not on the public web"),
        ("round", "leads on more than 3 times"),
    ] {
        place.bring(WALL, &[pictures.post("eve", path, path)]).await;
        let (standing, reason) = looked_at(&mut staff, &format!("test:{path}")).await;
        assert_eq!(standing, "held");
        let detail = reason["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(words), "{path}: {reason}");
    }
    assert!(service.anybody().posts(WALL, "").await.is_empty());
}

#[tokio::test]
async fn nothing_is_fetched_while_the_rule_is_off_and_hidden_ones_are_looked_at_once_it_is_on() {
    let pictures = Pictures::new().await;
    let (place, service, operator) = wall(&pictures, "show").await;
    let mut public = service.anybody().watch(WALL).await;
    place
        .bring(WALL, &[pictures.post("eve", "1", "one.jpg")])
        .await;
    public.post("test:1", |_| true).await;
    operator.decide(WALL, "hide", &["test:1"]).await;
    public.removal("test:1").await;
    assert_eq!(pictures.asked.lock().len(), 0);
    let on = json!({"moderation": {"like_hidden_pictures": "hide"}});
    operator
        .patch(&format!("/walls/{WALL}/settings"), on)
        .await
        .ok();
    while pictures.asked.lock().is_empty() {
        tokio::task::yield_now().await;
    }
    let mut staff = operator.watch_as_staff(WALL).await;
    place
        .bring(WALL, &[pictures.post("ada", "2", "two.jpg")])
        .await;
    assert_eq!(looked_at(&mut staff, "test:2").await.0, "shown");
    place
        .bring(WALL, &[pictures.post("mallory", "3", "one-small.jpg")])
        .await;
    assert_eq!(looked_at(&mut staff, "test:3").await.0, "hidden");
}
