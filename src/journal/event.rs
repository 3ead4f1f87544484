//! What can happen to a wall. Events name posts and authors by number; what they wrote lies in the content beside them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::feed::{Cursor, FeedName, Reason as Refused, Sighting, SourceCount};
use crate::moderation::{Reason, Verdict};
use crate::post::{AuthorNum, Key, Kind, PictureHash, PostNum};
use crate::stats::Facts;

use super::Seq;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Who(pub String);

/// A post was taken. Everything that is counted stands here, so that counts outlive the content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Posted {
    /// Its number, the next free one.
    pub post: PostNum,
    /// Its id's fingerprint.
    pub key: Key,
    /// Its author's number.
    pub author: AuthorNum,
    /// The author's fingerprint, where the author is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_key: Option<Key>,
    /// Other fingerprints of the author that were not known before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub author_same_as: Vec<Key>,
    /// Fingerprints of the original, where this is a bridge's copy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_as: Vec<Key>,
    /// Whether its feed was told to bring it although it does not carry what the wall asks for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub picked: bool,
    /// Original, reply, quote or repost.
    pub kind: Kind,
    /// Event time.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// The feed that brought it; absent for imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<FeedName>,
    /// Whether it was written before the feed began to read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history: bool,
    /// What else is counted.
    pub facts: Arc<Facts>,
    /// What the rules said.
    pub verdict: Verdict,
    /// Fingerprint of what it says, by which a later copy is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<u64>,
    /// The post that this one says again, where the rule on duplicates fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<PostNum>,
    /// Whether a person brought it by its address: it is counted apart.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub added: bool,
}

/// What a person can do to posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Put on the wall.
    Show,
    /// Take off the wall.
    Hide,
    /// Bring back more often.
    Pin,
    /// No longer.
    Unpin,
    /// Mark for the report.
    Highlight,
    /// No longer.
    Unhighlight,
    /// Put aside in the queue.
    Stash,
    /// Back into the queue.
    Unstash,
}

/// What a person can say of an author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorStanding {
    /// Nothing: the rules decide.
    #[default]
    Normal,
    /// Nothing of theirs is shown.
    Blocked,
    /// Their posts need not wait.
    Trusted,
}

/// Where a setting's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The configuration file or the command line.
    File,
    /// A person in the console. Wins over the file.
    Console,
}

/// Which posts changed rules hold for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum To {
    /// Every post is judged again, as if the rules had held when it came.
    #[default]
    All,
    /// What is here keeps its verdict.
    New,
}

impl To {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// Name of a scene.
pub type Scene = String;

/// A change of what the screens do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum StageChange {
    /// No new posts.
    Pause,
    /// Go on, from a snapshot.
    Resume {
        /// Of so many posts at most; `None` for as many as a snapshot has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        newest: Option<u32>,
    },
    /// Title card only.
    Blank,
    /// The wall again.
    Unblank,
    /// Words over everything; `None` takes them away.
    Announcement {
        /// The words.
        text: Option<String>,
    },
    /// What is played.
    Scene {
        /// Its name; `None` for the wall's own choice.
        scene: Option<Scene>,
        /// On which screen; `None` for all.
        screen: Option<String>,
    },
}

/// How long a post was on screens since the last such event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Which.
    pub post: PostNum,
    /// How often it was put up.
    pub times: u32,
    /// Milliseconds in all.
    pub ms: u64,
}

