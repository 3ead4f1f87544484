//! Signing in and out, and the people who may.

mod support;

use serde_json::json;
use support::api::Api;
use support::binary::{Place, Service};

const WALL: &str = "expert2019";

async fn add(place: &Place, name: &str, role: &str, password: &str) {
    let args = ["person", "add", name, "--role", role, "--password-stdin"];
    place.run_with(&args, &format!("{password}\n")).await.done();
}

/// The token of a link that `person link` prints.
async fn link(place: &Place, name: &str) -> String {
    let said = place.run(&["person", "link", name]).await.done();
    let (_, token) = said.trim().split_once("/sign-in#").expect("a link");
    token.to_owned()
}

async fn wall() -> (Place, Service) {
    let place = Place::new();
    let service = place.serve(&["--hashtag", WALL]).await;
    (place, service)
}

#[tokio::test]
async fn the_printed_link_opens_once_and_a_session_ends_with_signing_out() {
    let (place, service) = wall().await;
    let token = service.token.clone().expect("it printed a link");
    service.anybody().get("/me").await.problem(401);
    let operator = service.operator().await;
    let me = operator.get("/me").await.ok();
    assert_eq!(me, json!({"name": "operator", "role": "admin"}));
    let again = service
        .anybody()
        .post("/sign-in", json!({"token": token}))
        .await;
    again.problem(401);
    service
        .anybody()
        .post("/sign-in", json!({"token": "x"}))
        .await
        .problem(401);
    service
        .anybody()
        .post("/sign-in", json!({"nonsense": 1}))
        .await
        .problem(400);

    let answer = operator.post("/sign-out", json!({})).await;
    assert_eq!(answer.status, 204);
    let cleared = answer.headers["set-cookie"].to_str().expect("plain");
    assert!(
        cleared.starts_with("buzzwall=;") && cleared.contains("Max-Age=0"),
        "{cleared}"
    );
    operator.get("/me").await.problem(401);

    // As long as there is no admin, every start prints a new link; with one, none.
    service.stop().await;
    let service = place.serve(&["--hashtag", WALL]).await;
    let second = service.token.clone().expect("it printed a link");
    assert_ne!(second, token);
    service.stop().await;
    add(&place, "Ada", "admin", "secret").await;
    let service = place.serve(&["--hashtag", WALL]).await;
    assert_eq!(service.token, None, "{}", service.told);
    // The log never has them.
    for secret in [token, second] {
        assert!(!service.log().contains(&secret));
    }
}

