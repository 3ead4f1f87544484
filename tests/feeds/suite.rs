//! The cases, each over any source.

use std::time::Duration;

use buzzwall::feed::FeedError;

use super::rig::{Fault, Rig, Source, TAG};

/// Makes a test of every case for one source; `$new` is an expression that starts it.
macro_rules! conforms {
    ($new:expr) => {
        crate::suite::conforms!($new;
            first_page, next_pages, nothing_new, rate_limited, unauthorised, garbage, cut, slow, restart, away, deletion,
            edit, clock_skew);
    };
    ($new:expr; $($case:ident),*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                crate::suite::$case(crate::rig::Rig::new($new.await)).await;
            }
        )*

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn ten_minutes_away_from_a_wall() {
            let source = $new.await;
            if crate::rig::Source::can(&source).away {
                crate::outage::ten_minutes_away(source).await;
            }
        }
    };
}
pub(crate) use conforms;

/// What is there comes, as it was written.
pub async fn first_page<S: Source>(mut rig: Rig<S>) {
    let ids = if rig.source.can().history {
        rig.publish(3).await
    } else {
        rig.until("it reads", |rig| rig.pages > 0).await;
        rig.publish(3).await
    };
    rig.all_of("the first posts", &ids).await;
    for id in &ids {
        let post = &rig.posts[id];
        assert!(post.text.starts_with("post "), "{:?}", post.text);
        assert!(
            post.hashtags
                .iter()
                .any(|tag| tag.eq_ignore_ascii_case(TAG)),
            "{:?}",
            post.hashtags
        );
        assert!(
            !post.author.id.as_str().is_empty() && id.starts_with(&format!("{}:", post.source))
        );
        let apart = post.created_at.duration_since(rig.now()).abs();
        assert!(apart.as_secs() < 3600, "{}", post.created_at);
        // The text says when it was written, to the second.
        let second = post.text.split(' ').nth(3).expect("four words");
        assert_eq!(post.created_at.as_second().to_string(), second);
    }
}

/// More than one page at once comes whole.
pub async fn next_pages<S: Source>(mut rig: Rig<S>) {
    rig.until("it reads", |rig| rig.pages > 0).await;
    let ids = rig.publish(250).await;
    rig.all_of("a busy minute", &ids).await;
}

/// Nothing new is no failure, and no post.
pub async fn nothing_new<S: Source>(mut rig: Rig<S>) {
    rig.until("it reads", |rig| rig.pages > 0).await;
    let ids = rig.publish(2).await;
    rig.all_of("the posts", &ids).await;
    let pages = rig.pages + 2;
    while rig.pages < pages {
        rig.step().await.expect("nothing new is no failure");
    }
    assert_eq!(rig.came.len(), ids.len(), "{:?}", rig.came);
    assert!(rig.deleted.is_empty() && rig.refused.is_empty());
}

async fn fails_and_goes_on<S: Source>(mut rig: Rig<S>, fault: Fault, fits: fn(&FeedError) -> bool) {
    let before = rig.publish(2).await;
    if rig.source.can().history {
        rig.all_of("the posts before", &before).await;
    } else {
        rig.until("it reads", |rig| rig.pages > 0).await;
    }
    rig.source.fail(fault).await;
    let error = rig.failure("the failure").await;
    assert!(fits(&error), "{fault:?}: {error:?}");
    assert!(!error.to_string().is_empty());
    let during = rig.publish(2).await;
    rig.source.recover().await;
    if rig.source.can().history {
        rig.all_of("what was written meanwhile", &during).await;
    }
    rig.until("it reads again", {
        let pages = rig.pages;
        move |rig| rig.pages > pages
    })
    .await;
    let after = rig.publish(2).await;
    rig.all_of("what was written afterwards", &after).await;
    assert!(rig.deleted.is_empty(), "{:?}", rig.deleted);
}

/// A used-up limit is waited for as long as the source asks.
pub async fn rate_limited<S: Source>(rig: Rig<S>) {
    if rig.source.can().rate_limited {
        fails_and_goes_on(rig, Fault::RateLimited, |error| {
            matches!(
                error,
                FeedError::RateLimited { .. }
                    | FeedError::Transient {
                        retry_after: Some(_),
                        ..
                    }
            )
        })
        .await;
    }
}

/// A token that is refused, also in the middle of an event, is said to be.
pub async fn unauthorised<S: Source>(rig: Rig<S>) {
    if rig.source.can().unauthorised {
        fails_and_goes_on(rig, Fault::Unauthorised, |error| {
            matches!(error, FeedError::Unauthorised(_))
        })
        .await;
    }
}

