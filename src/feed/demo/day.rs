//! The conference day, step by step: first the script, then endlessly from its decks.
//!
//! Pure: the same seed, tags, start and interval give the same steps.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use super::script::{Deck, Draft, Person, SCRIPT, Scene, Script};
use crate::feed::{Item, archive};
use crate::post::{
    Author, AuthorId, Card, Counts, Facet, FacetKind, Kind, Media, MediaKind, Poll, PollOption,
    Post, PostId, Source,
};

/// How long before the start the first posts were written.
const OPENING: SignedDuration = SignedDuration::from_mins(40);
/// Posts that others may still react to.
const RECENT: usize = 30;
/// Steps from one piece of spam to the next, and from there to its deletion.
const SPAM_EVERY: usize = 61;
const SPAM_LASTS: usize = 17;
/// Steps from one rude post to the next.
const ABUSE_EVERY: usize = 97;

/// The day so far.
pub(super) struct Day {
    script: &'static Script,
    seed: u64,
    tags: String,
    start: Timestamp,
    interval: SignedDuration,
    rng: StdRng,
    steps: usize,
    /// When the next step is due.
    at: Timestamp,
    /// Posts that the script refers to.
    keyed: HashMap<&'static str, Post>,
    /// Posts that the endless part may react to, each once.
    recent: VecDeque<Post>,
    /// Lines still to be dealt, as deck and line.
    dealt: Vec<(usize, usize)>,
    /// How often the decks were dealt: each time every line gets another frame.
    round: usize,
    /// Replies made up so far.
    replies: usize,
    /// The last spam, until it is deleted.
    spam: Option<PostId>,
}

impl Day {
    pub(super) fn new(seed: u64, tags: String, start: Timestamp, interval: SignedDuration) -> Self {
        Self {
            script: &SCRIPT,
            seed,
            tags,
            start,
            interval,
            rng: StdRng::seed_from_u64(seed),
            steps: 0,
            at: start.saturating_sub(OPENING).unwrap_or(start),
            keyed: HashMap::new(),
            recent: VecDeque::new(),
            dealt: Vec::new(),
            round: 0,
            replies: 0,
            spam: None,
        }
    }

    /// Steps taken.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// Whether the next step lies before the start.
    pub(super) fn in_opening(&self) -> bool {
        self.steps < self.script.opening
    }

    /// When the next step is due.
    pub(super) fn next_at(&self) -> Timestamp {
        self.at
    }

    /// Lets the next step be due at another time.
    pub(super) fn go_on_from(&mut self, now: Timestamp) {
        self.at = now;
    }

    /// Takes the next step.
    pub(super) fn step(&mut self) -> Item {
        let step = self.steps;
        let script = self.script;
        let item = match script.posts.get(step) {
            Some(Scene::Post(draft)) => self.posted(draft),
            Some(Scene::Edit { edit, text }) => self.edited(edit, text),
            Some(Scene::Delete { delete }) => Item::Deleted(self.keyed(delete).id.clone()),
            None => self.improvise(step - script.posts.len()),
        };
        self.steps += 1;
        self.at = self.after();
        item
    }

    /// When the step after this one is due: from half the interval to twice as long, on average once.
    fn after(&mut self) -> Timestamp {
        let chance: f64 = self.rng.random();
        if self.in_opening() {
            let left = i32::try_from(self.script.opening - self.steps).unwrap_or(1);
            let rest = self.start.duration_since(self.at) / (left + 1);
            let wait = rest.mul_f64(0.7 + 0.6 * chance);
            return self.at.saturating_add(wait).unwrap_or(self.at);
        }
        let from = self.at.max(self.start);
        let wait = self.interval.mul_f64(0.5 + 1.5 * chance * chance);
        from.saturating_add(wait).unwrap_or(from)
    }

    fn posted(&mut self, draft: &'static Draft) -> Item {
        let post = self.write(draft);
        if let Some(key) = &draft.key {
            self.keyed.insert(key, post.clone());
        }
        Item::Post(Box::new(post))
    }

    fn edited(&mut self, key: &str, text: &str) -> Item {
        let mut post = self.keyed(key).clone();
        post.edited_at = Some(self.at);
        let text = self.tagged(text);
        self.put_text(&mut post, text);
        Item::Post(Box::new(post))
    }

    fn keyed(&self, key: &str) -> &Post {
        self.keyed
            .get(key)
            .expect("a test plays the whole script, so every key is there")
    }

