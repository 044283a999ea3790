#!/bin/sh
# Starts nginx in the container of docker-compose.yml: works out from TASKGATE_PUBLIC_URL what nginx.conf leaves open, and
# goes on to the image's own start, which fills it in. What is missing is said in one sentence.
set -eu

fail() {
  echo "nginx does not start: $1" >&2
  exit 78
}

url=${TASKGATE_PUBLIC_URL:-}
case $url in
  https://?*) ;;
  '') fail 'set TASKGATE_PUBLIC_URL in .env to the URL that clients use, such as TASKGATE_PUBLIC_URL=https://gate.example' ;;
  *) fail "TASKGATE_PUBLIC_URL is $url, but nginx serves https: let it begin with https://" ;;
esac
authority=${url#https://}
authority=${authority%%/*}
name=${authority%%:*}
case $name in
  '' | *[!A-Za-z0-9.-]*) fail "TASKGATE_PUBLIC_URL is $url: \`$name\` is no name of a host in ASCII" ;;
  *[!0-9.]*) ;;
  *) fail "TASKGATE_PUBLIC_URL is $url: use a name, as TLS clients say none when they call an address" ;;
esac
for file in cert.pem key.pem; do
  [ -s "/etc/nginx/ssl/$file" ] || fail "ssl/$file is missing: put the certificate's chain in ssl/cert.pem and its key in \
ssl/key.pem, or make one to try with: openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=$name \
-addext subjectAltName=DNS:$name -keyout ssl/key.pem -out ssl/cert.pem"
done

# Docker's own name server, or that of another engine.
resolver=$(sed -n 's/^nameserver[[:space:]]*//p' /etc/resolv.conf | head -n 1)
case $resolver in *:*) resolver="[$resolver]" ;; esac

export TASKGATE_SERVER_NAME="$name" TASKGATE_ORIGIN="https://$authority" TASKGATE_RESOLVER="${resolver:-127.0.0.11}"
exec /docker-entrypoint.sh "$@"
