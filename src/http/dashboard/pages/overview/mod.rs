//! `/dashboard`: what every agent does now, and what needs a person.

mod doing;
mod hours;
mod needs;
mod page;
mod stand;
mod strip;

pub use page::show;
