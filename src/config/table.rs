//! Every setting, its default and its meaning. `docs/settings.md`, the table of the README and `.env.example`
//! are held to this list by a test.

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the environment and, in the same spelling, in the file.
    pub name: &'static str,
    /// Its default as text; empty means none.
    pub default: &'static str,
    /// Whether it is a secret, which may also be given as `NAME_FILE`.
    pub secret: bool,
    /// What it does.
    pub about: &'static str,
}

const fn plain(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting { name, default, secret: false, about }
}

const fn secret(name: &'static str, about: &'static str) -> Setting {
    Setting { name, default: "", secret: true, about }
}

/// The settings, in the order they are printed.
pub const SETTINGS: &[Setting] = &[
    plain("MCP_MODE", "http", "`http` or `stdio`"),
    plain("MCP_HOST", "127.0.0.1", "address to listen on; `HOST` is read when this is unset"),
    plain("MCP_PORT", "8080", "port to listen on, 0 for any free one; `PORT` is read when this is unset"),
    plain(
        "TASKGATE_PUBLIC_URL",
        "",
        "URL clients use to reach the gateway; everything is served with its path before it and without, so a proxy may take it away; \
         `RENDER_EXTERNAL_HOSTNAME` or `SPACE_HOST` is read when this is unset",
    ),
    plain(
        "TASKGATE_ALLOWED_HOSTS",
        "",
        "comma list of names clients may call the gateway by (`Host`), besides loopback and the public URL's",
    ),
    plain(
        "TASKGATE_TRUSTED_PROXIES",
        "",
        "comma list of proxies whose `X-Forwarded-For` is believed: addresses, or ranges such as `10.0.0.0/8`",
    ),
    plain(
        "TASKGATE_CLIENT_ADDRESS",
        "peer",
        "where a caller's address stands: `peer` (behind trusted proxies, `X-Forwarded-For`), `forwarded:N` (N-th from its end), `header:NAME`",
    ),
    secret(
        "MCP_SECRET_KEY",
        "32 bytes or more; seals sessions and hashes keys. Made as `secret.key` in the data folder on loopback",
    ),
    secret(
        "MCP_SECRET_KEY_OLD",
        "the secret key before the last rotation, or the next one before its turn: opens what that sealed and finds keys made under it",
    ),
    plain("TASKGATE_CREATE_SECRET", "false", "make `secret.key` even when listening beyond loopback"),
    plain(
        "TASKGATE_COMMAND",
        "",
        "how `taskgate` is called from outside its container; while there is no key the start says with it how to make one, and makes no `first-key`",
    ),
    secret(
        "MCP_ADMIN_TOKEN",
        "opens `/admin/*`, all of `/sessions` and the dashboard, and is refused wherever a key is asked for; beyond loopback 24 characters or more and no example value",
    ),
    secret(
        "MCP_AUTH_TOKENS",
        "comma list of static keys; beyond loopback each has 24 characters or more and is no example value",
    ),
    plain("RATE_LIMIT_ENABLED", "true", "`false` lifts every limit but the one on failed authentication"),
    plain("RATE_LIMIT_REQUESTS_PER_MINUTE", "60", "calls a minute for each key (1 to 10000000)"),
    plain("RATE_LIMIT_BURST", "10", "calls on top of that at once (0 to 10000000)"),
    plain("CORS_ENABLED", "true", "send CORS headers to allowed origins"),
    plain(
        "CORS_ALLOW_ORIGINS",
        "",
        "comma list of origins (`https://app.example`, `tauri://localhost`) besides loopback ones, or `*`",
    ),
    plain(
        "KANBAN_PROVIDER",
        "",
        "the board: `local`, `github`, `linear` or `planka`; when unset `github` if `GITHUB_OWNER`, `GITHUB_REPO` and a credential of GitHub are set, else `local`",
    ),
    plain("GITHUB_OWNER", "", "user or organisation whose repository is the board"),
    plain("GITHUB_REPO", "", "that repository: its issues are the tasks"),
    plain(
        "GITHUB_PROJECT_NUMBER",
        "",
        "number of a project of that owner, whose Status field says how an issue stands; labels say it when unset",
    ),
    plain(
        "GITHUB_OFFER",
        "",
        "whose issues without a status are offered: `trusted` (owners, members, collaborators) or `all`; `trusted` for a public repository when unset",
    ),
    secret("LINEAR_API_KEY", "personal API key of Linear, with Read and Write, for a board there"),
    plain(
        "LINEAR_CLIENT_ID",
        "",
        "OAuth application of Linear in place of a key; client credentials are switched on at its page",
    ),
    secret("LINEAR_CLIENT_SECRET", "its client secret"),
    plain("LINEAR_TEAM_ID", "", "team whose issues are the tasks: its key, such as `ENG`, or its id"),
    plain(
        "LINEAR_PROJECT_ID",
        "",
        "one project of that team, if only its issues are tasks: its id, or the end of its address",
    ),
    plain("LINEAR_API_URL", "https://api.linear.app/graphql", "GraphQL API of Linear"),
    plain(
        "PLANKA_BASE_URL",
        "",
        "where Planka is asked; `http://` only on this machine, at a name without a dot or at a private address",
    ),
    plain(
        "PLANKA_PUBLIC_URL",
        "",
        "where people open Planka, for links; `PLANKA_BASE_URL` when this is unset",
    ),
    secret("PLANKA_API_KEY", "key of the gateway's user at Planka"),
    plain(
        "PLANKA_AGENT_EMAIL",
        "",
        "e-mail address or name of that user, who signs in where there is no key",
    ),
    secret("PLANKA_AGENT_PASSWORD", "password of that user"),
    plain("PLANKA_PROJECT_ID", "", "project of the board at Planka, by the number in its address"),
    plain("PLANKA_PROJECT_NAME", "", "the same by its name"),
    plain("PLANKA_BOARD_ID", "", "board at Planka, by the number in its address"),
    plain("PLANKA_BOARD_NAME", "", "the same by its name in that project"),
    plain(
        "TASKGATE_BOARD_STATUSES",
        "",
        "names of the board's states, such as `todo=Next|Ready,in_progress=Building`: the first is written, all are read, whatever their case",
    ),
    plain("TASKGATE_SAMPLE_BOARD", "true", "fill a brand-new local board with eight sample tasks"),
    plain(
        "TASKGATE_EPHEMERAL_BOARD",
        "false",
        "let the local board run on Cloud Run, where it begins anew with each instance",
    ),
    plain("TASKGATE_DATA_DIR", "./data", "folder of the database, `secret.key` and `first-key`"),
    plain(
        "TASKGATE_STORE",
        "sqlite",
        "`sqlite` (a file in the data folder) or `memory` (gone when the process ends)",
    ),
    secret(
        "REDIS_URL",
        "a Redis that keeps everything in the place of the data folder, for any number of gateways: `redis://user:password@host:6379/0`, `rediss://` with TLS",
    ),
    plain("TASKGATE_REDIS_PREFIX", "tg", "what every name in Redis begins with"),
    plain(
        "TASKGATE_REDIS_CA_FILE",
        "",
        "certificates of CAs (PEM) that are trusted for `rediss://` in the place of the machine's",
    ),
    plain(
        "TASKGATE_REDIS_REPLICAS",
        "0",
        "replicas of Redis that have to confirm a write before anybody is told of it (0 to 16)",
    ),
    plain("TASKGATE_REDIS_INSECURE", "false", "go to a Redis on another machine without a password"),
    plain(
        "TASKGATE_REDIS_IDENTITY",
        "server",
        "`none` where scripts may not read which Redis they run on: then a restart is only noticed by a lost connection",
    ),
    plain("TASKGATE_LEASE_SECONDS", "600", "how long an agent holds a task without a word (1 to 86400)"),
    plain(
        "TASKGATE_BOARD_REFRESH_SECONDS",
        "30",
        "how often the board is asked what changed, besides what is heard of at once (1 to 3600)",
    ),
    plain("TASKGATE_KEEPALIVE_SECONDS", "75", "how long a connection may idle between requests (1 to 3600)"),
    plain(
        "TASKGATE_MAX_CONNECTIONS",
        "20000",
        "connections at once (1 to 1000000), as far as the limit on open files goes; beyond them `/health` and `/ready` are still answered",
    ),
    plain(
        "TASKGATE_MAX_CONNECTIONS_PER_ADDRESS",
        "",
        "connections of one address at once, an IPv6 /64 being one; half of those let in when unset. Loopback and trusted proxies are not counted",
    ),
    plain("TASKGATE_MAX_STREAMS", "16000", "open streams at once (1 to 1000000)"),
    plain("TASKGATE_MAX_STREAMS_PER_PRINCIPAL", "2000", "open streams of one key at once (1 to 1000000)"),
    plain("GH_HOST", "github.com", "host of GitHub, such as `github.example.com` or `acme.ghe.com`"),
    plain(
        "GITHUB_API_URL",
        "",
        "base of its REST API when it is not where that host has it; on this machine, or with a path of its own, it stands in for the host",
    ),
    plain("GITHUB_GRAPHQL_URL", "", "its GraphQL API when that is not beside the REST API"),
    secret(
        "GITHUB_TOKEN",
        "the workspace's own GitHub token for that host; with `stdio`, the user's. Keys use it only if it is shared",
    ),
    plain(
        "TASKGATE_SHARE_GITHUB_TOKEN",
        "false",
        "let every key without a GitHub token of its own act with the workspace's",
    ),
    plain("GITHUB_APP_ID", "", "id of a GitHub App that stands for the workspace in place of `GITHUB_TOKEN`"),
    secret("GITHUB_APP_PRIVATE_KEY", "its RSA key: PEM, PEM with `\\n` for line breaks, or that in base64"),
    plain("GITHUB_APP_INSTALLATION_ID", "", "its installation, the number at the end of that page's address"),
    plain("HTTP_TIMEOUT", "30", "seconds in which another machine has to have answered (1 to 300)"),
    plain(
        "HTTP_CONNECT_TIMEOUT",
        "10",
        "seconds of those for the connection (1 to 60; no more than `HTTP_TIMEOUT`)",
    ),
    secret(
        "HTTPS_PROXY",
        "HTTP proxy for what is asked of other machines, such as `http://proxy.example:3128`; `https_proxy` is read when this is unset",
    ),
    plain(
        "NO_PROXY",
        "",
        "comma list of names, addresses and ranges that are asked without it, as is this machine; `no_proxy` is read when this is unset",
    ),
    plain("TASKGATE_CA_FILE", "", "file of certificates (PEM) that are trusted besides the machine's"),
    plain("HTTP_PER_PAGE", "100", "review threads of a page that is read of GitHub (1 to 100)"),
    plain("PR_FETCH_MAX_PAGES", "50", "requests to GitHub for one fetch of reviews (1 to 200)"),
    plain("PR_FETCH_MAX_COMMENTS", "2000", "comments of one fetch of reviews (100 to 100000)"),
    plain("HTTP_MAX_RETRIES", "3", "how often a request for reviews is tried again (0 to 10)"),
    secret(
        "GITHUB_WEBHOOK_SECRET",
        "what GitHub signs its webhooks with; `POST /webhooks/github` is there when it is set. Beyond loopback 24 characters or more and no example value",
    ),
    secret(
        "LINEAR_WEBHOOK_SECRET",
        "signing secret that Linear shows at a webhook; `POST /webhooks/linear` is there when it is set. Held to the same as `GITHUB_WEBHOOK_SECRET`",
    ),
    secret(
        "PLANKA_WEBHOOK_TOKEN",
        "access token that Planka sends with its webhook; `POST /webhooks/planka` is there when it is set. Held to the same as `GITHUB_WEBHOOK_SECRET`",
    ),
    secret(
        "TASKGATE_BOARD_WEBHOOK_URL",
        "comma list of addresses (at most 16) that events of tasks are posted to as JSON, in order and at least once; `https://`, or `http://` on this machine",
    ),
    secret(
        "TASKGATE_BOARD_WEBHOOK_SECRET",
        "what those posts are signed with (`X-Taskgate-Signature-256`); set with the addresses. 24 characters or more and no example value, unless all of them are on this machine",
    ),
    secret("TASKGATE_ON_EXPIRY_URL", "where to post a JSON notice, once, 7 days before a key stops working"),
    secret("SMTP_URL", "mail server for the same notice, such as `smtps://user:password@mail.example.com`"),
    plain(
        "SMTP_FROM",
        "",
        "who mails it; it goes to the key's user id if that is an address, else to this one",
    ),
    plain("RUST_LOG", "info", "log filter, such as `debug` or `taskgate=debug`"),
    plain("TASKGATE_LOG_FORMAT", "", "`text` or `json`; text on a terminal, else json"),
    plain(
        "TASKGATE_EVENT_LOG",
        "",
        "folder for a log of what agents did: JSON lines, a new file each day, 30 files kept",
    ),
    secret(
        "TASKGATE_METRICS_TOKEN",
        "opens `GET /metrics`, which is there when this is set. Held to the same as `MCP_ADMIN_TOKEN`, and opens nothing else",
    ),
    plain(
        "TASKGATE_METRICS_LISTEN",
        "",
        "address and port, such as `127.0.0.1:9090`, at which `GET /metrics` asks for no token; nothing else is there, so let only Prometheus reach it",
    ),
    plain(
        "TASKGATE_OBJECTIVE_AVAILABILITY",
        "99.9",
        "percentage of calls that are not to fail by the gateway's own fault (95 to 99.999), which metrics are held to",
    ),
    plain(
        "TASKGATE_OBJECTIVE_LATENCY",
        "99",
        "percentage of calls that are to be answered within `TASKGATE_OBJECTIVE_LATENCY_MS` (95 to 99.999)",
    ),
    plain(
        "TASKGATE_OBJECTIVE_LATENCY_MS",
        "2500",
        "milliseconds for that: 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000 or 60000",
    ),
    plain(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        "collector that traces are sent to, such as `http://127.0.0.1:4318`: OTLP over HTTP, at `/v1/traces` below it. No traces when unset",
    ),
    plain("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", "the whole address instead, taken as it is"),
    plain("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "`http/protobuf`, which is all that is spoken"),
    secret(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "comma list of headers for the collector, such as `Authorization=Basic%20...`; `%2C` is a comma",
    ),
    plain(
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "10000",
        "milliseconds in which the collector has to have answered (1 to 60000)",
    ),
    plain("OTEL_SERVICE_NAME", "taskgate", "what the gateway is called in traces"),
    plain(
        "OTEL_RESOURCE_ATTRIBUTES",
        "",
        "comma list of what else is said of it there, such as `deployment.environment.name=production`",
    ),
    plain(
        "OTEL_TRACES_SAMPLER",
        "parentbased_always_on",
        "which traces are sent: `always_on`, `always_off`, `traceidratio` (a share), or one of them behind `parentbased_`, where a caller's own trace decides first",
    ),
    plain("OTEL_TRACES_SAMPLER_ARG", "", "that share, from 0 to 1; 1 when this is unset"),
    plain("OTEL_SDK_DISABLED", "false", "send no traces, whatever the others say"),
    plain(
        "OTEL_BSP_SCHEDULE_DELAY",
        "5000",
        "milliseconds that a span waits for others to be sent with (1 to 60000)",
    ),
    plain("OTEL_BSP_MAX_QUEUE_SIZE", "2048", "spans that may wait; more are dropped (1 to 65536)"),
    plain("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "512", "spans sent at once (1 to 8192; no more than may wait)"),
    plain("TASKGATE_CONFIG", "", "TOML file with any of these settings by name"),
];
