//! What requests share, and what is known of each: the services behind the pages, what is open, the facts of a request.

mod app_state;
mod bell;
mod elsewhere;
mod holder;
mod kept_sums;
mod legacy_streams;
mod metrics_token;
mod open_exchanges;
mod page_rate;
mod readiness;
mod request_info;
mod usage_hours;
mod usage_sums;
mod vitals;
mod webhooks;

pub use app_state::{AppState, Figures, HttpParts, ServiceInfo};
pub use bell::{Bell, Ear, Listener, Topics};
pub use elsewhere::{EdgeQuestion, LegacyPost, LegacyWord, OpenRow, Whose, packed, unpacked};
pub use holder::Holder;
pub use legacy_streams::{LegacyStream, LegacyStreams};
pub use metrics_token::MetricsToken;
pub use open_exchanges::{Exchange, OpenExchanges, Opener, ProtocolInfo};
pub use page_rate::PageRate;
pub use readiness::{DependencyState, Readiness, ReadyReport};
pub use request_info::{CallerName, RequestInfo};
pub use usage_hours::UsageHours;
pub use usage_sums::UsageSums;
pub use vitals::{AuditVerdict, VitalSigns, Vitals};
pub use webhooks::{WebhookRoom, WebhookSender, Webhooks};
