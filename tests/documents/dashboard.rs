//! The page about the dashboard says of every page what it shows, and of no other.

use std::collections::BTreeSet;

use taskgate::http::ROUTES;

use super::read;

/// What is got but shown to nobody.
const NO_PAGES: [&str; 2] = ["/dashboard/assets/{name}", "/dashboard/stream"];

#[test]
fn one_table_has_every_page_of_the_dashboard_and_no_other() {
    let page = read("docs/dashboard.md");
    let rows = page.lines().filter(|line| line.starts_with("| `/dashboard"));
    let firsts = rows.map(|row| row.split(" | ").next().unwrap());
    let named: Vec<_> =
        firsts.flat_map(|cell| cell.split('`').filter(|word| word.starts_with('/'))).collect();
    let unique: BTreeSet<_> = named.iter().copied().collect();
    assert_eq!(named.len(), unique.len(), "a page stands twice: {named:?}");
    let got = ROUTES.iter().filter(|route| route.methods.contains(&"GET"));
    let got = got.map(|route| &*route.path).filter(|path| !NO_PAGES.contains(path));
    let pages: BTreeSet<_> = got.filter(|path| path.starts_with("/dashboard")).collect();
    assert_eq!(unique, pages);
}
