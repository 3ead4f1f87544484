//! What reading costs and what may be spent. Money is counted in millionths of a dollar.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// The fewest and the most posts that a search can be asked for.
pub(super) const RESULTS: std::ops::RangeInclusive<u32> = 10..=100;
/// Most pictures and videos in a post.
const MEDIA_PER_POST: u64 = 4;
/// What was paid for today is remembered up to this many things; the rest counts twice.
const MAX_PAID: usize = 50_000;

/// What may be spent. Days are those of UTC, by which X counts.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Posts read on a day.
    pub posts_per_day: Option<u32>,
    /// Posts read in all.
    pub posts: Option<u32>,
    /// US dollars on a day.
    pub usd_per_day: Option<f64>,
    /// US dollars in all.
    pub usd: Option<f64>,
}

/// What things cost, in millionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    post: u64,
    user: u64,
    media: u64,
    count: u64,
    /// Posts that come with a post at most: itself, and the one that it passes on.
    posts_each: u32,
}

/// Why nothing more may be spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exhausted {
    /// Until the next day.
    Today(String),
    /// For good.
    Wholly(String),
}

/// What was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Amount {
    pub(super) posts: u32,
    pub(super) micros: u64,
}

/// What was spent, in all and on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Spent {
    day: Date,
    today: Amount,
    pub(super) total: Amount,
}

/// What came with an answer and may have to be paid for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Goods {
    /// Ids of posts.
    pub posts: Vec<String>,
    /// Ids of accounts.
    pub users: Vec<String>,
    /// Keys of pictures and videos.
    pub media: Vec<String>,
}

/// What was paid for today: X charges a thing once a day.
#[derive(Debug, Default)]
pub(super) struct Paid {
    day: Date,
    things: HashSet<String>,
}

impl Prices {
    /// Takes prices in dollars.
    pub(super) fn new(
        post: f64,
        user: f64,
        media: f64,
        count: f64,
        reposts: bool,
    ) -> Result<Self, String> {
        Ok(Self {
            post: micros(post)?,
            user: micros(user)?,
            media: micros(media)?,
            count: micros(count)?,
            posts_each: if reposts { 2 } else { 1 },
        })
    }

    /// What a post may cost at most, with all that comes with it.
    fn worst(self) -> u64 {
        self.post * u64::from(self.posts_each) + self.user + self.media * MEDIA_PER_POST
    }

    /// Checks that the limits are some, and let at least one request through.
    pub(super) fn check(self, limits: &Limits) -> Result<(), String> {
        if limits.posts.is_none() && limits.usd.is_none() {
            return Err(
                "reading X costs money per post; say where it ends: budget = { posts = 2000 } or budget = { usd = 10.0 }, \
                 and with posts_per_day or usd_per_day how much of it on one day"
                    .to_owned(),
            );
        }
        let fewest = *RESULTS.start();
        let least_posts = fewest * self.posts_each;
        for (name, posts) in [
            ("posts", limits.posts),
            ("posts_per_day", limits.posts_per_day),
        ] {
            if posts.is_some_and(|posts| posts < least_posts) {
                return Err(format!(
                    "budget.{name} is less than one request may bring; write {least_posts} or more"
                ));
            }
        }
        let least = self.worst() * u64::from(fewest);
        for (name, usd) in [("usd", limits.usd), ("usd_per_day", limits.usd_per_day)] {
            if let Some(usd) = usd
                && micros(usd)? < least
            {
                return Err(format!(
                    "budget.{name} is less than one request may cost; write {} or more",
                    dollars(least)
                ));
            }
        }
        Ok(())
    }
}

/// Dollars as millionths.
fn micros(dollars: f64) -> Result<u64, String> {
    if !(0.0..=1e9).contains(&dollars) {
        return Err(format!(
            "{dollars} is no amount of dollars; write one such as 10.0"
        ));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is within 0 and a billion, checked above"
    )]
    Ok((dollars * 1e6).round() as u64)
}

/// Millionths as dollars.
fn dollars(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let cents = text.len() - 4;
    let end = text.trim_end_matches('0').len().max(cents);
    text[..end].to_owned()
}

fn day(now: Timestamp) -> Date {
    now.to_zoned_datetime(TimeZone::UTC).date()
}

/// When the day of `now` ends.
pub(super) fn midnight(now: Timestamp) -> Timestamp {
    let tomorrow = day(now).tomorrow().unwrap_or(Date::MAX);
    tomorrow
        .to_zoned_datetime(TimeZone::UTC)
        .map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}

impl Spent {
    /// Begins the day's count again where the day is another.
    pub(super) fn roll(&mut self, now: Timestamp) {
        let day = day(now);
        if self.day != day {
            self.day = day;
            self.today = Amount::default();
        }
    }

