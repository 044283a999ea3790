#!/bin/sh
# Starts what stands in for Planka, once its database takes the password.
set -eu
until psql "$DATABASE_URL" -qc 'SELECT 1' > /dev/null 2> /tmp/said; do
  sleep 0.5
done
exec /app/fake_planka 0.0.0.0:1337
