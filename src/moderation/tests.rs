use super::*;
use crate::duration::Span;
use crate::post::{Kind, Post};

struct Past(usize, Option<PostNum>);

impl History for Past {
    fn of_feed_between(&self, _: Timestamp, _: Timestamp) -> usize {
        self.0
    }

    fn posts_between(&self, _: &Post, _: Timestamp, _: Timestamp) -> usize {
        self.0
    }

    fn said_before(&self, _: u64) -> Option<PostNum> {
        self.1
    }
}

fn post(text: &str) -> Post {
    serde_json::from_value(serde_json::json!({
        "id": "demo:1", "source": "demo", "text": text, "created_at": "2024-05-01T10:00:00Z",
        "author": {"id": "demo:ada", "handle": "@Ada@example.org", "name": "Ada", "created_at": "2024-04-30T12:00:00Z"},
    }))
    .unwrap()
}

fn settings(json: serde_json::Value) -> ModerationSettings {
    serde_json::from_value(json).unwrap()
}

fn verdict(post: &Post, json: serde_json::Value) -> Verdict {
    let rules = Rules::new(&settings(json), []);
    judge(post, &rules, &FeedRules::default(), &Past(0, None)).verdict
}

#[test]
fn each_rule_says_what_it_found_and_where() {
    let mut reply = post("hello");
    reply.kind = Kind::Reply;
    let mut repost = post("hello");
    repost.kind = Kind::Repost;
    let mut sensitive = post("hello");
    sensitive.sensitive = true;
    let mut linked = post("see https://spam.example/x");
    linked.facets = serde_json::from_value(serde_json::json!([
        {"start": 4, "end": 26, "kind": "link", "target": "https://www.shop.spam.example/x"}
    ]))
    .unwrap();
    let mut german = post("hallo");
    german.language = Some("de-AT".to_owned());
    for (post, json, rule, standing, span) in [
        (
            post("you IDIOT, sir"),
            serde_json::json!({"block_words": ["idiot"]}),
            "block_words",
            Standing::Hidden,
            Some((4, 9)),
        ),
        (
            post("x"),
            serde_json::json!({"blocked": ["ada@EXAMPLE.org"]}),
            "blocked",
            Standing::Hidden,
            Some((0, 16)),
        ),
        (
            repost,
            serde_json::json!({}),
            "reposts",
            Standing::Hidden,
            None,
        ),
        (
            reply,
            serde_json::json!({"replies": "hold"}),
            "replies",
            Standing::Held,
            None,
        ),
        (
            sensitive,
            serde_json::json!({}),
            "sensitive",
            Standing::Held,
            None,
        ),
        (
            linked.clone(),
            serde_json::json!({"links": "hold"}),
            "links",
            Standing::Held,
            Some((4, 26)),
        ),
        (
            linked,
            serde_json::json!({"block_domains": ["spam.example"]}),
            "block_domains",
            Standing::Hidden,
            Some((4, 26)),
        ),
        (
            german,
            serde_json::json!({"languages": ["en"]}),
            "languages",
            Standing::Hidden,
            None,
        ),
        (
            post("x"),
            serde_json::json!({"new_accounts": {"younger_than": "1d"}}),
            "new_accounts",
            Standing::Held,
            None,
        ),
        (
            post("x"),
            serde_json::json!({"mode": "held"}),
            "mode",
            Standing::Held,
            None,
        ),
        (
            post("x"),
            serde_json::json!({"mode": "delayed"}),
            "delay",
            Standing::Held,
            None,
        ),
    ] {
        let verdict = verdict(&post, json.clone());
        assert_eq!(verdict.standing, standing, "{json}");
        assert_eq!(verdict.reasons.len(), 1, "{json}");
        assert_eq!(
            (verdict.reasons[0].rule.as_str(), verdict.reasons[0].span),
            (rule, span),
            "{json}"
        );
    }
}

#[test]
fn nothing_fires_on_a_plain_post() {
    assert_eq!(
        verdict(
            &post("A class assessment in Essex"),
            serde_json::json!({"block_words": ["ass", "sex"]})
        ),
        Verdict::shown()
    );
}

