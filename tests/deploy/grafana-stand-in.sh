#!/bin/sh
# What stands in for Grafana: it wants what Grafana wants (a folder to write to, a source and a dashboard to read), and shows what
# Prometheus says where Grafana would.
set -eu
touch /var/lib/grafana/grafana.db
grep -q 'url: http://prometheus:9090' /etc/grafana/provisioning/datasources/*.yml
path=$(sed -n 's/^ *path: //p' /etc/grafana/provisioning/dashboards/*.yml)
test -s "$path/dashboard.json"
test -s "$GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"
cat > /tmp/nginx.conf << 'CONF'
pid /tmp/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
  server {
    listen 3000;
    location = /api/health { return 200 "ok\n"; }
    location / { resolver 127.0.0.11; set $source prometheus:9090; proxy_pass http://$source; }
  }
}
CONF
exec nginx -c /tmp/nginx.conf -g 'daemon off;'
