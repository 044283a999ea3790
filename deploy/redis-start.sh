#!/bin/sh
# Starts Redis in the container of docker-compose.yml with one user, the one that REDIS_URL in .env names, who may do what the
# gateways do and no more. What is missing is said in one sentence. `redis-start.sh healthy`: does Redis answer that user?
set -eu

fail() {
  echo "redis does not start: $1" >&2
  exit 78
}

url=${REDIS_URL:-}
# shellcheck disable=SC2016  # what the reader is to type
wanted='set REDIS_URL=redis://taskgate:PASSWORD@redis:6379 in .env, with what `openssl rand -hex 32` prints as the password'
case $url in
  '') fail "$wanted" ;;
  redis://default:*@*) fail "the user has to be another than default: $wanted" ;;
  redis://?*:?*@redis | redis://?*:?*@redis/* | redis://?*:?*@redis:6379 | redis://?*:?*@redis:6379/*) ;;
  redis://redis | redis://redis[:/]* | redis://*@redis | redis://*@redis[:/]*)
    fail "there is no name or password in REDIS_URL: $wanted"
    ;;
  *) fail "REDIS_URL names another Redis than this one: leave the profile redis out, or $wanted" ;;
esac
user=${url#redis://}
user=${user%@*}
password=${user#*:}
user=${user%%:*}
prefix=${TASKGATE_REDIS_PREFIX:-tg}
case $user$password in
  *[!A-Za-z0-9._~-]*) fail 'name and password stand in a URL: use letters, digits and - . _ ~ alone' ;;
esac
case $prefix in
  *[!A-Za-z0-9._:-]*) fail 'TASKGATE_REDIS_PREFIX may have letters, digits and - . _ : alone here' ;;
esac

if [ "${1:-}" = healthy ]; then
  export REDISCLI_AUTH="$password"
  redis-cli --user "$user" ping 2> /dev/null | grep -qx PONG
  exit
fi

rights="-@all +@hash +@sortedset +@stream +eval +evalsha +script|load +get +set +strlen +exists +unlink +type +info +time +ping \
+hello +auth +client|setname +ssubscribe +sunsubscribe +spublish +wait +config|get"
# 7.0 has no such commands, and takes no rules for them.
case $(redis-server --version) in
  *v=7.0.*) ;;
  *) rights="$rights +client|setinfo +waitaof" ;;
esac
umask 077
users=${TMPDIR:-/tmp}/users.acl
{
  # Nobody is let in as `default`. Its rights are those by which Redis reads its own log again: what scripts wrote would be
  # left out if it had none.
  echo 'user default off ~* &* +@all'
  echo "user $user on >$password ~$prefix:* resetchannels &$prefix:* $rights"
} > "$users"
unset REDIS_URL
exec "$@" --aclfile "$users"