/// Something that happened. Names are past tense; the fold of all of them is the wall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The service began to work on this wall; what it was doing before ended with the record before this.
    Started,
    /// Settings by section: `{"wall":{…},"moderation":{…},"display":{…}}`.
    Settings {
        /// File or console.
        origin: Origin,
        /// Who, for the console.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Who>,
        /// For the file: all values. For the console: those that changed; `null` takes a value back.
        values: Map<String, Value>,
        /// Which posts they hold for.
        #[serde(default, skip_serializing_if = "To::is_all")]
        to: To,
    },
    /// A post was taken; its content comes with it.
    Posted(Posted),
    /// A post was edited at the source; its new content comes with it.
    Edited {
        /// Which.
        post: PostNum,
        /// What is counted of it now.
        facts: Arc<Facts>,
        /// What the rules said of the new text.
        verdict: Verdict,
        /// The post that it says again now, where the rule on duplicates fired.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        copy_of: Option<PostNum>,
    },
    /// A feed or an archive brought a post that a person had put on the wall by its address: it counts like all others now.
    Brought {
        /// Which.
        post: PostNum,
        /// The feed; absent for imports.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        feed: Option<FeedName>,
        /// What is counted of it.
        facts: Arc<Facts>,
        /// Whether its feed was told to bring it whatever it carries.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        picked: bool,
    },
    /// Posts were deleted at the source.
    Deleted {
        /// Which.
        posts: Vec<PostNum>,
    },
    /// A bridge's copy gave way to the original, which counts in its place.
    Replaced {
        /// The copy.
        post: PostNum,
        /// The original.
        by: PostNum,
    },
    /// Something was not taken.
    Refused {
        /// By which feed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        feed: Option<FeedName>,
        /// Why.
        reason: Refused,
        /// Its fingerprint, so that it is counted once.
        key: Key,
    },
    /// A feed's position. Stands in the batch of the posts it covers.
    Cursor {
        /// Which feed.
        feed: FeedName,
        /// Where to go on.
        cursor: Cursor,
    },
    /// A feed began or ceased to be read; or it is being read still and nothing else was told for some minutes.
    Coverage {
        /// Which feed.
        feed: FeedName,
        /// Whether it is being read from now on.
        reading: bool,
        /// When it answered last, where it is not read any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
        /// Why not, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A feed read what it had missed: all that its source still had since that moment.
    FilledIn {
        /// Which feed.
        feed: FeedName,
        /// Since when.
        from: Timestamp,
    },
    /// A source's own list of trends was looked at, and the hashtag's place in it had changed.
    TrendSeen {
        /// By which feed.
        feed: FeedName,
        /// What was seen.
        sighting: Sighting,
    },
    /// A source told how often it counted a hashtag on a day.
    SourceCounted {
        /// By which feed.
        feed: FeedName,
        /// What it told.
        count: SourceCount,
    },
    /// A person decided about posts.
    Decided {
        /// Who.
        by: Who,
        /// What.
        action: Action,
        /// About which.
        posts: Vec<PostNum>,
        /// Why, in the person's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A person took a decision back.
    Undone {
        /// Who.
        by: Who,
        /// The record of the decision.
        decision: Seq,
    },
    /// A person decided about an author.
    AuthorDecided {
        /// Who.
        by: Who,
        /// About whom.
        author: AuthorNum,
        /// What.
        standing: AuthorStanding,
    },
    /// The broadcast delay of these posts ran out.
    DelayOver {
        /// Which.
        posts: Vec<PostNum>,
    },
    /// The rules changed and these posts got another verdict.
    Rejudged {
        /// Which, and what the rules say now.
        verdicts: Vec<(PostNum, Verdict)>,
        /// Those of them that say another post again now, or no longer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        copies: Vec<(PostNum, Option<PostNum>)>,
    },
    /// A rule whose answer takes time has its answer on a post.
    Assessed {
        /// Which.
        post: PostNum,
        /// The rule: it waits no longer.
        rule: String,
        /// What it says.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reasons: Vec<Reason>,
        /// What the post's pictures look like, where they were looked at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pictures: Option<Vec<PictureHash>>,
    },
    /// What the screens do.
    Stage {
        /// Who.
        by: Who,
        /// What changes.
        change: StageChange,
    },
    /// A person noted something about a post for the report.
    Noted {
        /// Who.
        by: Who,
        /// About which.
        post: PostNum,
        /// The words.
        text: String,
    },
    /// Time on screens, in summary.
    SeenOnScreens {
        /// Per post.
        posts: Vec<Seen>,
    },
    /// Content of these posts was blanked: their time was over, or the person asked for it.
    Blanked {
        /// Which.
        posts: Vec<PostNum>,
        /// Whether the author asked for it, so that nothing of theirs is taken again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        erased_author: Option<AuthorNum>,
        /// Who did that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Who>,
    },
}

impl Event {
    /// Whether a person's act on what is shown, for which room is kept when the disk is full.
    pub fn is_by_hand(&self) -> bool {
        matches!(
            self,
            Self::Decided { .. }
                | Self::Undone { .. }
                | Self::AuthorDecided { .. }
                | Self::Stage { .. }
        )
    }
}