    /// Makes something up from the decks.
    fn improvise(&mut self, since_script: usize) -> Item {
        if since_script % SPAM_EVERY == SPAM_EVERY / 2 {
            let n = since_script / SPAM_EVERY + 4;
            let text = deal(&self.script.unwelcome.spam, n).replace("{n}", &n.to_string());
            let post = self.write(&draft("rocket", text));
            self.spam = Some(post.id.clone());
            return Item::Post(Box::new(post));
        }
        if since_script % SPAM_EVERY == SPAM_EVERY / 2 + SPAM_LASTS
            && let Some(id) = self.spam.take()
        {
            return Item::Deleted(id);
        }
        if since_script % ABUSE_EVERY == ABUSE_EVERY / 2 {
            let text = deal(&self.script.unwelcome.abuse, since_script / ABUSE_EVERY);
            return Item::Post(Box::new(self.write(&draft("grump", text.to_owned()))));
        }
        let chance: f64 = self.rng.random();
        let post = match self.recent.pop_front_if(|_| chance < 0.2) {
            Some(post) => self.react(&post, chance < 0.12),
            None => self.line(),
        };
        if post.kind != Kind::Repost {
            self.recent.push_back(post.clone());
        }
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        Item::Post(Box::new(post))
    }

    /// Somebody else answers a post, or passes it on.
    fn react(&mut self, to: &Post, with_words: bool) -> Post {
        let by = self.person(None, Some(&to.author.id));
        let draft = if with_words {
            self.replies += 1;
            let text = deal(&self.script.replies.lines, self.replies);
            Draft {
                kind: Kind::Reply,
                ..draft(by, text.to_owned())
            }
        } else {
            Draft {
                kind: Kind::Repost,
                ..draft(by, String::new())
            }
        };
        let mut post = self.write(&draft);
        about(&mut post, to);
        post
    }

    /// The next line of the decks, in the frame whose turn it is.
    fn line(&mut self) -> Post {
        let decks = &self.script.decks;
        if self.dealt.is_empty() {
            self.dealt = decks
                .iter()
                .enumerate()
                .flat_map(|(deck, it)| (0..it.lines.len()).map(move |line| (deck, line)))
                .collect();
            self.dealt.shuffle(&mut self.rng);
            self.round += 1;
        }
        let (deck, number) = self.dealt.pop().unwrap_or_default();
        let Some(deck) = decks.get(deck) else {
            return self.write(&draft("urn", String::new()));
        };
        let text = self.fill(deck, number);
        let by = self.person(deck.language.as_deref(), None);
        self.write(&Draft {
            photo: deck.photos.get(number).cloned(),
            language: deck.language.clone(),
            ..draft(by, text)
        })
    }

    fn fill(&mut self, deck: &Deck, number: usize) -> String {
        let line = deal(&deck.lines, number);
        let place = deck.places.choose(&mut self.rng);
        let speaker = self.script.speakers.lines.choose(&mut self.rng);
        deal(&deck.frames, number + self.round)
            .replace("{where}", place.map_or("", String::as_str))
            .replace("{speaker}", speaker.map_or("", String::as_str))
            .replace("{line}", line)
    }

