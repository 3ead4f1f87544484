//! People, links and sessions together, time moved by hand.

use std::time::Duration;

use jiff::Timestamp;

use super::*;

fn people() -> People {
    let people = People::in_memory().unwrap();
    people
        .add("Ada", Role::Moderator, "correct horse", start())
        .unwrap();
    people
}

fn start() -> Timestamp {
    "2019-11-06T09:00:00Z".parse().unwrap()
}

fn after(span: Duration) -> Timestamp {
    start() + span
}

const SECOND: Duration = Duration::from_secs(1);

fn refused<T: std::fmt::Debug>(result: &Result<T, PeopleError>) -> bool {
    matches!(result, Err(PeopleError::Refused))
}

#[test]
fn people_are_added_listed_and_removed() {
    let people = people();
    people
        .add(" Émile ", Role::Organiser, "x", after(SECOND))
        .unwrap();
    let listed = people.list().unwrap();
    let names: Vec<(&str, Role)> = listed.iter().map(|p| (p.name.as_str(), p.role)).collect();
    assert_eq!(
        names,
        [("Ada", Role::Moderator), ("Émile", Role::Organiser)]
    );
    assert_eq!(listed[1].created_at, after(SECOND));
    people.remove("ÉMILE").unwrap();
    assert_eq!(people.list().unwrap().len(), 1);
    assert!(matches!(
        people.remove("Émile"),
        Err(PeopleError::Nobody(_))
    ));
}

#[test]
fn names_are_unique_short_and_printable() {
    let people = people();
    let add = |name: &str| people.add(name, Role::Admin, "x", start());
    assert!(matches!(add("ADA"), Err(PeopleError::Taken(_))));
    assert!(matches!(add("Ａｄａ"), Err(PeopleError::Taken(_))));
    assert!(matches!(add("Operator"), Err(PeopleError::Reserved)));
    for name in ["", "  ", "a\nb", "a\u{0}", &"x".repeat(65)] {
        assert!(matches!(add(name), Err(PeopleError::Name(_))), "{name:?}");
    }
    add(&"é".repeat(64)).unwrap();
    assert!(matches!(
        people.add("grace", Role::Admin, "", start()),
        Err(PeopleError::Password)
    ));
}

#[test]
fn an_admin_is_noticed() {
    let people = people();
    assert!(!people.has_admin().unwrap());
    people.add("root", Role::Admin, "x", start()).unwrap();
    assert!(people.has_admin().unwrap());
    people.remove("root").unwrap();
    assert!(!people.has_admin().unwrap());
}

#[test]
fn the_right_password_opens_a_session_and_no_other_does() {
    let people = people();
    let session = people.sign_in("ada", "correct horse", start()).unwrap();
    assert_eq!(
        session.who,
        SignedIn {
            name: "Ada".to_owned(),
            role: Role::Moderator
        }
    );
    let seen = people.session(session.token.as_str(), start()).unwrap();
    assert_eq!(seen, Some(session.who));
    for (name, password) in [
        ("ada", "wrong"),
        ("ada", ""),
        ("nobody", "nobody"),
        ("", ""),
    ] {
        assert!(
            refused(&people.sign_in(name, password, start())),
            "{name} {password}"
        );
    }
    assert!(refused(&people.sign_in(
        &"x".repeat(1_000_000),
        "x",
        start()
    )));
}

