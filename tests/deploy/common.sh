# shellcheck shell=bash
# What the scripts that run containers share.

# A folder for one run, gone at its end, and what else is to be undone then.
work=$(mktemp -d)
undo=()
finish() {
  for one in "${undo[@]}"; do eval "$one" > /dev/null 2>&1 || true; done
  rm -rf "$work"
}
trap finish EXIT

ok() { echo "ok $1"; }
fail() {
  echo "FAILED $1" >&2
  exit 1
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Whether what a command says holds these words. The command is read to its end: cut off, it would fail.
says() {
  local words=$1
  shift
  grep -qF "$words" <<< "$("$@" 2>&1)"
}

milliseconds() { echo $((($(date +%s%N) - $1) / 1000000)); }

# The settings that a page has a reader add to .env for these profiles: the command of the page that writes them. Each page may
# have several.
settings_for() {
  local profiles=$1 page=$2
  awk -v profiles="COMPOSE_PROFILES=$profiles" '/^cat >> .env/ { block = "" } { block = block $0 "\n" }
    $0 == profiles { found = 1 } /^EOF$/ && found { printf "%s", block; exit }' "$page" | grep . \
    || fail "$page has no settings of the profiles $profiles"
}

# Waits until a container is healthy; 60 seconds at most.
wait_healthy() {
  local state=
  for _ in $(seq 600); do
    state=$(docker inspect --format '{{.State.Health.Status}}' "$1" 2> /dev/null || true)
    [ "$state" != healthy ] || return 0
    sleep 0.1
  done
  docker logs --tail 20 "$1" || true
  fail "$1 is ${state:-not there}, not healthy"
}

# Calls a tool of the gateway as a client of 2026-07-28 does: URL, key, tool, arguments, and what curl is to be told besides.
call() {
  local url=$1 key=$2 tool=$3 arguments=$4
  shift 4
  curl -sS -m 20 "$@" "$url/mcp" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H "Mcp-Name: $tool" -d "$(printf '%s' \
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"'"$tool"'","arguments":'"$arguments"',"_meta":{' \
      '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}')"
}

# Takes the first task with a key, as a newcomer's agent does, and says which it is.
first_task() {
  call "$1" "$2" register_agent '{"agent_id":"newcomer","name":"Newcomer","role":"Backend Developer"}' "${@:3}" > /dev/null
  call "$1" "$2" request_next_task '{"agent_id":"newcomer"}' "${@:3}" | grep -o '"key":"T-[0-9]*","name":"[^"]*"' | head -1
}

# Starts a real nginx of this machine on loopback with nginx.conf, as the container's start fills it in but for places and ports,
# in the folder of this run. Sets `https` and `http`, its ports, and `nginx`, its process.
start_nginx() {
  local own name_server=$1 gateway=$2
  https=$(free_port) http=$(free_port) own=$(free_port)
  chmod 755 "$work"
  mkdir -p "$work/ssl" "$work/tmp"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=gate.example \
    -addext "subjectAltName=DNS:gate.example,DNS:other.example" \
    -keyout "$work/ssl/key.pem" -out "$work/ssl/cert.pem" 2> /dev/null
  TASKGATE_SERVER_NAME=gate.example TASKGATE_ORIGIN=https://gate.example:$https TASKGATE_RESOLVER=$name_server \
    TASKGATE_UPSTREAM=$gateway \
    envsubst '$TASKGATE_SERVER_NAME $TASKGATE_ORIGIN $TASKGATE_RESOLVER $TASKGATE_UPSTREAM' < nginx.conf | sed \
    -e "s|/etc/nginx/ssl|$work/ssl|; s|/run/nginx.pid|$work/nginx.pid|; s|_temp_path /tmp/|_temp_path $work/tmp/|" \
    -e "s|listen 443|listen $https|; s|listen 80|listen $http|; s|127.0.0.1:8081|127.0.0.1:$own|" \
    -e "s|/dev/stdout|$work/access.log|; s|/dev/stderr|$work/error.log|" > "$work/nginx.conf"
  nginx -t -q -c "$work/nginx.conf"
  nginx -c "$work/nginx.conf" -g 'daemon off; user www-data;' &
  nginx=$!
  undo+=("kill $nginx; wait $nginx")
}