    /// How many posts may be asked for now, all that comes with them taken at its worst: 10 to 100.
    pub(super) fn allows(&self, limits: &Limits, prices: Prices) -> Result<u32, Exhausted> {
        let wholly = Self::left(self.total, limits.posts, limits.usd, prices);
        if wholly < *RESULTS.start() {
            return Err(Exhausted::Wholly(format!(
                "spent {}; {} to go on",
                said(self.total, limits.posts, limits.usd),
                raise(limits.posts, limits.usd, "posts", "usd"),
            )));
        }
        let today = Self::left(self.today, limits.posts_per_day, limits.usd_per_day, prices);
        if today < *RESULTS.start() {
            return Err(Exhausted::Today(format!(
                "spent {} today; goes on at midnight UTC, or {}",
                said(self.today, limits.posts_per_day, limits.usd_per_day),
                raise(
                    limits.posts_per_day,
                    limits.usd_per_day,
                    "posts_per_day",
                    "usd_per_day"
                ),
            )));
        }
        Ok(wholly.min(today).min(*RESULTS.end()))
    }

    /// How many posts the limits leave.
    fn left(spent: Amount, posts: Option<u32>, usd: Option<f64>, prices: Prices) -> u32 {
        let by_posts = posts.map(|posts| posts.saturating_sub(spent.posts) / prices.posts_each);
        let by_money = money(usd).map(|limit| {
            let left = limit.saturating_sub(spent.micros);
            let posts = left.checked_div(prices.worst()).unwrap_or(u64::MAX);
            u32::try_from(posts).unwrap_or(u32::MAX)
        });
        by_posts
            .unwrap_or(u32::MAX)
            .min(by_money.unwrap_or(u32::MAX))
    }

    /// Whether so much more may be spent.
    fn affords(&self, posts: u32, micros: u64, limits: &Limits) -> bool {
        let within = |spent: Amount, most: Option<u32>, usd: Option<f64>| {
            most.is_none_or(|most| spent.posts + posts <= most)
                && money(usd).is_none_or(|usd| spent.micros + micros <= usd)
        };
        within(self.total, limits.posts, limits.usd)
            && within(self.today, limits.posts_per_day, limits.usd_per_day)
    }

    /// Whether a request of counts may be made.
    pub(super) fn affords_count(&self, limits: &Limits, prices: Prices) -> bool {
        self.affords(0, prices.count, limits)
    }

    /// Whether so many posts may be looked up, without anything that comes with them.
    pub(super) fn affords_posts(&self, posts: u32, limits: &Limits, prices: Prices) -> bool {
        self.affords(posts, u64::from(posts) * prices.post, limits)
    }

    /// Counts a request of counts.
    pub(super) fn pay_count(&mut self, prices: Prices) {
        self.pay(0, prices.count);
    }

    /// Counts what came, but for what was paid for today.
    pub(super) fn pay_for(
        &mut self,
        goods: &Goods,
        paid: &mut Paid,
        prices: Prices,
        now: Timestamp,
    ) {
        let posts = paid.take("post", &goods.posts, now);
        let users = u64::from(paid.take("user", &goods.users, now));
        let media = u64::from(paid.take("media", &goods.media, now));
        let micros = u64::from(posts) * prices.post + users * prices.user + media * prices.media;
        self.pay(posts, micros);
    }

    fn pay(&mut self, posts: u32, micros: u64) {
        for amount in [&mut self.today, &mut self.total] {
            amount.posts = amount.posts.saturating_add(posts);
            amount.micros = amount.micros.saturating_add(micros);
        }
    }
}

fn money(usd: Option<f64>) -> Option<u64> {
    usd.and_then(|usd| micros(usd).ok())
}

/// "1995 of 2000 posts" or "9.90 of 10.00 dollars", or both.
fn said(spent: Amount, posts: Option<u32>, usd: Option<f64>) -> String {
    let posts = posts.map(|most| format!("{} of {most} posts", spent.posts));
    let usd =
        money(usd).map(|most| format!("{} of {} dollars", dollars(spent.micros), dollars(most)));
    let said: Vec<String> = posts.into_iter().chain(usd).collect();
    format!(
        "{}, and a request may bring more than is left",
        said.join(" and ")
    )
}

fn raise(posts: Option<u32>, usd: Option<f64>, posts_name: &str, usd_name: &str) -> String {
    let names = [posts.map(|_| posts_name), usd.map(|_| usd_name)];
    let names: Vec<String> = names
        .into_iter()
        .flatten()
        .map(|name| format!("budget.{name}"))
        .collect();
    format!("raise {}", names.join(" or "))
}

impl Paid {
    /// How many of these were not paid for today; they are now.
    fn take(&mut self, kind: &str, ids: &[String], now: Timestamp) -> u32 {
        self.roll(now);
        let mut new = 0;
        for id in ids {
            let thing = format!("{kind} {id}");
            if self.things.contains(&thing) {
                continue;
            }
            new += 1;
            if self.things.len() < MAX_PAID {
                self.things.insert(thing);
            }
        }
        new
    }

    fn roll(&mut self, now: Timestamp) {
        let day = day(now);
        if self.day != day {
            self.day = day;
            self.things.clear();
        }
    }