#[tokio::test]
async fn a_password_signs_in_and_the_cookie_is_for_the_browser_alone() {
    let (place, service) = wall().await;
    add(&place, "Ada Łovelace", "moderator", "correct horse").await;
    let body = json!({"name": "ADA łovelace", "password": "correct horse"});
    let answer = service.anybody().post("/sign-in", body.clone()).await;
    let cookie = answer.headers["set-cookie"]
        .to_str()
        .expect("plain")
        .to_owned();
    assert!(
        cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure"), "{cookie}");
    assert_eq!(
        answer.ok(),
        json!({"name": "Ada Łovelace", "role": "moderator"})
    );
    // Behind a proxy that speaks https, the cookie is for https alone.
    let request = service.anybody().request(reqwest::Method::POST, "/sign-in");
    let request = request.header("x-forwarded-proto", "https").json(&body);
    let answer = service.anybody().send(request).await;
    assert!(
        answer.headers["set-cookie"]
            .to_str()
            .expect("plain")
            .contains("; Secure")
    );
    for (name, password) in [("Ada Łovelace", "wrong"), ("nobody", "correct horse")] {
        let refused = Api::by_password(&service.base, name, password).await;
        let words = refused.err().expect("it is wrong").problem(401);
        assert!(
            !words.contains(name),
            "which of them is wrong is not said: {words}"
        );
    }
    assert!(!service.log().contains("correct horse"));
}

#[tokio::test]
async fn who_tries_too_often_has_to_wait() {
    let (place, service) = wall().await;
    add(&place, "Ada", "moderator", "secret").await;
    for _ in 0..5 {
        let refused = Api::by_password(&service.base, "Ada", "wrong").await;
        refused.err().expect("it is wrong").problem(401);
    }
    let refused = Api::by_password(&service.base, "Ada", "secret").await;
    let refused = refused.err().expect("even the right one has to wait");
    let wait = refused.headers["retry-after"]
        .to_str()
        .expect("plain")
        .to_owned();
    let wait: u64 = wait.parse().expect("seconds");
    assert!((1..=5).contains(&wait), "{wait}");
    refused.problem(429);
    // A one-time link always lets its owner in.
    let token = link(&place, "Ada").await;
    let ada = Api::by_link(&service.base, &token).await;
    assert_eq!(ada.get("/me").await.ok()["name"], "Ada");
}

/// The same with and without a service.
async fn manage(place: &Place) {
    assert_eq!(place.run(&["person", "list"]).await.done(), "");
    add(place, "Ada", "admin", "one").await;
    add(place, "Ben", "organiser", "two").await;
    let taken = place
        .run_with(
            &[
                "person",
                "add",
                "ADA",
                "--role",
                "admin",
                "--password-stdin",
            ],
            "x\n",
        )
        .await;
    assert!(taken.failed(1).contains("already"));
    let list = place.run(&["person", "list"]).await.done();
    assert_eq!(list, "admin       Ada\norganiser   Ben\n");
    let said = place
        .run_with(
            &["person", "password", "Ben", "--password-stdin"],
            "three\n",
        )
        .await
        .done();
    assert!(said.contains("Ben"));
    assert_eq!(
        link(place, "Ben").await.len(),
        link(place, "Ada").await.len()
    );
    place.run(&["person", "remove", "Ada"]).await.done();
    for order in ["remove", "link"] {
        let words = place.run(&["person", order, "Ada"]).await.failed(1);
        assert!(
            words.contains("Ada") && words.contains("person list"),
            "{words}"
        );
    }
    assert_eq!(
        place.run(&["person", "list"]).await.done(),
        "organiser   Ben\n"
    );
    for (args, input) in [
        (
            vec!["person", "add", "Eve", "--role", "king", "--password-stdin"],
            "x\n",
        ),
        (vec!["person", "add", "Eve", "--password-stdin"], "x\n"),
        (vec!["person", "add", "Eve", "--role", "admin"], "x\n"),
    ] {
        place.run_with(&args, input).await.failed(2);
    }
    for (name, password) in [("Eve", "\n"), ("operator", "x\n"), ("a\nb", "x\n")] {
        let args = ["person", "add", name, "--role", "admin", "--password-stdin"];
        place.run_with(&args, password).await.failed(1);
    }
}

#[tokio::test]
async fn people_are_managed_while_nothing_runs() {
    let place = Place::new();
    manage(&place).await;
    let token = link(&place, "Ben").await;
    let service = place.serve(&["--hashtag", WALL]).await;
    let ben = Api::by_link(&service.base, &token).await;
    assert_eq!(ben.get("/me").await.ok()["role"], "organiser");
    assert!(
        Api::by_password(&service.base, "Ben", "three")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn people_are_managed_while_the_service_runs() {
    let (place, service) = wall().await;
    manage(&place).await;
    let said = place.run(&["person", "link", "Ben"]).await.done();
    let (base, token) = said.trim().split_once("/sign-in#").expect("a link");
    assert_eq!(
        base, service.base,
        "the link leads to the service that runs"
    );
    Api::by_link(base, token).await;
    assert!(Api::by_password(&service.base, "Ben", "two").await.is_err());
    assert!(
        Api::by_password(&service.base, "Ben", "three")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn who_is_removed_is_out_at_once() {
    let (place, service) = wall().await;
    for (name, how) in [("Ada", "remove"), ("Ben", "password"), ("Cleo", "sign-out")] {
        add(&place, name, "moderator", "secret").await;
        let person = Api::by_password(&service.base, name, "secret")
            .await
            .expect("they may");
        let mut staff = person.watch_as_staff(WALL).await;
        let mut public = person.watch(WALL).await;
        let mut events = person.events(WALL, "view=staff", None).await;
        staff.of_type("snapshot").await;
        public.of_type("snapshot").await;
        events.next().await;
        match how {
            "remove" => drop(place.run(&["person", "remove", name]).await.done()),
            "password" => {
                let args = ["person", "password", name, "--password-stdin"];
                place.run_with(&args, "other\n").await.done();
            }
            _ => assert_eq!(person.post("/sign-out", json!({})).await.status, 204),
        }
        person.get("/me").await.problem(401);
        person
            .post(&format!("/walls/{WALL}/stage"), json!({"action": "blank"}))
            .await
            .problem(401);
        let began = std::time::Instant::now();
        assert_eq!(staff.closed().await, Some(4401), "{how}");
        assert!(events.ended().await, "{how}");
        assert!(
            began.elapsed().as_secs() < 5,
            "{how}: {:?}",
            began.elapsed()
        );
        // The public stream is anybody's.
        public.say_json(json!({"type": "nothing"})).await;
        place
            .bring(WALL, &[support::posts::post(name, "hello", json!({}))])
            .await;
        public.post(&format!("test:{name}"), |_| true).await;
    }
}
