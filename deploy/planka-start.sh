#!/bin/sh
# Starts Planka in the container of docker-compose.yml, which has no secret by itself: what is missing in .env is said in one
# sentence each, before the image's own start.
set -eu

missing=
need() {
  if [ -z "$2" ]; then
    echo "planka does not start: set $1 in .env, such as $1=$3" >&2
    missing=yes
  fi
}
# shellcheck disable=SC2016  # what the reader is to type
need PLANKA_SECRET_KEY "${SECRET_KEY:-}" '... with what `openssl rand -hex 64` prints'
# shellcheck disable=SC2016
need PLANKA_DB_PASSWORD "${PLANKA_DB_PASSWORD:-}" '... with what `openssl rand -hex 32` prints'
need PLANKA_AGENT_EMAIL "${DEFAULT_ADMIN_EMAIL:-}" 'taskgate@example.com'
# shellcheck disable=SC2016
need PLANKA_AGENT_PASSWORD "${DEFAULT_ADMIN_PASSWORD:-}" '... with what `openssl rand -hex 16` prints'
[ -z "$missing" ] || exit 78

case $PLANKA_DB_PASSWORD in
  *[!A-Za-z0-9._~-]*)
    echo "planka does not start: PLANKA_DB_PASSWORD stands in a URL: use letters, digits and - . _ ~ alone" >&2
    exit 78
    ;;
esac
unset PLANKA_DB_PASSWORD
exec ./start.sh
