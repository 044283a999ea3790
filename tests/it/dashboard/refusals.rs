//! The refusal table of the dashboard, from the table of routes: whoever may not, however they ask, is refused with a page, and nothing
//! is written.

use reqwest::{Method, RequestBuilder};
use taskgate::http::{Access, ROUTES, Route};

use crate::support::{ADMIN, Answer, Browser, KEY, create_key, rows, with_admin};

/// Routes that are for who is signed in.
pub fn screens() -> Vec<&'static Route> {
    let is_for_visitors = |route: &&Route| rank(route.access).is_some();
    let found: Vec<_> = ROUTES.iter().filter(is_for_visitors).collect();
    assert!(found.len() >= 2, "{found:?}");
    assert!(found.iter().all(|route| route.path.starts_with("/dashboard")), "{found:?}");
    found
}

/// How much of a role a route needs.
fn rank(access: Access) -> Option<usize> {
    let roles = [Access::SignedIn, Access::Viewer, Access::Manager, Access::Administrator];
    roles.iter().position(|role| *role == access)
}

/// A request that would be right if its sender were.
pub fn asked(browser: &Browser, route: &Route, method: &str) -> RequestBuilder {
    let path = route.path.replace("{id}", "T-1").replace("{key}", "T-1");
    match method {
        "GET" => browser.request(Method::GET, &path),
        _ => browser.form(&path, &[("token", &browser.token)]),
    }
}

async fn assert_refused(request: RequestBuilder, status: u16, case: &str) {
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.status, status, "{case}: {answer:?}");
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8", "{case}");
    assert_eq!(answer.headers["cache-control"], "no-store", "{case}");
    assert!(!answer.headers.contains_key("set-cookie"), "{case}: {answer:?}");
}

#[tokio::test]
async fn nobody_gets_in_without_an_open_session() {
    let gateway = with_admin(&[]);
    let mut browser = Browser::new(&gateway);
    assert_eq!(browser.sign_in(ADMIN).await.status, 200);
    let (name, sealed) = browser.cookies.clone().pop_first().unwrap();
    let token = browser.token.clone();
    assert_eq!(browser.submit("/dashboard/sign-out", &[]).await.status, 303);
    let stranger = with_admin(&[]);
    let mut other = Browser::new(&stranger);
    assert_eq!(other.sign_in(ADMIN).await.status, 200);
    let foreign = other.cookies.pop_first().unwrap().1;
    let mut changed = sealed.clone();
    changed.replace_range(40..41, if &sealed[40..41] == "A" { "B" } else { "A" });
    let before = rows(&gateway.database());
    let mut refused = 0;
    for route in screens() {
        for method in &route.methods {
            for (case, cookie, bearer) in [
                ("no cookie", None, None),
                ("an empty cookie", Some(String::new()), None),
                ("garbage", Some(String::from("nonsense")), None),
                ("a changed cookie", Some(changed.clone()), None),
                ("a session that was ended", Some(sealed.clone()), None),
                ("a cookie of another gateway", Some(foreign.clone()), None),
                ("a key as a bearer", None, Some(KEY)),
                ("the admin token as a bearer", None, Some(ADMIN)),
            ] {
                let mut browser = Browser::new(&gateway);
                browser.token.clone_from(&token);
                browser.cookies.extend(cookie.map(|cookie| (name.clone(), cookie)));
                let request = asked(&browser, route, method);
                let request = match bearer {
                    Some(bearer) => request.bearer_auth(bearer),
                    None => request,
                };
                assert_refused(request, 401, &format!("{method} {} with {case}", route.path)).await;
                refused += 1;
            }
        }
    }
    assert!(refused >= 16, "{refused}");
    assert_eq!(rows(&gateway.database()), before);
}

#[tokio::test]
async fn nobody_gets_in_with_less_than_a_route_needs() {
    let gateway = with_admin(&[]);
    let mut tried = 0;
    for (own, scopes) in ["pr:read", "board:read", "board:read,board:manage"].iter().enumerate() {
        let key = create_key(gateway.folder.path(), &["--scopes", scopes]);
        let mut browser = Browser::new(&gateway);
        browser.sign_in(&key).await;
        assert!(browser.is_signed_in().await);
        let before = rows(&gateway.database());
        for route in screens().into_iter().filter(|route| rank(route.access).unwrap() > own) {
            for method in &route.methods {
                let case = format!("{method} {} with {scopes}", route.path);
                assert_refused(asked(&browser, route, method), 403, &case).await;
                tried += 1;
            }
        }
        assert_eq!(rows(&gateway.database()), before);
    }
    assert!(tried > 0);
}

#[tokio::test]
async fn an_address_without_a_page_says_so_among_the_pages_that_one_may_see() {
    let gateway = with_admin(&[("TASKGATE_PUBLIC_URL", "https://gate.example/gate")]);
    let mut browser = Browser::new(&gateway);
    let unknown =
        ["/gate/dashboard/nothing", "/gate/dashboard/tasks/T-1/nothing", "/gate/dashboard/board/x/y"];
    for path in unknown {
        let page = browser.open(path).await;
        assert_eq!(page.status, 404, "{path}: {page:?}");
        assert!(page.text.contains("To sign-in") && !page.text.contains("aria-label=\"Pages\""), "{page:?}");
    }
    let signed_in = browser.form("/gate/dashboard/sign-in", &[("credential", ADMIN)]);
    assert_eq!(browser.send(signed_in).await.status, 303);
    for path in unknown {
        let page = browser.open(path).await;
        assert_eq!(page.status, 404, "{path}: {page:?}");
        assert!(
            page.text.contains("href=\"/gate/dashboard/audit\"") && page.text.contains("Sign out"),
            "{page:?}"
        );
        assert!(page.text.contains("To the overview") && !page.text.contains("To sign-in"), "{page:?}");
    }
}

#[tokio::test]
async fn looking_has_a_rate_of_its_own_that_eats_nothing_of_an_agents() {
    let gateway = with_admin(&[("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_REQUESTS_PER_MINUTE", "60")]);
    let mut browser = Browser::new(&gateway);
    assert_eq!(browser.sign_in(KEY).await.status, 200);
    let began = std::time::Instant::now();
    let mut limited = None;
    for number in 0..10_000 {
        let answer = browser.open("/dashboard").await;
        if answer.status != 200 {
            limited = Some((number, answer));
            break;
        }
    }
    let (number, answer) = limited.expect("there is a limit");
    // A minute's worth with the burst, and ten come back each second.
    let most = 660 + 10 * (began.elapsed().as_secs() as usize + 1);
    assert!((600..=most).contains(&number), "{number}, {most} at most");
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key("retry-after") && answer.text.contains("try again in"));
    assert!(gateway.caller().tool("ping", serde_json::json!({})).await.is_ok());
    while browser.open("/dashboard").await.status != 429 {}
    let out = browser.submit("/dashboard/sign-out", &[]).await;
    assert_eq!(out.status, 303, "signing out is no page: {out:?}");
    assert!(!browser.is_signed_in().await);
}