#[test]
fn no_token_is_stored_or_printed() {
    let people = people();
    let link = people.link("ada", start()).unwrap();
    let session = people.sign_in("ada", "correct horse", start()).unwrap();
    assert!(!format!("{session:?}").contains(session.token.as_str()));
    assert_ne!(link, session.token);
    let store = people.store.lock();
    for (table, token) in [("link", &link), ("session", &session.token)] {
        let kept: Vec<u8> = store
            .query_row(&format!("SELECT hash FROM {table}"), [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, token.hash());
        assert_ne!(kept, token.as_str().as_bytes());
    }
}

#[test]
fn a_session_lasts_while_it_is_used() {
    let people = people();
    let token = people
        .sign_in("ada", "correct horse", start())
        .unwrap()
        .token;
    let holds = |at: Timestamp| people.session(token.as_str(), at).unwrap().is_some();
    let first_end = start() + SESSION_LASTS;
    assert!(holds(first_end - SECOND));
    // That use was written down, so it runs on from there.
    assert!(holds(first_end + SECOND));
    let last = first_end - SECOND;
    assert!(holds(last + Duration::from_mins(59)));
    // That one was not: it came within the hour.
    assert!(!holds(last + SESSION_LASTS + SECOND));
}

#[test]
fn sessions_end_by_sign_out_removal_and_a_new_password() {
    let people = people();
    let open = || {
        people
            .sign_in("ada", "correct horse", start())
            .unwrap()
            .token
    };
    let holds = |token: &Token| people.session(token.as_str(), start()).unwrap().is_some();
    let (first, second) = (open(), open());
    people.sign_out(first.as_str()).unwrap();
    assert!(!holds(&first) && holds(&second));
    people.sign_out(first.as_str()).unwrap();
    people.sign_out("nonsense").unwrap();
    people.set_password("ADA", "battery staple").unwrap();
    assert!(!holds(&second));
    assert!(refused(&people.sign_in("ada", "correct horse", start())));
    let third = people
        .sign_in("ada", "battery staple", start())
        .unwrap()
        .token;
    let link = people.link("ada", start()).unwrap();
    people.remove("ada").unwrap();
    assert!(!holds(&third));
    assert!(refused(&people.redeem(link.as_str(), start())));
    assert_eq!(people.session("nonsense", start()).unwrap(), None);
}

#[test]
fn a_link_opens_once_and_in_time() {
    let people = people();
    let link = people.link("ADA", start()).unwrap();
    let session = people
        .redeem(link.as_str(), after(LINK_LASTS) - SECOND)
        .unwrap();
    assert_eq!(session.who.name, "Ada");
    assert!(refused(&people.redeem(link.as_str(), start())));
    let late = people.link("ada", start()).unwrap();
    assert!(refused(&people.redeem(late.as_str(), after(LINK_LASTS))));
    assert!(refused(&people.redeem(late.as_str(), start())));
    assert!(refused(&people.redeem("", start())));
    assert!(refused(&people.redeem(session.token.as_str(), start())));
    assert!(matches!(
        people.link("nobody", start()),
        Err(PeopleError::Nobody(_))
    ));
}

#[test]
fn the_operator_comes_in_without_being_a_person() {
    let people = People::in_memory().unwrap();
    let link = people.bootstrap_link(start()).unwrap();
    let session = people.redeem(link.as_str(), start()).unwrap();
    assert_eq!(
        session.who,
        SignedIn {
            name: OPERATOR.to_owned(),
            role: Role::Admin
        }
    );
    assert_eq!(
        people.session(session.token.as_str(), start()).unwrap(),
        Some(session.who)
    );
    assert_eq!(people.list().unwrap(), []);
    assert!(refused(&people.redeem(link.as_str(), start())));
}

#[test]
fn what_has_run_out_is_cleared_away() {
    let people = people();
    people.link("ada", start()).unwrap();
    people.sign_in("ada", "correct horse", start()).unwrap();
    let later = start() + SESSION_LASTS;
    people.link("ada", later).unwrap();
    people.sign_in("ada", "correct horse", later).unwrap();
    let store = people.store.lock();
    for table in ["link", "session"] {
        let kept: i64 = store
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(kept, 1, "{table}");
    }
}

#[test]
fn each_wall_has_one_screen_key() {
    let people = people();
    let key = people.screen_key("a").unwrap();
    assert_eq!(people.screen_key("a").unwrap(), key);
    assert_ne!(people.screen_key("b").unwrap(), key);
    assert!(people.is_screen_key("a", &key).unwrap());
    assert!(!people.is_screen_key("b", &key).unwrap());
    assert!(!people.is_screen_key("c", "").unwrap());
}

#[test]
fn a_full_disk_locks_nobody_out() {
    let people = people();
    people
        .add("Grace", Role::Moderator, "secret", start())
        .unwrap();
    let session = people.sign_in("Grace", "secret", start()).unwrap();
    let key = people.screen_key("a").unwrap();
    let full = "PRAGMA query_only = ON";
    people.store.lock().execute_batch(full).unwrap();
    let hours_later = after(Duration::from_hours(5));
    let who = people.session(session.token.as_str(), hours_later).unwrap();
    assert_eq!(who, Some(session.who));
    assert_eq!(people.screen_key("a").unwrap(), key);
    assert!(people.screen_key("b").is_err());
}
