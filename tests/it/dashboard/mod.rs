//! The dashboard: pages for people.

mod headers;