fn passing(error: &FeedError) -> bool {
    matches!(error, FeedError::Transient { .. })
}

/// What is not the protocol is a failure that passes: the source was read before.
pub async fn garbage<S: Source>(rig: Rig<S>) {
    if rig.source.can().away {
        fails_and_goes_on(rig, Fault::Garbage, passing).await;
    }
}

/// An answer that breaks off loses nothing.
pub async fn cut<S: Source>(rig: Rig<S>) {
    if rig.source.can().away {
        fails_and_goes_on(rig, Fault::Cut, passing).await;
    }
}

/// A source that does not answer is given up after a while.
pub async fn slow<S: Source>(rig: Rig<S>) {
    if rig.source.can().away {
        fails_and_goes_on(rig, Fault::Slow, passing).await;
    }
}

/// Another feed goes on from the cursor of the first.
pub async fn restart<S: Source>(mut rig: Rig<S>) {
    rig.until("it reads", |rig| rig.pages > 0).await;
    let before = rig.publish(3).await;
    rig.all_of("the posts before", &before).await;
    rig.restart();
    if rig.source.can().history {
        let during = rig.publish(3).await;
        rig.all_of("what was written meanwhile", &during).await;
    }
    rig.until("it reads again", {
        let pages = rig.pages;
        move |rig| rig.pages > pages
    })
    .await;
    let after = rig.publish(3).await;
    rig.all_of("what was written afterwards", &after).await;
    assert!(rig.deleted.is_empty(), "{:?}", rig.deleted);
}

/// A source that is away for ten minutes is filled in when it comes back, and the feed says since when.
pub async fn away<S: Source>(mut rig: Rig<S>) {
    if !rig.source.can().away {
        return;
    }
    let before = rig.publish(3).await;
    if rig.source.can().history {
        rig.all_of("the posts before", &before).await;
    } else {
        rig.until("it reads", |rig| rig.pages > 0).await;
    }
    let left = rig.now();
    rig.source.fail(Fault::Down).await;
    let error = rig.failure("the failure").await;
    assert!(passing(&error), "{error:?}");
    let mut during = Vec::new();
    for _ in 0..5 {
        rig.clock.advance(Duration::from_mins(2));
        during.extend(rig.publish(30).await);
    }
    rig.source.recover().await;
    if !rig.source.can().history {
        return;
    }
    rig.complete_since.clear();
    rig.all_of("what was written meanwhile", &during).await;
    rig.until("it says that nothing is missing", |rig| {
        rig.complete_since.iter().any(|since| *since <= left)
    })
    .await;
}

/// A deletion at the source is followed.
pub async fn deletion<S: Source>(mut rig: Rig<S>) {
    if !rig.source.can().deletes {
        return;
    }
    rig.until("it reads", |rig| rig.pages > 0).await;
    let ids = rig.publish(3).await;
    rig.all_of("the posts", &ids).await;
    rig.source.delete(&ids[1]).await;
    let gone = ids[1].clone();
    rig.until("the deletion", |rig| rig.deleted.contains(&gone))
        .await;
    assert_eq!(rig.deleted.len(), 1, "{:?}", rig.deleted);
}

/// An edit at the source is followed.
pub async fn edit<S: Source>(mut rig: Rig<S>) {
    if !rig.source.can().edits {
        return;
    }
    rig.until("it reads", |rig| rig.pages > 0).await;
    let ids = rig.publish(2).await;
    rig.all_of("the posts", &ids).await;
    rig.clock.advance(Duration::from_secs(5));
    let text = format!("another text #{TAG}");
    rig.source.edit(&ids[0], &text, rig.now()).await;
    let edited = ids[0].clone();
    rig.until("the edit", |rig| {
        rig.posts[&edited].text.starts_with("another")
    })
    .await;
    assert!(rig.posts[&edited].edited_at.is_some());
    assert!(rig.deleted.is_empty(), "{:?}", rig.deleted);
}

/// Authors' clocks that are wrong disturb nothing.
pub async fn clock_skew<S: Source>(mut rig: Rig<S>) {
    rig.until("it reads", |rig| rig.pages > 0).await;
    let first = rig.publish(1).await;
    rig.all_of("the first", &first).await;
    let hour = Duration::from_hours(1);
    let late = rig.now() - hour;
    let early = rig.now() + hour;
    for at in [late, early] {
        rig.source
            .publish(&format!("a clock that is wrong #{TAG}"), at)
            .await;
    }
    let then = rig.publish(3).await;
    rig.all_of("those with the right time", &then).await;
}
