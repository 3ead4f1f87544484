//! How a wall looks and what it plays: from its file, by the console, and by what organisers bring.

mod support;

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::api::{Answer, Api};
use support::binary::{Place, Service};

const WALL: &str = "expert2019";

const FILE: &str = r#"
[[walls]]
id = "expert2019"
hashtags = ["expert2019"]
timezone = "Europe/London"
[[walls.sessions]]
title = "Opening keynote"
from = 2019-07-06T09:30:00
to = 2019-07-06T10:15:00
[walls.display]
theme = "mine"
logo = "logo.png"
style = "wall.css"
screen_height = "2m"
last_row = "16m"
sponsors = [{ name = "Acme" }]
countdown = { to = 2019-07-06T09:00:00, label = "Doors" }
[[walls.display.programme]]
scene = "grid"
for = "5m"
[[walls.display.programme]]
scene = "agenda"
when = { session = "Opening keynote" }
"#;

fn picture(colour: [u8; 3], format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::from_pixel(40, 20, Rgb(colour)))
        .write_to(&mut bytes, format)
        .expect("pictures can be written");
    bytes.into_inner()
}

async fn wall() -> (Place, Service, Api) {
    let place = Place::configured(FILE);
    std::fs::write(
        place.path("logo.png"),
        picture([200, 0, 0], ImageFormat::Png),
    )
    .expect("a file can be written");
    place.write("wall.css", ".card { letter-spacing: 0 }");
    std::fs::create_dir(place.path("themes")).expect("a folder can be made");
    let mine = include_str!("../config/themes/meadow.toml").replace("#12301f", "#102d1c");
    place.write("themes/mine.toml", &mine);
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    (place, service, operator)
}

async fn display(api: &Api) -> Value {
    let wall = api.get(&format!("/walls/{WALL}")).await.ok();
    wall["display"].clone()
}

async fn change(api: &Api, display: Value) -> Answer {
    let path = format!("/walls/{WALL}/settings");
    api.patch(&path, json!({ "display": display })).await
}

async fn put(api: &Api, place: &str, bytes: Vec<u8>) -> Answer {
    let path = format!("/walls/{WALL}/brand/{place}");
    api.send(api.request(Method::PUT, &path).body(bytes)).await
}

/// What a page gets.
async fn fetch(service: &Service, address: &str) -> reqwest::Response {
    let address = format!("{}{address}", service.base);
    reqwest::get(address).await.expect("the service answers")
}

fn address(value: &Value) -> &str {
    value.as_str().expect("an address")
}

