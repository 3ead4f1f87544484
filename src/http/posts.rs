//! Lists of posts: what the public sees, and the queues of staff.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Service;
use super::problem::Problem;
use crate::intake::Content;
use crate::post::{PostNum, Standing};
use crate::text::fold::fold_accents;
use crate::wall::frames::Audience;
use crate::wall::listing::{Attached, Filter, Listing, Order, Place, place};
use crate::wall::queues::Queue;
use crate::wall::{Wall, WallState, post_json};

/// Posts of one page where the asker names no number.
const PAGE: usize = 50;
/// Posts of one page at most.
const MAX_PAGE: usize = 500;

/// What posts are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    standing: Option<String>,
    queue: Option<String>,
    order: Option<String>,
    source: Option<String>,
    rule: Option<String>,
    language: Option<String>,
    media: Option<String>,
    author: Option<String>,
    q: Option<String>,
    before: Option<String>,
    after: Option<String>,
    limit: Option<String>,
    view: Option<String>,
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// One of a few words.
pub(super) fn word<T: DeserializeOwned>(
    key: &str,
    text: Option<&str>,
    words: &str,
) -> Result<Option<T>, Problem> {
    let Some(text) = given(text) else {
        return Ok(None);
    };
    let read = serde_json::from_value(json!(text));
    read.map(Some)
        .map_err(|_| Problem::bad_request(format!("{key}: {text:?} is none; write {words}")))
}

fn place_of(key: &str, text: Option<&str>) -> Result<Option<Place>, Problem> {
    let read = |text: &str| {
        place(text)
            .ok_or_else(|| Problem::bad_request(format!("{key}: take the `next` of another page")))
    };
    given(text).map(read).transpose()
}

impl Asked {
    fn listing(&self) -> Result<Listing, Problem> {
        let queue: Option<Queue> = word(
            "queue",
            self.queue.as_deref(),
            "waiting, stashed, shown, hidden, pinned, highlighted or all",
        )?;
        let order: Option<Order> = word("order", self.order.as_deref(), "newest or oldest")?;
        Ok(Listing {
            queue,
            order: order.unwrap_or_default(),
            from: place_of("before", self.before.as_deref())?,
            after: place_of("after", self.after.as_deref())?,
        })
    }

    /// What is asked of single posts, but for their author.
    fn filter(&self) -> Result<Filter, Problem> {
        let media = match given(self.media.as_deref()) {
            None => None,
            Some("none") => Some(Attached::None),
            Some("any") => Some(Attached::Any),
            Some(kind @ ("image" | "gif" | "video" | "audio")) => {
                word("media", Some(kind), "")?.map(Attached::Kind)
            }
            Some(other) => {
                return Err(Problem::bad_request(format!(
                    "media: {other:?} is none; write none, any, image, gif, video or audio"
                )));
            }
        };
        let text = |text: &Option<String>| given(text.as_deref()).map(str::to_owned);
        let standing: Option<Standing> = word(
            "standing",
            self.standing.as_deref(),
            "shown, held, hidden or deleted",
        )?;
        let language = text(&self.language);
        Ok(Filter {
            standing,
            source: text(&self.source),
            rule: text(&self.rule),
            language: language.map(|tag| if tag == "unknown" { String::new() } else { tag }),
            media,
            author: None,
        })
    }

    fn limit(&self) -> Result<usize, Problem> {
        let Some(text) = given(self.limit.as_deref()) else {
            return Ok(PAGE);
        };
        let limit = text.parse::<usize>().ok();
        limit
            .filter(|limit| (1..=MAX_PAGE).contains(limit))
            .ok_or_else(|| {
                Problem::bad_request(format!("limit: write a number from 1 to {MAX_PAGE}"))
            })
    }
}

/// A page of posts before their JSON is made.
struct Page {
    posts: Vec<PostNum>,
    total: Option<usize>,
}

