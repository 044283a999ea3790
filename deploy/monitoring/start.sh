#!/bin/sh
# Starts Prometheus or Grafana in the containers of docker-compose.yml: what is missing in .env is said in one sentence each, before
# the image's own start.
set -eu

program=$1
shift
missing=
need() {
  echo "$program does not start: $1" >&2
  missing=yes
}
# The images run as users of their own, who see what everybody may see.
readable() {
  for file in "$@"; do
    [ -r "$file" ] || need "user $(id -u) cannot read $file: chmod -R a+rX deploy/monitoring"
  done
}

case $program in
  prometheus)
    case ${TASKGATE_METRICS_LISTEN:-} in
      0.0.0.0:9090 | '[::]:9090') ;;
      *) need 'set TASKGATE_METRICS_LISTEN=0.0.0.0:9090 in .env, so that the gateway tells its metrics' ;;
    esac
    readable /etc/prometheus/taskgate/prometheus.yml /etc/prometheus/taskgate/rules/recording.yml \
      /etc/prometheus/taskgate/rules/alerts.yml
    ;;
  grafana)
    case ${GF_SECURITY_ADMIN_PASSWORD:-} in
      '' | admin)
        # shellcheck disable=SC2016  # what the reader is to type
        need 'set GRAFANA_PASSWORD in .env, such as GRAFANA_PASSWORD=... with what `openssl rand -hex 16` prints'
        ;;
    esac
    readable /etc/grafana/provisioning/datasources/prometheus.yml \
      /etc/grafana/provisioning/dashboards/taskgate.yml /etc/grafana/taskgate/dashboard.json
    ;;
esac
[ -z "$missing" ] || exit 78
exec "$@"
