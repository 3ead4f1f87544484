//! What each figure means, in the words that stand beside it.

/// Name of a figure and its definition.
pub const DEFINITIONS: [(&str, &str); 31] = [
    (
        "posts",
        "Distinct authored posts (originals, replies and quotes) that match the wall's hashtags, by the time they were written, within the event, not deleted at the source, whether shown or hidden. A post seen on several servers or through a bridge counts once: the original, where it is known, stands for its copies.",
    ),
    ("originals", "Posts that stand by themselves."),
    ("replies", "Posts that answer another post."),
    (
        "quotes",
        "Posts that comment on another post which they show.",
    ),
    (
        "reposts",
        "Posts passed on without words of one's own; each person's repost is one. They are not among the posts.",
    ),
    ("total", "Posts and reposts together."),
    ("shown", "Posts on the wall."),
    (
        "held",
        "Posts that wait for a decision or for the broadcast delay.",
    ),
    (
        "hidden",
        "Posts kept off the wall by a person, a rule or a setting. Hiding does not lower the number of posts.",
    ),
    (
        "deleted",
        "Authored posts that were deleted at their source; they are in none of the other figures.",
    ),
    (
        "added",
        "Posts on the wall that a person brought there by their address; they are in none of the other figures.",
    ),
    (
        "participants",
        "Distinct authors of posts. An author is an account at a source; handles are compared without case.",
    ),
    (
        "repost_only_participants",
        "Distinct accounts that only passed posts on.",
    ),
    ("first_at", "When the first post was written."),
    ("last_at", "When the last post was written."),
    (
        "peak_minute",
        "The clock minute in which most posts were written; of equals the earliest.",
    ),
    (
        "peak_five_minutes",
        "The five successive clock minutes in which most posts were written; of equals the earliest.",
    ),
    (
        "peak_hour",
        "The clock hour, in the wall's time zone, in which most posts were written; of equals the earliest.",
    ),
    (
        "posts_per_participant",
        "Posts divided by participants, with the median and the share of posts written by the most active tenth of the participants, because a mean alone misleads.",
    ),
    (
        "per_minute",
        "Posts by clock minute; minutes without any are left out.",
    ),
    (
        "per_hour",
        "Posts by clock hour in the wall's time zone; hours without any are left out.",
    ),
    (
        "top_participants",
        "Authors by number of posts now shown. People who do not want to be found later are not named.",
    ),
    (
        "top_hashtags",
        "Other hashtags of posts now shown, compared without case.",
    ),
    (
        "languages",
        "Languages of posts now shown, as the source states them.",
    ),
    ("sources", "Where posts now shown were written."),
    ("media", "Attachments of posts now shown, by kind."),
    (
        "shown_longest",
        "Posts of that time by how long they were on the venue's own screens, all screens added up, as the screens told it; never longer than a screen was there. Posts no longer shown, and those of people who do not want to be found later, are not named.",
    ),
    (
        "coverage",
        "When each source was being read live, when it was read afterwards from what the source still had, and when not at all, so that what was posted then is not known. Posts that a source delivers later still count at the time they were written.",
    ),
    (
        "trending_at_source",
        "When, and at which rank, a source's own list of trends carried the hashtag, as seen each time the list was read. The ranking is the source's.",
    ),
    (
        "source_counts",
        "How many posts a source itself counted for the hashtag on a day in UTC, beside the distinct posts known here with that hashtag on that day from all sources, whether shown or hidden.",
    ),
    (
        "refused",
        "What a source offered and was not taken, by reason; each item once. People who asked not to be collected are counted as opted_out and nothing else of them is kept.",
    ),
];
