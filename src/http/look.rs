//! How a wall looks: themes, a brand's colour, and the files that the organiser brings.

use axum::Json as Answer;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::Service;
use super::access::Staff;
use super::assets::alone;
use super::moderation::{Done200, answer};
use super::problem::Problem;
use crate::config::asset::{Asset, MOST_PICTURE, Use, fingerprint, is_fingerprint};
use crate::config::brand::{Ground, derive};
use crate::config::colour::Colour;
use crate::config::theme::{OwnThemes, Theme, USUAL, no_such_theme, shipped, shipped_theme};
use crate::journal::To;
use crate::media::own::{Kind, redraw};
use crate::people::Role;
use crate::wall::Wall;
use crate::wall::look::theme;

/// One picture after the other is drawn: each may take much memory.
static TURN: Semaphore = Semaphore::const_new(1);

/// A file of the organiser's, as addresses name it.
#[derive(Debug, Clone, Copy)]
enum Place {
    Logo,
    Background,
    Style,
    Sponsor(usize),
}

impl Place {
    fn asset(self, wall: &Wall) -> Option<Asset> {
        let state = wall.read();
        let display = &state.settings.display;
        let asset = match self {
            Self::Logo => display.sign(),
            Self::Background => display.background.as_ref(),
            Self::Style => display.style.as_ref(),
            Self::Sponsor(at) => display.sponsors.get(at)?.picture.as_ref(),
        };
        asset.cloned()
    }

    /// The change of settings that puts `asset` there, or takes back what stands there.
    fn change(self, wall: &Wall, asset: Option<&Asset>) -> Result<Map<String, Value>, Problem> {
        let display = match self {
            Self::Logo => json!({ "logo": asset }),
            Self::Background => json!({ "background": asset }),
            Self::Style => json!({ "style": asset }),
            Self::Sponsor(at) => {
                let mut sponsors = wall.read().settings.display.sponsors.clone();
                let Some(sponsor) = sponsors.get_mut(at) else {
                    return Err(Problem::not_found(format!(
                        "there is no sponsor {at} yet; write their names into the settings first, as display.sponsors"
                    )));
                };
                sponsor.picture = asset.cloned();
                json!({ "sponsors": sponsors })
            }
        };
        Ok([("display".to_owned(), display)].into_iter().collect())
    }
}

/// The version that an address asks for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    v: Option<String>,
}

async fn serve(
    service: &Service,
    wall: &str,
    place: Place,
    asked: Option<&str>,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("this wall has no such file");
    let asset = place.asset(&*service.wall(wall)?).ok_or_else(missing)?;
    let version = asset.version.filter(|version| is_fingerprint(version));
    let version = version.ok_or_else(missing)?;
    let bytes = tokio::fs::read(service.own_files.path(&version)).await;
    let bytes = bytes.map_err(|_| missing())?;
    let kind = match place {
        Place::Style => "text/css; charset=utf-8",
        _ if bytes.starts_with(b"\x89PNG") => "image/png",
        _ => "image/jpeg",
    };
    let keep = if asked == Some(version.as_str()) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let meta = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)];
    Ok(alone((meta, bytes).into_response()))
}

/// `/w/{wall}/logo`.
pub(super) async fn logo(
    State(service): State<Service>,
    Path(wall): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    serve(&service, &wall, Place::Logo, asked.v.as_deref()).await
}

/// `/w/{wall}/background`.
pub(super) async fn background(
    State(service): State<Service>,
    Path(wall): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    serve(&service, &wall, Place::Background, asked.v.as_deref()).await
}

/// `/w/{wall}/style.css`.
pub(super) async fn style(
    State(service): State<Service>,
    Path(wall): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    serve(&service, &wall, Place::Style, asked.v.as_deref()).await
}

/// `/w/{wall}/sponsors/{at}`.
pub(super) async fn sponsor(
    State(service): State<Service>,
    Path((wall, at)): Path<(String, usize)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    serve(&service, &wall, Place::Sponsor(at), asked.v.as_deref()).await
}

/// Takes a picture: drawn anew, kept, and put into the settings.
async fn put(
    service: &Service,
    id: &str,
    staff: &Staff,
    place: Place,
    request: Request,
) -> Done200 {
    staff.must(Role::may_admin, "bring pictures")?;
    let wall = service.wall(id)?;
    // Before anything is drawn: there may be no such sponsor.
    place.change(&wall, None)?;
    let kind = match place {
        Place::Background => Kind::Background,
        _ => Kind::Sign,
    };
    let most = usize::try_from(MOST_PICTURE).unwrap_or(usize::MAX);
    let bytes = axum::body::to_bytes(request.into_body(), most).await;
    let bytes = bytes.map_err(|_| {
        let said = format!(
            "the picture has more than {} MiB; make it smaller",
            most >> 20
        );
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, said)
    })?;
    let version = fingerprint(Use::Picture(kind), &bytes);
    let files = service.own_files.clone();
    let asset = Asset::uploaded(version.clone());
    let turn = TURN.acquire().await;
    let kept = tokio::task::spawn_blocking(move || {
        let drawn = redraw(&bytes, kind).map_err(|error| {
            Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("the picture {error}"),
            )
        })?;
        files.keep(&version, &drawn).map_err(|error| {
            let said =
                format!("the picture could not be stored: {error}; free some room, then try again");
            Problem::new(StatusCode::INSUFFICIENT_STORAGE, said)
        })
    })
    .await;
    drop(turn);
    kept.map_err(|error| Problem::internal(&error))??;
    store(&wall, staff, place, Some(&asset)).await
}

