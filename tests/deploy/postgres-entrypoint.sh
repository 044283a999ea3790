#!/bin/sh
# What the start of the official PostgreSQL image does, as far as docker-compose.yml asks for it: for an image that stands in for it.
set -eu
data=/var/lib/postgresql/data
bin=$(echo /usr/lib/postgresql/*/bin)
[ -n "${POSTGRES_PASSWORD:-}" ] || { echo 'POSTGRES_PASSWORD is empty' >&2; exit 1; }
as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
if [ ! -s "$data/PG_VERSION" ]; then
  chown postgres "$data"
  chmod 700 "$data"
  echo "$POSTGRES_PASSWORD" > /tmp/password
  chown postgres /tmp/password
  as "$bin/initdb" -D "$data" -U "$POSTGRES_USER" -A scram-sha-256 --pwfile=/tmp/password -E UTF8 > /dev/null
  rm /tmp/password
  echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
  echo "CREATE DATABASE $POSTGRES_DB" | as "$bin/postgres" --single -D "$data" postgres > /dev/null
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups "$bin/postgres" -D "$data" -c listen_addresses='*' \
  -c unix_socket_directories=/tmp
