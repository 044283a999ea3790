//! The headers of a page for people: what it may load and do. It loads nothing from elsewhere, sends no form and stands in no
//! other page.

use axum::http::{HeaderName, HeaderValue, header};

/// The headers of a page. `styles`: where its styles may come from, as `style-src` names it.
pub(super) fn page_headers(styles: &str) -> [(HeaderName, HeaderValue); 2] {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self' data:; connect-src 'self'; \
         form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    );
    let policy = HeaderValue::try_from(policy).expect("sources are words of ASCII letters");
    let nosniff = HeaderValue::from_static("nosniff");
    [(header::CONTENT_SECURITY_POLICY, policy), (header::X_CONTENT_TYPE_OPTIONS, nosniff)]
}