/// `GET /walls/{wall}/posts`.
pub(super) async fn list(
    State(service): State<Service>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wall = service.wall(&id)?;
    let audience = service.audience(asked.view.as_deref(), &headers)?;
    let (listing, limit) = (asked.listing()?, asked.limit()?);
    let mut filter = asked.filter()?;
    // Why posts stand where they stand is for staff alone, and so is what could be asked of it.
    if audience == Audience::Public && (listing.queue.is_some() || filter.rule.is_some()) {
        return Err(Problem::bad_request(
            "queue and rule are asked with view=staff",
        ));
    }
    let author = given(asked.author.as_deref());
    if let Some(author) = author {
        filter.author = wall.read().find_author(author);
    }
    let wanted = asked.q.as_deref().map(fold_accents);
    let wanted = wanted.filter(|q| !q.trim().is_empty());
    let mut page = if author.is_some() && filter.author.is_none() {
        Page {
            posts: Vec::new(),
            total: (audience == Audience::Staff).then_some(0),
        }
    } else if let Some(wanted) = wanted {
        searched(
            &service,
            &wall,
            (listing, &filter, audience),
            wanted,
            limit + 1,
        )
        .await?
    } else {
        let state = wall.read();
        let matching = matching(&state, listing, &filter, audience);
        Page {
            posts: matching.map(|(num, _)| num).take(limit + 1).collect(),
            total: (audience == Audience::Staff).then(|| state.total(listing.queue, &filter)),
        }
    };
    let more = page.posts.len() > limit;
    page.posts.truncate(limit);
    let state = wall.read();
    let last = page.posts.last().filter(|_| more);
    let next = last.and_then(|num| state.place_of(listing.queue, *num));
    // What was hidden since the search is left out now.
    let visible =
        (page.posts.iter()).filter(|num| audience == Audience::Staff || state.is_public(**num));
    let posts: Vec<String> = visible
        .filter_map(|num| post_json(&state, *num, audience))
        .collect();
    let body = format!(
        r#"{{"posts":[{}],"next":{},"total":{}}}"#,
        posts.join(","),
        json!(next),
        json!(page.total)
    );
    let head = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((head, body).into_response())
}

/// The posts of a list that an audience may see and a filter lets through, with what they say.
fn matching<'a>(
    state: &'a WallState,
    listing: Listing,
    filter: &'a Filter,
    audience: Audience,
) -> impl Iterator<Item = (PostNum, &'a Arc<Content>)> {
    state.list(listing).filter_map(move |num| {
        let post = state.post(num)?;
        let visible = audience == Audience::Staff || state.is_public(num);
        (visible && filter.passes(post)).then_some((num, post.content.as_ref()?))
    })
}

/// The posts among those whose text, name or handle has the wanted words. Only numbers and shared texts are taken under
/// the lock; they are searched without it.
async fn searched(
    service: &Service,
    wall: &Wall,
    (listing, filter, audience): (Listing, &Filter, Audience),
    wanted: String,
    most: usize,
) -> Result<Page, Problem> {
    let candidates: Vec<_> = {
        let state = wall.read();
        matching(&state, listing, filter, audience)
            .map(|(num, content)| (num, content.clone()))
            .collect()
    };
    let found = (service.searches)
        .run(audience, move || search(candidates, &wanted, most))
        .await?;
    Ok(Page {
        posts: found,
        total: None,
    })
}

/// The posts whose text, name or handle has the wanted words, folded.
fn search(candidates: Vec<(PostNum, Arc<Content>)>, wanted: &str, most: usize) -> Vec<PostNum> {
    let has = |content: &Content| {
        content.post().is_ok_and(|post| {
            [&post.text, &post.author.name, &post.author.handle]
                .iter()
                .any(|text| fold_accents(text).contains(wanted))
        })
    };
    let found = candidates.into_iter().filter(|(_, content)| has(content));
    found.map(|(num, _)| num).take(most).collect()
}