async fn store(
    wall: &std::sync::Arc<Wall>,
    staff: &Staff,
    place: Place,
    asset: Option<&Asset>,
) -> Done200 {
    let values = place.change(wall, asset)?;
    let done = wall.change_settings(staff.who(), values, To::All).await?;
    let mut told = answer(&done);
    told["settings"] = wall.read().settings.explained();
    Ok(Answer(told))
}

fn place(name: &str) -> Result<Place, Problem> {
    match name {
        "logo" => Ok(Place::Logo),
        "background" => Ok(Place::Background),
        other => Err(Problem::not_found(format!(
            "there is no picture {other:?}; write logo, background or sponsors/0"
        ))),
    }
}

/// `PUT /walls/{wall}/brand/{name}`.
pub(super) async fn bring(
    State(service): State<Service>,
    Path((wall, name)): Path<(String, String)>,
    staff: Staff,
    request: Request,
) -> Done200 {
    put(&service, &wall, &staff, place(&name)?, request).await
}

/// `PUT /walls/{wall}/brand/sponsors/{at}`.
pub(super) async fn bring_sponsor(
    State(service): State<Service>,
    Path((wall, at)): Path<(String, usize)>,
    staff: Staff,
    request: Request,
) -> Done200 {
    put(&service, &wall, &staff, Place::Sponsor(at), request).await
}

/// `DELETE /walls/{wall}/brand/{name}`: what the file says holds again.
pub(super) async fn take_back(
    State(service): State<Service>,
    Path((wall, name)): Path<(String, String)>,
    staff: Staff,
) -> Done200 {
    staff.must(Role::may_admin, "take pictures back")?;
    store(&service.wall(&wall)?, &staff, place(&name)?, None).await
}

/// `DELETE /walls/{wall}/brand/sponsors/{at}`.
pub(super) async fn take_back_sponsor(
    State(service): State<Service>,
    Path((wall, at)): Path<(String, usize)>,
    staff: Staff,
) -> Done200 {
    staff.must(Role::may_admin, "take pictures back")?;
    store(&service.wall(&wall)?, &staff, Place::Sponsor(at), None).await
}

pub(super) fn told(name: &str, theme: &Theme) -> Value {
    json!({
        "name": name,
        "dark": theme.is_dark(),
        "tokens": theme.tokens(),
        "contrasts": theme.pairs(),
    })
}

/// `GET /walls/{wall}/themes`: all that the wall can have, with what can be read on what.
pub(super) async fn themes(
    State(service): State<Service>,
    Path(id): Path<String>,
    _staff: Staff,
) -> Done200 {
    let wall = service.wall(&id)?;
    let state = wall.read();
    let own = &state.settings.themes;
    let built_in = shipped()
        .iter()
        .filter(|(name, _)| !own.contains_key(*name));
    let built_in = built_in.map(|(name, theme)| told(name, theme));
    let all: Vec<Value> = built_in
        .chain(own.iter().map(|(name, theme)| told(name, theme)))
        .collect();
    Ok(Answer(json!({ "themes": all })))
}

/// What a brand is asked to be.
#[derive(Debug, Deserialize)]
pub(super) struct Brand {
    colour: Option<String>,
    ground: Option<String>,
    theme: Option<String>,
}

/// `GET /brand`: the theme that a colour gives.
pub(super) async fn brand(Query(asked): Query<Brand>, _staff: Staff) -> Done200 {
    let colour: Colour = asked
        .colour
        .as_deref()
        .unwrap_or_default()
        .parse()
        .map_err(|error| Problem::bad_request(format!("colour: {error}")))?;
    let ground: Option<Ground> =
        super::posts::word("ground", asked.ground.as_deref(), "dark or light")?;
    let own = OwnThemes::new();
    let name = asked
        .theme
        .as_deref()
        .filter(|name| !name.is_empty())
        .unwrap_or(USUAL);
    let shape = theme(name, &own).or_else(|| shipped_theme(name));
    let shape = shape
        .ok_or_else(|| Problem::bad_request(format!("theme: {}", no_such_theme(name, &own))))?;
    let made = derive(colour, ground, shape);
    Ok(Answer(json!({
        "ground": made.ground,
        "tokens": made.theme.tokens(),
        "contrasts": made.theme.pairs(),
        "notes": [made.note],
    })))
}

/// `GET /walls/{wall}/screens/{screen}/code`: the link of a screen of that name with its key, as a QR code.
pub(super) async fn code(
    State(service): State<Service>,
    Path((id, screen)): Path<(String, String)>,
    staff: Staff,
) -> Result<Response, Problem> {
    staff.must(Role::may_decide, "see the screens' key")?;
    service.wall(&id)?;
    let key = service.people.screen_key(&id)?;
    let mut link = url::form_urlencoded::Serializer::new(String::new());
    let link = link
        .append_pair("screen", &screen)
        .append_pair("key", &key)
        .finish();
    let link = format!("{}/w/{id}?{link}", service.base);
    drawn(&link)
}

/// A link as a QR code.
pub(super) fn drawn(link: &str) -> Result<Response, Problem> {
    let code = qrcode::QrCode::new(link)
        .map_err(|_| Problem::bad_request("the name is too long for a code"))?;
    let svg = code
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(240, 240)
        .build();
    let mut response = alone(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response());
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