    /// Somebody of the crowd, or of those who post in a language, but not `other`.
    fn person(&mut self, language: Option<&str>, other: Option<&AuthorId>) -> &'static str {
        let keys: Vec<&'static str> = self
            .script
            .people
            .iter()
            .filter(|(key, person)| match language {
                Some(_) => person.language.as_deref() == language,
                None => person.crowd && other != Some(&author_id(key)),
            })
            .map(|(key, _)| key.as_str())
            .collect();
        keys.choose(&mut self.rng).copied().unwrap_or("urn")
    }

    fn write(&mut self, draft: &Draft) -> Post {
        let script = self.script;
        let person = script
            .people
            .get(&draft.by)
            .expect("a test plays the whole script, so every person is there");
        let number = self.steps;
        let page = home(person);
        let language = draft.language.as_ref().or(person.language.as_ref());
        let mut post = Post {
            same_as: Vec::new(),
            id: PostId::new(format!("demo:{}-{number}", self.seed)),
            source: Source::new(person.source.as_str()),
            feed: None,
            url: page.as_ref().map(|page| format!("{page}/{number}")),
            kind: draft.kind,
            of: None,
            author: Author {
                same_as: Vec::new(),
                id: author_id(&draft.by),
                handle: person.handle.clone().unwrap_or_default(),
                name: person.name.clone(),
                avatar: person
                    .avatar
                    .as_ref()
                    .map(|name| format!("/assets/demo/avatars/{name}.svg")),
                url: page,
                followers: person.followers,
                bot: person.bot,
                created_at: None,
                indexable: None,
                discoverable: None,
            },
            text: String::new(),
            facets: Vec::new(),
            hashtags: Vec::new(),
            warning: draft.warning.clone(),
            sensitive: draft.sensitive,
            language: Some(language.map_or("en", String::as_str).to_owned()),
            media: self.photo(draft).into_iter().collect(),
            emojis: Vec::new(),
            poll: self.poll(draft),
            card: card(script, draft),
            counts: self.counts(),
            created_at: self.at,
            edited_at: None,
            received_at: None,
        };
        let text = self.tagged(&draft.text);
        self.put_text(&mut post, text);
        if let Some(key) = &draft.of {
            about(&mut post, self.keyed(key));
        }
        post
    }

    /// A text with the event's hashtag where the script wants it, else at its end.
    fn tagged(&self, text: &str) -> String {
        if text.contains("{tag}") {
            text.replace("{tag}", &self.tags)
        } else {
            format!("{text} {}", self.tags)
        }
    }

    /// Gives a post its text and what is marked in it.
    fn put_text(&self, post: &mut Post, text: String) {
        (post.facets, post.hashtags) = archive::mark(&text);
        for (at, _) in text.match_indices('@') {
            let rest = text.get(at + 1..).unwrap_or_default();
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(rest.len());
            let key = rest.get(..end).unwrap_or_default();
            if let Some(handle) = self.script.people.get(key).and_then(|it| it.handle.clone()) {
                post.facets.push(Facet {
                    start: at,
                    end: at + 1 + end,
                    kind: FacetKind::Mention,
                    target: handle,
                });
            }
        }
        post.facets.sort_by_key(|facet| facet.start);
        post.text = text;
    }

    fn photo(&self, draft: &Draft) -> Option<Media> {
        let name = draft.photo.as_ref()?;
        let photo = self.script.photos.get(name)?;
        let [width, height] = photo.size;
        Some(Media {
            kind: MediaKind::Image,
            url: Some(picture(name)),
            preview: None,
            alt: (!draft.noalt).then(|| photo.alt.clone()),
            width: Some(width),
            height: Some(height),
            blurhash: None,
        })
    }

    fn poll(&self, draft: &Draft) -> Option<Poll> {
        (!draft.poll.is_empty()).then(|| Poll {
            options: draft
                .poll
                .iter()
                .enumerate()
                .map(|(n, text)| PollOption {
                    text: text.clone(),
                    votes: draft.votes.get(n).copied(),
                })
                .collect(),
            ends_at: self.at.checked_add(SignedDuration::from_hours(2)).ok(),
            multiple: false,
        })
    }

    /// What is an hour old has been answered more than what was just written.
    fn counts(&mut self) -> Counts {
        let most = if self.in_opening() { 24 } else { 3 };
        Counts {
            likes: self.rng.random_range(0..=most),
            reposts: self.rng.random_range(0..=most / 3),
            replies: self.rng.random_range(0..=most / 6),
        }
    }
}

fn draft(by: &str, text: String) -> Draft {
    Draft {
        by: by.to_owned(),
        text,
        ..Draft::default()
    }
}

/// Says what a reply, quote or repost is about; a repost has the words of its original.
fn about(post: &mut Post, original: &Post) {
    post.of = Some(original.id.clone());
    if post.kind == Kind::Repost {
        post.text.clone_from(&original.text);
        post.facets.clone_from(&original.facets);
        post.hashtags.clone_from(&original.hashtags);
        post.language.clone_from(&original.language);
    }
}

fn card(script: &Script, draft: &Draft) -> Option<Card> {
    let link = script.cards.get(draft.card.as_ref()?)?;
    Some(Card {
        url: link.url.clone(),
        title: link.title.clone(),
        description: link.description.clone(),
        image: link.image.as_deref().map(picture),
    })
}

fn author_id(key: &str) -> AuthorId {
    AuthorId::new(format!("demo:{key}"))
}

fn picture(name: &str) -> String {
    format!("/assets/demo/{name}.svg")
}

/// A person's page, at the server that the handle names; none for the audience's form.
fn home(person: &Person) -> Option<String> {
    let handle = person.handle.as_deref()?.trim_start_matches('@');
    Some(match handle.split_once('@') {
        Some((name, server)) => format!("https://{server}/@{name}"),
        None => format!("https://{handle}"),
    })
}

/// The entry whose turn it is, round and round.
fn deal(lines: &[String], turn: usize) -> &str {
    lines
        .get(turn % lines.len().max(1))
        .map_or("", String::as_str)
}
