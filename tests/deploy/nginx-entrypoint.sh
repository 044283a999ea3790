#!/bin/sh
# What the start of the official nginx image does, as far as docker-compose.yml asks for it: for an image that stands in for it.
set -eu
if [ "${1:-}" = nginx ]; then
  names=$(env | sed -n "s/^\(${NGINX_ENVSUBST_FILTER}[A-Za-z0-9_]*\)=.*/\${\1}/p")
  for template in /etc/nginx/templates/*.template; do
    envsubst "$names" < "$template" > "${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}/$(basename "$template" .template)"
  done
fi
exec "$@"