    /// Whether a post was paid for today.
    pub(super) fn has_post(&mut self, id: &str, now: Timestamp) -> bool {
        self.roll(now);
        self.things.contains(&format!("post {id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(reposts: bool) -> Prices {
        Prices::new(0.005, 0.010, 0.005, 0.005, reposts).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn posts(from: u32, count: u32) -> Goods {
        Goods {
            posts: (from..from + count).map(|n| n.to_string()).collect(),
            users: vec!["ada".to_owned()],
            media: Vec::new(),
        }
    }

    #[test]
    fn no_more_is_asked_for_than_is_left() {
        let limits = Limits {
            posts_per_day: Some(50),
            posts: Some(75),
            ..Limits::default()
        };
        let (mut spent, mut paid) = (Spent::default(), Paid::default());
        let now = at("2025-01-01T10:00:00Z");
        spent.roll(now);
        assert_eq!(spent.allows(&limits, prices(false)), Ok(50));
        spent.pay_for(&posts(0, 35), &mut paid, prices(false), now);
        assert_eq!(spent.allows(&limits, prices(false)), Ok(15));
        // The same again costs nothing on the same day.
        spent.pay_for(&posts(0, 35), &mut paid, prices(false), now);
        assert_eq!(spent.allows(&limits, prices(false)), Ok(15));
        spent.pay_for(&posts(100, 10), &mut paid, prices(false), now);
        let Err(Exhausted::Today(words)) = spent.allows(&limits, prices(false)) else {
            panic!("5 are left today");
        };
        assert!(
            words.contains("45 of 50 posts today") || words.contains("45 of 50 posts"),
            "{words}"
        );
        let tomorrow = at("2025-01-02T00:00:00Z");
        assert_eq!(midnight(now), tomorrow);
        spent.roll(tomorrow);
        assert_eq!(spent.allows(&limits, prices(false)), Ok(30));
        spent.pay_for(&posts(200, 21), &mut paid, prices(false), tomorrow);
        let Err(Exhausted::Wholly(words)) = spent.allows(&limits, prices(false)) else {
            panic!("9 are left");
        };
        assert!(
            words.contains("66 of 75 posts") && words.contains("raise budget.posts"),
            "{words}"
        );
    }

    #[test]
    fn money_is_counted_with_all_that_comes() {
        let limits = Limits {
            usd: Some(1.0),
            ..Limits::default()
        };
        let (mut spent, mut paid) = (Spent::default(), Paid::default());
        let now = at("2025-01-01T10:00:00Z");
        spent.roll(now);
        // A post, its author and four pictures may cost 3.5 cents.
        assert_eq!(spent.allows(&limits, prices(false)), Ok(28));
        assert_eq!(spent.allows(&limits, prices(true)), Ok(25));
        spent.pay_for(
            &Goods {
                media: vec!["a".to_owned()],
                ..posts(0, 20)
            },
            &mut paid,
            prices(false),
            now,
        );
        assert_eq!(
            spent.total,
            Amount {
                posts: 20,
                micros: 115_000
            }
        );
        spent.pay_count(prices(false));
        assert_eq!(spent.total.micros, 120_000);
        assert!(spent.affords_count(&limits, prices(false)));
        assert!(spent.affords_posts(176, &limits, prices(false)));
        assert!(!spent.affords_posts(177, &limits, prices(false)));
    }

    #[test]
    fn limits_that_are_none_or_too_low_are_refused() {
        let check = |limits: Limits| prices(false).check(&limits);
        assert!(check(Limits::default()).unwrap_err().contains("budget = {"));
        assert!(
            check(Limits {
                posts_per_day: Some(100),
                ..Limits::default()
            })
            .is_err()
        );
        assert!(
            check(Limits {
                posts: Some(9),
                ..Limits::default()
            })
            .is_err()
        );
        let error = check(Limits {
            usd: Some(0.1),
            ..Limits::default()
        })
        .unwrap_err();
        assert!(error.contains("0.35"), "{error}");
        assert!(
            check(Limits {
                usd: Some(f64::NAN),
                ..Limits::default()
            })
            .is_err()
        );
        assert!(
            check(Limits {
                usd: Some(-1.0),
                ..Limits::default()
            })
            .is_err()
        );
        assert_eq!(
            check(Limits {
                posts: Some(10),
                usd: Some(10.0),
                ..Limits::default()
            }),
            Ok(())
        );
        assert!(Prices::new(-0.1, 0.0, 0.0, 0.0, false).is_err());
        assert_eq!(dollars(115_000), "0.115");
        assert_eq!(dollars(2_500_000), "2.50");
    }

    #[test]
    fn what_costs_nothing_is_not_limited_by_money() {
        let free = Prices::new(0.0, 0.0, 0.0, 0.0, false).unwrap();
        let limits = Limits {
            usd: Some(0.0),
            ..Limits::default()
        };
        assert_eq!(Spent::default().allows(&limits, free), Ok(100));
    }
}