#[tokio::test]
async fn a_file_says_how_the_wall_looks_and_what_it_plays() {
    let (place, service, operator) = wall().await;
    let told = display(&service.anybody()).await;
    assert_eq!(told["theme"], "mine");
    assert_eq!(told["tokens"]["--ink"], "#102d1c");
    assert_eq!(told["tokens"]["color-scheme"], "light");
    assert_eq!(
        (&told["screen_height_m"], &told["last_row_m"]),
        (&json!(2.0), &json!(16.0))
    );
    assert_eq!(
        told["countdown"],
        json!({"to": "2019-07-06T08:00:00Z", "label": "Doors"})
    );
    assert_eq!(
        told["programme"],
        json!([
            {"scene": "grid", "seconds": 300, "when": null, "only": false, "screens": null},
            {"scene": "agenda", "seconds": 60, "when": {"session": "Opening keynote"}, "only": false, "screens": null},
        ])
    );
    // The files come as they are drawn anew, for ever under their own address.
    let logo = fetch(&service, address(&told["logo"])).await;
    assert_eq!(logo.headers()["content-type"], "image/png");
    assert!(
        logo.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let logo = image::load_from_memory(&logo.bytes().await.unwrap()).unwrap();
    assert_eq!(logo.to_rgb8().get_pixel(3, 3), &Rgb([200, 0, 0]));
    let style = fetch(&service, address(&told["style"])).await;
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    assert!(
        style.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("sandbox")
    );
    assert_eq!(style.text().await.unwrap(), ".card { letter-spacing: 0 }");
    assert_eq!(
        fetch(&service, "/w/expert2019/background").await.status(),
        404
    );
    assert_eq!(
        fetch(&service, "/w/expert2019/sponsors/7").await.status(),
        404
    );

    // Another logo has another address; the wall of the same file is told.
    service.stop().await;
    std::fs::write(
        place.path("logo.png"),
        picture([0, 200, 0], ImageFormat::Png),
    )
    .unwrap();
    let service = place.serve(&[]).await;
    let anew = display(&service.anybody()).await;
    assert_ne!(anew["logo"], told["logo"]);
    drop(operator);
}

#[tokio::test]
async fn a_change_in_the_console_is_told_at_once_kept_and_taken_back() {
    let (place, service, operator) = wall().await;
    let mut page = service.anybody().watch(WALL).await;
    page.of_type("snapshot").await;
    let programme = json!([
        {"scene": "stats", "for": "30s", "when": "quiet"},
        {"scene": "ticker", "for": "1m", "when": "session", "only": true, "screens": ["foyer"]},
    ]);
    change(
        &operator,
        json!({"theme": "signal", "programme": programme, "warned": "show"}),
    )
    .await
    .ok();
    let told = page.of_type("snapshot").await["wall"]["display"].clone();
    assert_eq!(
        (&told["theme"], &told["tokens"]),
        (&json!("signal"), &Value::Null)
    );
    assert_eq!(told["programme"][1]["only"], true);
    assert_eq!(told["programme"][0]["seconds"], 30);
    let settings = operator.get(&format!("/walls/{WALL}/settings")).await.ok();
    let theme = &settings["display"]["theme"];
    assert_eq!(
        theme,
        &json!({"value": "signal", "from": "console", "file": "mine"})
    );
    assert_eq!(settings["display"]["programme"]["file"][0]["scene"], "grid");

    service.stop().await;
    let service = place.serve(&[]).await;
    let operator = service.operator().await;
    assert_eq!(display(&operator).await["theme"], "signal");
    change(&operator, json!({"theme": null, "programme": null}))
        .await
        .ok();
    let told = display(&operator).await;
    assert_eq!(
        (&told["theme"], &told["programme"][0]["scene"]),
        (&json!("mine"), &json!("grid"))
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_words() {
    let (_place, _service, operator) = wall().await;
    let before = display(&operator).await;
    for (asked, key, said) in [
        (
            json!({"scene": "gird"}),
            "display.scene",
            "\"gird\" is not a scene; write \"grid\"",
        ),
        (
            json!({"theme": "mien"}),
            "display.theme",
            "\"signal\" or \"mine\"",
        ),
        (
            json!({"programme": []}),
            "display.programme",
            "has no entry",
        ),
        (
            json!({"programme": [{"scene": "gird"}]}),
            "display.programme[0].scene",
            "is not a scene",
        ),
        (
            json!({"programme": [{"scene": "grid", "for": "soon"}]}),
            "display.programme[0].for",
            "is not a length of time",
        ),
        (
            json!({"programme": [{"scene": "grid", "only": true}]}),
            "display.programme[0].only",
            "write the condition as `when`",
        ),
        (
            json!({"programme": [{"scene": "grid", "when": {"session": "Opening"}}]}),
            "display.programme[0].when",
            "\"Opening keynote\"",
        ),
        (
            json!({"screen_height": "2 miles"}),
            "display.screen_height",
            "is not a length",
        ),
        (
            json!({"brand": {"colour": "red; }"}}),
            "display.brand.colour",
            "is not a colour",
        ),
        (
            json!({"countdown": {"to": "soon", "label": ""}}),
            "display.countdown.to",
            "is not a time",
        ),
        (json!({"colour": "#fff"}), "display", "colour"),
        // Nobody but the operator has a file of the server read.
        (
            json!({"logo": "/etc/passwd"}),
            "display.logo",
            "uploading it",
        ),
        (
            json!({"style": "wall.css"}),
            "display.style",
            "uploading it",
        ),
        (
            json!({"brand": {"colour": "#fff", "logo": "../x.png"}}),
            "display.brand.logo",
            "uploading it",
        ),
        (
            json!({"sponsors": [{"name": "A", "picture": "upload?v=0123456789abcdef"}]}),
            "display.sponsors[0].picture",
            "uploading it",
        ),
    ] {
        let words = change(&operator, asked.clone()).await.problem(422);
        assert!(
            words.starts_with(key) && words.contains(said),
            "{asked}: {words}"
        );
    }
    assert_eq!(display(&operator).await, before);
}

#[tokio::test]
async fn pictures_are_brought_by_admins_alone_and_drawn_anew() {
    let (place, service, operator) = wall().await;
    let moderator = service.person(&place, "mia", "moderator").await;
    let jpeg = || picture([0, 0, 200], ImageFormat::Jpeg);
    put(&moderator, "logo", jpeg()).await.problem(403);
    put(&service.anybody(), "logo", jpeg()).await.problem(401);
    let from_the_file = display(&operator).await["logo"].clone();

    let settings = put(&operator, "logo", jpeg()).await.ok()["settings"].clone();
    assert_eq!(settings["display"]["logo"]["from"], "console");
    let told = display(&operator).await;
    assert_ne!(told["logo"], from_the_file);
    let logo = fetch(&service, address(&told["logo"])).await;
    assert_eq!(logo.headers()["content-type"], "image/png");
    put(
        &operator,
        "background",
        picture([9, 9, 9], ImageFormat::WebP),
    )
    .await
    .ok();
    put(&operator, "sponsors/0", jpeg()).await.ok();
    let told = display(&operator).await;
    let background = fetch(&service, address(&told["background"])).await;
    assert_eq!(background.headers()["content-type"], "image/jpeg");
    let sign = fetch(&service, address(&told["sponsors"][0]["picture"])).await;
    assert_eq!(sign.status(), StatusCode::OK);

    for (what, bytes, status, said) in [
        (
            "logo",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            422,
            "is an SVG, which can hold programs; save it as PNG",
        ),
        ("logo", b"<html>".to_vec(), 422, "is no PNG, JPEG or WebP"),
        ("background", jpeg()[..60].to_vec(), 422, "is damaged"),
        ("background", vec![0; 11 << 20], 413, "more than 10 MiB"),
        ("sponsors/1", jpeg(), 404, "there is no sponsor 1 yet"),
        (
            "poster",
            jpeg(),
            404,
            "write logo, background or sponsors/0",
        ),
    ] {
        let words = put(&operator, what, bytes).await.problem(status);
        assert!(words.contains(said), "{what}: {words}");
    }
    assert_eq!(display(&operator).await, told);

    // A moderator may put a picture that is there elsewhere in the list, and the file's logo comes back.
    let sponsors = settings_of(&operator, "sponsors").await;
    let more = json!([{"name": "Bolt"}, sponsors[0]]);
    change(&moderator, json!({ "sponsors": more })).await.ok();
    let told = display(&operator).await;
    assert_eq!(
        fetch(&service, address(&told["sponsors"][1]["picture"]))
            .await
            .status(),
        200
    );
    operator
        .delete(&format!("/walls/{WALL}/brand/logo"))
        .await
        .ok();
    assert_eq!(display(&operator).await["logo"], from_the_file);

    // All of it outlives a restart.
    service.stop().await;
    let service = place.serve(&[]).await;
    let kept = display(&service.anybody()).await;
    assert_eq!(kept["background"], told["background"]);
    assert_eq!(
        fetch(&service, address(&kept["background"])).await.status(),
        200
    );
}

async fn settings_of(api: &Api, key: &str) -> Value {
    let settings = api.get(&format!("/walls/{WALL}/settings")).await.ok();
    settings["display"][key]["value"].clone()
}

#[tokio::test]
async fn themes_and_brands_say_what_can_be_read_on_what() {
    let (_place, service, operator) = wall().await;
    let sheet = fetch(&service, "/themes.css").await;
    assert_eq!(sheet.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(sheet.headers()["cache-control"], "no-cache");
    let tag = sheet.headers()["etag"].clone();
    let css = sheet.text().await.unwrap();
    for name in ["midnight", "daylight", "press", "meadow", "signal"] {
        assert!(css.contains(&format!("[data-theme=\"{name}\"]")), "{name}");
    }
    let again = reqwest::Client::new().get(format!("{}/themes.css", service.base));
    let again = again.header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);

    let themes = operator.get(&format!("/walls/{WALL}/themes")).await.ok();
    let themes = themes["themes"].as_array().unwrap();
    assert_eq!(themes.len(), 6);
    assert_eq!(themes[5]["name"], "mine");
    let brand = operator
        .get("/brand?colour=%23c8102e&ground=dark")
        .await
        .ok();
    let readable = |theme: &Value| {
        let pairs = theme["contrasts"].as_array().unwrap();
        assert_eq!(pairs.len(), 10);
        pairs
            .iter()
            .all(|pair| pair["enough"] == true && pair["contrast"].as_f64() >= Some(7.0))
    };
    assert!(themes.iter().chain([&brand]).all(readable));
    assert_eq!(brand["ground"], "dark");
    let words = brand["notes"][0]["words"].as_str().unwrap();
    assert!(words.starts_with("Your colour #c8102e became #"), "{words}");
    assert!(words.contains("points lighter"), "{words}");
    change(
        &operator,
        json!({"brand": {"colour": "#c8102e", "ground": "dark"}}),
    )
    .await
    .ok();
    let told = display(&operator).await;
    assert_eq!(told["theme"], "brand");
    assert_eq!(told["tokens"]["--accent"], brand["tokens"]["--accent"]);

    operator.get("/brand?colour=red").await.problem(400);
    operator
        .get("/brand?colour=%23fff&ground=green")
        .await
        .problem(400);
    service
        .anybody()
        .get("/brand?colour=%23fff")
        .await
        .problem(401);
}

#[tokio::test]
async fn a_theme_that_cannot_be_read_keeps_the_service_from_starting() {
    let place = Place::configured("[[walls]]\nid = \"a\"\n[walls.display]\ntheme = \"pale\"\n");
    std::fs::create_dir(place.path("themes")).unwrap();
    let pale = include_str!("../config/themes/daylight.toml").replace("#3d4a57", "#8d9aa7");
    place.write("themes/pale.toml", &pale);
    let said = place.run(&["check"]).await.failed(2);
    assert!(
        said.contains("buzzwall.toml:4:1: walls[0].display.theme: "),
        "{said}"
    );
    assert!(
        said.contains("soft: has a contrast of 2.") && said.contains("text needs 7"),
        "{said}"
    );
}
