use super::*;
use crate::duration::Span;
use crate::post::{Kind, Post};
use proptest::strategy::Strategy as _;

/// When posts come in these tests: three hours after they were written.
const NOW: Timestamp = Timestamp::constant(1_714_568_400, 0);

struct Past(usize, Option<PostNum>);

impl History for Past {
    fn of_feed_between(&self, _: Timestamp, _: Timestamp) -> usize {
        self.0
    }

    fn posts_between(&self, _: &Post, _: Timestamp, _: Timestamp) -> usize {
        self.0
    }

    fn has_written(&self) -> bool {
        self.0 > 0
    }

    fn hidden_before(&self, _: &near::Saying, _: Timestamp) -> bool {
        false
    }

    fn said_before(&self, _: &near::Saying, _: Timestamp) -> Option<PostNum> {
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
    judge(post, &rules, &FeedRules::default(), &Past(0, None), NOW).verdict
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
        let verdict = judge(
            &post(text),
            &rules,
            &FeedRules::default(),
            &Past(0, None),
            NOW,
        )
        .verdict;
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
    let verdict = judge(
        &post(text),
        &rules,
        &FeedRules::default(),
        &Past(0, None),
        NOW,
    )
    .verdict;
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
fn a_word_of_the_walls_own_waits_for_a_person_when_it_is_written_from_its_end() {
    let json = serde_json::json!({"block_words": ["muppet"]});
    assert_eq!(
        verdict(&post("look, a teppum"), json).standing,
        Standing::Held
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
            &Past(1, None),
            NOW
        )
        .verdict,
        Verdict::shown()
    );
    assert_eq!(
        judge(
            &post("one two three four"),
            &rules,
            &FeedRules::default(),
            &Past(2, None),
            NOW
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
        NOW,
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
            &Past(0, Some(PostNum(7))),
            NOW
        )
        .verdict,
        Verdict::shown()
    );
}

fn rejudge(post: &Post, rules: &Rules, before: &Verdict) -> Verdict {
    let (feed, now) = (FeedRules::default(), Timestamp::UNIX_EPOCH);
    judge_again(post, rules, &feed, &Past(0, None), now, Since::default()).over(before)
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

/// A post with everything that a rule may look at.
fn everything() -> Post {
    serde_json::from_value(serde_json::json!({
        "id": "demo:2", "source": "demo", "kind": "quote", "created_at": "2024-05-01T10:00:00Z", "language": "de",
        "text": "LOOK AT THIS GREAT OFFER bit.ly/x https://shop.spam.example/y IDIOT 🎉🎉🎉 #one #two #three @ada",
        "facets": [
            {"start": 34, "end": 61, "kind": "link", "target": "https://shop.spam.example/y"},
            {"start": 81, "end": 85, "kind": "hashtag", "target": "one"},
        ],
        "hashtags": ["one", "two", "three"], "sensitive": true, "warning": "idiots ahead",
        "media": [{"kind": "video", "alt": "an idiot"}],
        "card": {"url": "https://other.example/", "title": "Idiot", "description": ""},
        "poll": {"options": [{"text": "idiot"}]},
        "author": {"id": "demo:ada", "handle": "@ada@spam.example", "name": "Idiot", "followers": 1, "bot": true,
            "created_at": "2024-05-01T09:00:00Z", "discoverable": false},
    }))
    .unwrap()
}

fn everything_on() -> serde_json::Value {
    serde_json::json!({
        "block_words": ["idiot*"], "blocked": ["*@spam.example"], "block_domains": ["spam.example"], "links": "hold",
        "shorteners": "hold", "max_links": {"most": 1}, "max_hashtags": {"most": 2}, "max_mentions": {"most": 0},
        "max_emoji": {"most": 2}, "hashtags_only": "hold", "shouting": "hold", "quotes": "hold", "sensitive": "hold",
        "warnings": "hold", "media": {"video": "hold"}, "sources": {"demo": "hold"}, "languages": ["cy"],
        "unknown_language": "hold", "not_discoverable": "hold", "new_accounts": {"younger_than": "1d"},
        "few_followers": {"fewer_than": 5}, "first_posts": "hold", "bots": "hold", "older_than": {"age": "1h"},
    })
}

#[test]
fn every_rule_fires_and_the_verdict_names_them_all_in_order() {
    let verdict = verdict(&everything(), everything_on());
    let mut rules: Vec<&str> = verdict.reasons.iter().map(|it| it.rule.as_str()).collect();
    rules.dedup();
    assert_eq!(
        rules,
        [
            "block_words",
            "blocked",
            "block_domains",
            "sensitive",
            "warnings",
            "media",
            "links",
            "shorteners",
            "max_links",
            "max_hashtags",
            "max_mentions",
            "max_emoji",
            "shouting",
            "quotes",
            "sources",
            "languages",
            "not_discoverable",
            "new_accounts",
            "few_followers",
            "first_posts",
            "bots",
            "older_than",
        ]
    );
    let words: Vec<(&str, &str)> = verdict
        .reasons
        .iter()
        .filter(|it| it.rule == "block_words")
        .filter_map(|it| Some((it.field.as_deref()?, it.rule.as_str())))
        .collect();
    let fields: Vec<&str> = words.iter().map(|(field, _)| *field).collect();
    assert_eq!(fields, ["alt", "card", "name", "poll", "text", "warning"]);
    let detail = |rule: &str| {
        let found = verdict.reasons.iter().find(|it| it.rule == rule);
        found.and_then(|it| it.detail.clone()).unwrap_or_default()
    };
    assert_eq!(detail("max_hashtags"), "3 hashtags");
    assert_eq!(detail("max_links"), "3 links");
    assert_eq!(detail("shorteners"), "bit.ly");
    assert_eq!(detail("block_domains"), "shop.spam.example");
    assert_eq!(detail("few_followers"), "1 follower");
}

#[test]
fn links_are_found_however_they_are_written() {
    let json = || serde_json::json!({"block_domains": ["bad.example", "Bücher.example", "not.ours.example", "evil.xn--p1ai", "192.0.2.1"], "allow_domains": ["ours.example", "fine.bad.example"], "links": "hold"});
    for (text, target, rules) in [
        ("see bad.example now", None, vec!["block_domains"]),
        ("see BAD.example./x", None, vec!["block_domains", "links"]),
        (
            "see http://good.example@bad.example/",
            Some("http://good.example@bad.example/"),
            vec!["block_domains", "links"],
        ),
        // The words say one site, the link leads to another.
        (
            "see ours.example/x",
            Some("https://bad.example/"),
            vec!["block_domains", "links"],
        ),
        (
            "see https://bücher.example/",
            Some("https://xn--bcher-kva.example/"),
            vec!["block_domains", "links"],
        ),
        (
            "see https://sub.ours.example/",
            Some("https://sub.ours.example/"),
            vec![],
        ),
        ("our main.rs and node.js, e.g. this", None, vec![]),
        ("write to me@bad.example", None, vec![]),
        (
            "good.example@bad.example/x",
            None,
            vec!["block_domains", "links"],
        ),
        ("see http://other.example", None, vec!["links"]),
        // The nearer of two sites counts.
        ("see fine.bad.example/x", None, vec![]),
        (
            "see not.ours.example/x",
            None,
            vec!["block_domains", "links"],
        ),
        ("see other.example/x", None, vec!["links"]),
        (
            "see http://good.example@bad.example/x",
            None,
            vec!["block_domains", "links"],
        ),
        (
            "(http://user:pw@bad.example/).",
            None,
            vec!["block_domains", "links"],
        ),
        (
            "see http://user:pw@bad.example, now",
            None,
            vec!["block_domains", "links"],
        ),
        (
            "see HTTPS://bad.example:99999/",
            None,
            vec!["block_domains", "links"],
        ),
        ("see http://bad.example@other.example/", None, vec!["links"]),
        ("see evil.xn--p1ai and it", None, vec!["block_domains"]),
        ("see evil.рф/x", None, vec!["block_domains", "links"]),
        (
            "see http://192.0.2.1/x",
            None,
            vec!["block_domains", "links"],
        ),
        ("see http://192.0.2.2/x", None, vec!["links"]),
        ("bad。example", None, vec!["block_domains"]),
        ("bad．example/x.html", None, vec!["block_domains", "links"]),
        ("本日。明日/x", None, vec![]),
    ] {
        let mut it = post(text);
        if let Some(target) = target {
            let facet = serde_json::json!([{"start": 4, "end": text.len(), "kind": "link", "target": target}]);
            it.facets = serde_json::from_value(facet).unwrap();
        }
        let verdict = verdict(&it, json());
        let fired: Vec<&str> = verdict.reasons.iter().map(|it| it.rule.as_str()).collect();
        assert_eq!(fired, rules, "{text}");
    }
}

#[test]
fn ordinary_posts_are_not_shouted_stuffed_or_empty() {
    let json = || serde_json::json!({"shouting": "hold", "hashtags_only": "hold", "max_emoji": {"most": 3}});
    for (text, rule) in [
        (
            "THIS TALK WAS REALLY VERY GOOD, THANK YOU",
            Some("shouting"),
        ),
        (
            "DNA and RNA from NGS at the ASHG2013, says the USDA and NASA, and so do we",
            None,
        ),
        ("GOOD MORNING", None),
        ("#one #two https://x.example/ @ada", Some("hashtags_only")),
        ("#one bit.ly/x (www.x.example)", Some("hashtags_only")),
        ("#one see bit.ly/x", None),
        ("#one main.rs", None),
        ("🎉 #one", None),
        ("yes #one", None),
        ("🎉🎉🎉🎉", Some("max_emoji")),
        // One family is one picture.
        ("👨‍👩‍👧‍👦 👩🏽‍🚀 🇬🇧", None),
    ] {
        let verdict = verdict(&post(text), json());
        let fired = verdict.reasons.first().map(|it| it.rule.as_str());
        assert_eq!(fired, rule, "{text}");
    }
}

#[test]
fn a_language_passes_by_what_is_said_or_by_what_is_written() {
    let german = "Der Vortrag über einzelne Zellen beginnt um neun im großen Saal";
    for (text, said, wanted, rule) in [
        (german, None, "de", None),
        // The app was told English.
        (german, Some("en"), "de", None),
        (german, Some("de-AT"), "cy", Some("languages")),
        (german, None, "en", Some("languages")),
        ("Great!", None, "en", Some("unknown_language")),
        ("Great!", Some("en"), "en", None),
        ("Great!", Some("fr"), "en", Some("languages")),
        // Nobody here can read Welsh, which might be taken for German.
        (german, None, "cy", Some("unknown_language")),
    ] {
        let mut it = post(text);
        it.language = said.map(str::to_owned);
        let json = serde_json::json!({"languages": [wanted], "unknown_language": "hold"});
        let verdict = verdict(&it, json);
        let fired = verdict.reasons.first().map(|it| it.rule.as_str());
        assert_eq!(fired, rule, "{text} {said:?} {wanted}");
    }
}

#[test]
fn people_are_counted_whether_they_are_marked_or_not() {
    for (text, rule) in [
        ("thanks @ada, @bob and (@cy)", Some("max_mentions")),
        ("thanks @ada, @ada and .@ada", None),
        ("a@b.example c@d.example e @ f", None),
    ] {
        let verdict = verdict(
            &post(text),
            serde_json::json!({"max_mentions": {"most": 2}}),
        );
        let fired = verdict.reasons.first().map(|it| it.rule.as_str());
        assert_eq!(fired, rule, "{text}");
    }
}

#[test]
fn a_repost_is_nobodys_first_post() {
    let mut repost = post("hello");
    repost.kind = Kind::Repost;
    let json = serde_json::json!({"first_posts": "hold", "reposts": "show"});
    assert_eq!(verdict(&repost, json.clone()), Verdict::shown());
    assert_eq!(verdict(&post("hello"), json).standing, Standing::Held);
}

#[test]
fn what_a_rule_on_a_list_does_can_be_set() {
    let idiot = post("you idiot");
    let with = |action: &str| {
        let json =
            serde_json::json!({"block_words": ["idiot"], "actions": {"block_words": action}});
        verdict(&idiot, json).standing
    };
    assert_eq!(with("show"), Standing::Shown);
    assert_eq!(with("hold"), Standing::Held);
    assert_eq!(with("hide"), Standing::Hidden);
}

#[test]
fn trust_lets_pass_what_would_wait_and_nothing_that_is_hidden() {
    let mut json = everything_on();
    json["trusted"] = serde_json::json!(["@ada@spam.example"]);
    json["blocked"] = serde_json::json!([]);
    let verdict = verdict(&everything(), json);
    assert!(
        verdict
            .reasons
            .iter()
            .all(|it| it.outcome == Standing::Hidden)
    );
    assert_eq!(verdict.standing, Standing::Hidden);
}

/// Posts with some of what the rules look at.
fn any_post() -> impl proptest::strategy::Strategy<Value = Post> {
    use proptest::prelude::any;
    use proptest::sample::select;
    let pieces = vec![
        "LOOK AT THIS GREAT OFFER",
        "a great offer",
        "idiot",
        "bit.ly/x",
        "https://shop.spam.example/y",
        "http://a@spam.example",
        "#one",
        "#two",
        "@ada",
        "@eve",
        "🎉🎉🎉",
        "der Vortrag über Zellen beginnt um neun im großen Saal",
        "lookat",
        "offres",
        "…",
    ];
    let words = proptest::collection::vec(select(pieces), 0..8);
    let author = (
        select(vec![
            "@ada@spam.example",
            "@eve@good.example",
            "bob.example",
            "",
        ]),
        select(vec!["Ada", "An Idiot"]),
        proptest::option::of(0_u64..9),
        any::<bool>(),
    );
    let kind = select(vec!["original", "reply", "quote", "repost"]);
    let rest = (
        kind,
        any::<bool>(),
        select(vec!["2024-05-01T10:00:00Z", "2024-05-01T12:59:00Z"]),
        proptest::option::of(select(vec!["de", "fr-CA", "und"])),
        select(vec!["image", "video"]),
    );
    (words, author, rest).prop_map(|(words, (handle, name, followers, bot), (kind, sensitive, at, language, media))| {
        serde_json::from_value(serde_json::json!({
            "id": "demo:3", "source": "demo", "kind": kind, "created_at": at, "language": language, "text": words.join(" "),
            "hashtags": words.iter().filter_map(|word| word.strip_prefix('#')).collect::<Vec<_>>(),
            "sensitive": sensitive, "warning": sensitive.then_some("idiots ahead"), "media": [{"kind": media, "alt": name}],
            "author": {"id": "demo:x", "handle": handle, "name": name, "followers": followers, "bot": bot, "created_at": "2024-05-01T09:00:00Z"},
        }))
        .unwrap()
    })
}

proptest::proptest! {
    #[test]
    fn spans_lie_on_characters_of_their_field(
        text in "\\PC{0,60}", name in "\\PC{0,20}", warning in "\\PC{0,20}", at in 0_usize..60, to in 0_usize..60,
    ) {
        let mut it = everything();
        // Facets of a hostile source may lie anywhere; intake checks them, and the rules must bear them nevertheless.
        it.facets = serde_json::from_value(serde_json::json!([{"start": at.min(to), "end": at.max(to), "kind": "link", "target": "x"}])).unwrap();
        it.text = text;
        it.author.name = name;
        it.warning = Some(warning);
        for reason in verdict(&it, everything_on()).reasons {
            let (Some(field), Some((start, end))) = (reason.field.as_deref(), reason.span) else { continue };
            let field = match field {
                "text" => &it.text,
                "name" => &it.author.name,
                "warning" => it.warning.as_ref().unwrap(),
                "handle" => &it.author.handle,
                _ => continue,
            };
            proptest::prop_assert!(field.get(start..end).is_some(), "{reason:?}");
        }
    }

    #[test]
    fn the_order_of_the_rules_changes_nothing(it in any_post(), order in proptest::collection::vec(0_usize..19, 0..60)) {
        let rules = Rules::new(&settings(everything_on()), []);
        let ask = |order: &[usize]| {
            let mut case = Case { post: &it, rules: &rules, feed: &FeedRules::default(), history: &Past(0, None), fired: Vec::new(), copy_of: None, saying: None };
            rule::shuffled(&mut case, NOW, order);
            weigh(case.fired, false)
        };
        let mut all: Vec<usize> = order;
        all.extend(0..19);
        proptest::prop_assert_eq!(ask(&all), judge(&it, &rules, &FeedRules::default(), &Past(0, None), NOW).verdict);
    }

    #[test]
    fn the_order_of_the_entries_of_a_list_changes_nothing(it in any_post(), order in proptest::sample::subsequence((0..6).collect::<Vec<usize>>(), 6).prop_shuffle()) {
        let shuffled = |entries: [&str; 6]| -> Vec<String> { order.iter().map(|nth| entries[*nth].to_owned()).collect() };
        let listed = list::parse("[hold]\nidiot\n[hide]\noffer\nlook\n[mask]\n*dio*\n[allow]\ngreat offer\n[ordinary]\noffers", "rude").unwrap();
        let listed: Vec<Listed> = order.iter().map(|nth| listed[*nth].clone()).collect();
        let json = serde_json::json!({
            "block_words": shuffled(["idiot", "idiot*", "*diot", "/id.ot/", "great", "great offer"]),
            "allow_words": shuffled(["look at", "at this", "this", "one", "two", "three"]),
            "blocked": shuffled(["*@spam.example", "@ada@spam.example", "*@example", "ada", "eve", "bob.example"]),
            "block_domains": shuffled(["spam.example", "shop.spam.example", "bit.ly", "other.example", "a.example", "b.example"]),
            "allow_domains": shuffled(["example", "y.example", "x.example", "d.example", "a.bit.ly", "e.example"]),
            "languages": shuffled(["fr", "it", "es", "pt", "nl", "sv"]),
        });
        let judged = |json, listed: &[Listed]| judge(&it, &Rules::new(&settings(json), listed), &FeedRules::default(), &Past(0, None), NOW).verdict;
        let sorted = serde_json::json!(json.as_object().unwrap().iter().map(|(key, entries)| {
            let mut entries: Vec<String> = serde_json::from_value(entries.clone()).unwrap();
            entries.sort();
            (key.clone(), serde_json::json!(entries))
        }).collect::<serde_json::Map<_, _>>());
        let mut in_order = listed.clone();
        in_order.sort_by(|a, b| a.text.cmp(&b.text));
        proptest::prop_assert_eq!(judged(json, &listed), judged(sorted, &in_order));
    }

    #[test]
    fn one_more_rule_never_lowers_a_verdict(it in any_post(), on in proptest::collection::vec(proptest::bool::ANY, 24), one in 0_usize..24) {
        let serde_json::Value::Object(all) = everything_on() else { unreachable!() };
        let some = |extra: Option<usize>| {
            let chosen = all.iter().enumerate().filter(|(nth, _)| on[*nth] || Some(*nth) == extra);
            let json: serde_json::Map<_, _> = chosen.map(|(_, (key, value))| (key.clone(), value.clone())).collect();
            verdict(&it, serde_json::Value::Object(json)).standing
        };
        proptest::prop_assert!(some(None) <= some(Some(one)));
    }
}