#[test]
fn all_rules_that_fired_are_named_and_the_strongest_wins() {
    let mut sensitive = post("what an idiot");
    sensitive.sensitive = true;
    let verdict = verdict(
        &sensitive,
        serde_json::json!({"block_words": ["idiot"], "mode": "held"}),
    );
    assert_eq!(verdict.standing, Standing::Hidden);
    let rules: Vec<&str> = verdict
        .reasons
        .iter()
        .map(|reason| reason.rule.as_str())
        .collect();
    assert_eq!(rules, ["block_words", "sensitive", "mode"]);
}

#[test]
fn words_are_found_in_every_text_that_people_read() {
    for field in ["name", "handle", "warning", "alt", "poll", "card"] {
        let mut post = post("fine");
        match field {
            "name" => post.author.name = "An Idiot".to_owned(),
            "handle" => post.author.handle = "@idiot@example.org".to_owned(),
            "warning" => post.warning = Some("idiot".to_owned()),
            "alt" => {
                post.media =
                    serde_json::from_str(r#"[{"kind":"image","alt":"an idiot"}]"#).unwrap();
            }
            "poll" => {
                post.poll = serde_json::from_str(r#"{"options":[{"text":"idiot"}]}"#).unwrap();
            }
            _ => {
                post.card =
                    serde_json::from_str(r#"{"url":"https://example.org","title":"Idiot"}"#)
                        .unwrap();
            }
        }
        let verdict = verdict(&post, serde_json::json!({"block_words": ["idiot"]}));
        assert_eq!(verdict.reasons[0].field.as_deref(), Some(field));
    }
}

#[test]
fn an_allowed_phrase_wins_over_a_word_in_it() {
    let json =
        serde_json::json!({"block_words": ["bastard"], "allow_words": ["Bastard of Orléans"]});
    assert_eq!(
        verdict(&post("The bastard of ORLEANS rode in"), json.clone()).standing,
        Standing::Shown
    );
    assert_eq!(
        verdict(&post("bastard of Orléans, you bastard"), json).standing,
        Standing::Hidden
    );
}

#[test]
fn a_list_says_which_it_is_and_how_grave_an_entry_is() {
    let lists = list::parse(
        "[hold]\ndaft\n[hide]\nmuppet\n[mask]\n*pillock*\n[allow]\npillockton",
        "rude",
    )
    .unwrap();
    let text = "M.u.p.p.e.t, daft pill0cks of Pillockton";
    for entries in [lists.clone(), lists.into_iter().rev().collect()] {
        let rules = Rules::new(&ModerationSettings::default(), &entries);
        let verdict = judge(&post(text), &rules, &FeedRules::default(), &Past(0, None)).verdict;
        assert_eq!(
            serde_json::to_value(&verdict.reasons).unwrap(),
            serde_json::json!([
                {"rule": "blocklists", "field": "text", "span": [0, 11], "outcome": "hide", "list": "rude"},
                {"rule": "blocklists", "field": "text", "span": [13, 17], "outcome": "hold", "list": "rude"},
                {"rule": "blocklists", "field": "text", "span": [18, 25], "outcome": "hide", "list": "rude", "masked": true},
            ])
        );
    }
    // What a list calls innocent says nothing of words that the wall itself blocks.
    let own = settings(serde_json::json!({"block_words": ["pillockton"]}));
    let rules = Rules::new(&own, &list::parse("[allow]\npillockton", "rude").unwrap());
    let verdict = judge(&post(text), &rules, &FeedRules::default(), &Past(0, None)).verdict;
    assert_eq!(verdict.reasons[0].rule, "block_words");
}

#[test]
fn what_a_link_says_is_not_read() {
    let text = "look https://example.org/muppet";
    let json = serde_json::json!({"block_words": ["muppet"]});
    assert_eq!(verdict(&post(text), json.clone()), Verdict::shown());
    assert_eq!(
        verdict(&post("look muppet"), json).standing,
        Standing::Hidden
    );
}

#[test]
fn the_trusted_skip_the_queue_and_not_the_hard_blocks() {
    let json = serde_json::json!({"mode": "held", "trusted": ["@ada@example.org"], "block_words": ["idiot"]});
    assert_eq!(
        verdict(&post("hello"), json.clone()).standing,
        Standing::Shown
    );
    assert_eq!(verdict(&post("idiot"), json).standing, Standing::Hidden);
}

#[test]
fn people_who_do_not_want_to_be_recommended_are_shown_unless_the_wall_says_otherwise() {
    let mut shy = post("hello");
    shy.author.discoverable = Some(false);
    assert_eq!(
        verdict(&shy, serde_json::json!({})).standing,
        Standing::Shown
    );
    let held = verdict(&shy, serde_json::json!({"not_discoverable": "hold"}));
    assert_eq!(held.standing, Standing::Held);
    shy.author.discoverable = None;
    let open = verdict(&shy, serde_json::json!({"not_discoverable": "hide"}));
    assert_eq!(open.standing, Standing::Shown);
}

#[test]
fn floods_and_copies_are_seen_by_their_history() {
    let rules = Rules::new(
        &ModerationSettings {
            max_per_author: Some(MaxPosts {
                posts: 2,
                per: Span(std::time::Duration::from_mins(1)),
                action: Action::Hold,
            }),
            duplicates: Duplicates::Collapse,
            ..ModerationSettings::default()
        },
        [],
    );
    assert_eq!(
        judge(
            &post("one two three four"),
            &rules,
            &FeedRules::default(),
            &Past(1, None)
        )
        .verdict,
        Verdict::shown()
    );
    assert_eq!(
        judge(
            &post("one two three four"),
            &rules,
            &FeedRules::default(),
            &Past(2, None)
        )
        .verdict
        .standing,
        Standing::Held
    );
    let copy = judge(
        &post("one two three four"),
        &rules,
        &FeedRules::default(),
        &Past(0, Some(PostNum(7))),
    );
    assert_eq!(
        (copy.verdict.standing, copy.copy_of),
        (Standing::Hidden, Some(PostNum(7)))
    );
    assert_eq!(
        judge(
            &post("thank you"),
            &rules,
            &FeedRules::default(),
            &Past(0, Some(PostNum(7)))
        )
        .verdict,
        Verdict::shown()
    );
}

fn rejudge(post: &Post, rules: &Rules, before: &Verdict) -> Verdict {
    let (feed, now) = (FeedRules::default(), Timestamp::UNIX_EPOCH);
    judge_again(post, rules, &feed, &Past(0, None), now, false).over(before)
}

#[test]
fn judging_again_keeps_what_depended_on_the_moment() {
    let before = verdict(
        &post("idiot"),
        serde_json::json!({"mode": "held", "block_words": ["idiot"]}),
    );
    let open = Rules::new(&ModerationSettings::default(), []);
    let after = rejudge(&post("idiot"), &open, &before);
    assert_eq!(after.standing, Standing::Held);
    assert_eq!(after.reasons.len(), 1);
    assert_eq!(after.reasons[0].rule, "mode");
}

#[test]
fn a_copy_is_told_by_its_words_alone() {
    let mut linked = post("Come and SEE our booth https://a.example/1");
    linked.facets = serde_json::from_value(serde_json::json!([
        {"start": 23, "end": 42, "kind": "link", "target": "https://a.example/1"}
    ]))
    .unwrap();
    assert_eq!(
        same_words(&linked),
        same_words(&post("come and see our booth!"))
    );
    assert_ne!(
        same_words(&linked),
        same_words(&post("come and see our stand!"))
    );
    assert_eq!(same_words(&post("so true")), None);
}

#[test]
fn nothing_in_its_delay_slips_through_once_all_is_held() {
    let before = verdict(&post("hello"), serde_json::json!({"mode": "delayed"}));
    let held = settings(serde_json::json!({"mode": "held"}));
    let after = rejudge(&post("hello"), &Rules::new(&held, []), &before);
    assert_eq!(after.standing, Standing::Held);
    assert_eq!(after.reasons[0].rule, "mode");
}
