"""Three gateways on one Redis, behind one nginx that sends each request to any of them: whatever one does holds at all, and one
of them, or Redis itself, may be killed."""

import json
import os
import secrets
import shlex
import signal
import subprocess
import threading
import time

from gate import KEY, URL, ask, call_body, call_headers, check, open_sse, talk

WORK, PROGRAM = os.environ["WORK"], os.environ["PROGRAM"]
ADDRESSES = ("127.0.1.1", "127.0.1.2", "127.0.1.3")
PORT, REDIS_PORT = os.environ["GATEWAYS_PORT"], os.environ["REDIS_PORT"]
PASSWORD, ADMIN = secrets.token_hex(32), secrets.token_hex(32)
SETTINGS = {
    "REDIS_URL": f"redis://taskgate:{PASSWORD}@127.0.0.1:{REDIS_PORT}",
    "MCP_SECRET_KEY": secrets.token_hex(32),
    "MCP_ADMIN_TOKEN": ADMIN,
    "MCP_AUTH_TOKENS": KEY,
    "MCP_PORT": PORT,
    "TASKGATE_PUBLIC_URL": URL,
    "TASKGATE_TRUSTED_PROXIES": "127.0.0.1",
    "RATE_LIMIT_REQUESTS_PER_MINUTE": "1000000",
    "TASKGATE_DATA_DIR": f"{WORK}/no-such-folder",
}
# One more user sees what the first was refused.
START_REDIS = 'echo "user witness on >witness ~* &* +@all" >> "$TMPDIR/users.acl" && exec "$@"'


def curl(address):
    """How a gateway itself is asked, past nginx."""
    return ["curl", "-sS", "--connect-to", f"::{address}:"]


def until(what, seconds=20):
    """How long it takes until `what` is so, in seconds."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < seconds, f"not so after {seconds} s: {what.__name__}"
        time.sleep(0.02)
    return time.monotonic() - begun


def start_redis():
    command = ["sh", "deploy/redis-start.sh", "sh", "-c", START_REDIS, "sh", "redis-server", "--port", REDIS_PORT]
    environment = {**os.environ, "TMPDIR": f"{WORK}/redis", "REDIS_URL": f"redis://taskgate:{PASSWORD}@redis:6379"}
    with open(f"{WORK}/redis.log", "a") as log:
        options = ["--bind", "127.0.0.1", "--dir", f"{WORK}/redis", *shlex.split(os.environ["REDIS_OPTIONS"])]
        return subprocess.Popen([*command, *options], env=environment, stdout=log, stderr=log)


def start(address):
    with open(f"{WORK}/gateway-{address}.log", "a") as log:
        return subprocess.Popen([PROGRAM], env={**SETTINGS, "MCP_HOST": address}, stdout=log, stderr=log, cwd=WORK)


def ready(address):
    return ask("/ready", url=f"http://{address}:{PORT}", curl=curl(address)).status


def all_ready():
    return all(ready(address) == 200 for address in ADDRESSES)


def call(tool, key=KEY, address=None, **arguments):
    """A call by way of nginx, or of one gateway: its answer's status, and what is in it."""
    where = {"url": f"http://{address}:{PORT}", "curl": curl(address)} if address else {}
    answer = ask("/mcp", *call_headers(tool), key=key, data=call_body(tool, **arguments), **where)
    result = answer.json.get("result", {}) if answer.body else {}
    return answer, result.get("structuredContent") or result


def agent(name, key=KEY):
    _, registered = call("register_agent", key=key, agent_id=name, name=name, role="Tester")
    assert registered.get("success"), registered


def make_task(title, address=None):
    _, made = call("create_task", address=address, title=title, priority="urgent")
    return made["task"]["id"]


def take(name, **arguments):
    _, given = call("request_next_task", agent_id=name, **arguments)
    return given["task"]["id"] if given.get("task") else None


def complete(name, task):
    report = {"agent_id": name, "task_id": task, "status": "completed", "progress": 100, "message": "done"}
    return call("report_task_progress", **report)[1]


def together(work, names):
    """Does that for each name at the same time; what came of each."""
    found = {}
    threads = [threading.Thread(target=lambda name=name: found.update({name: work(name)})) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def they_start_on_an_empty_redis_and_make_nothing_by_themselves():
    took = until(all_ready)
    assert not os.path.exists(SETTINGS["TASKGATE_DATA_DIR"]), "a gateway keeps something in its folder"
    _, listed = call("list_tasks")
    assert listed["tasks"] == [], listed
    return f"all are ready {took * 1000:.0f} ms after the start"


def a_key_that_one_makes_opens_all_and_is_revoked_at_all():
    command = subprocess.run([PROGRAM, "keys", "create"], env=SETTINGS, capture_output=True, text=True, cwd=WORK)
    assert command.returncode == 0, command.stderr
    by_command = command.stdout.strip().splitlines()[-1]
    first, *others = ADDRESSES
    made = ask("/admin/tokens", key=ADMIN, data=b'{"user_id": "alice"}', url=f"http://{first}:{PORT}", curl=curl(first))
    assert made.status == 200, (made.status, made.body)
    for key in (by_command, made.json["mcp_key"]):
        for address in ADDRESSES:
            answer, said = call("ping", key=key, address=address)
            assert answer.status == 200 and said.get("success"), (address, answer.status, answer.body)
    revoked = ask(f"/admin/tokens/{made.json['id']}", "-X", "DELETE", key=ADMIN)
    assert revoked.status in (200, 204), (revoked.status, revoked.body)

    def all_refuse():
        return all(call("ping", key=made.json["mcp_key"], address=address)[0].status == 401 for address in ADDRESSES)

    took = until(all_refuse, 1)
    return f"revoked at all within {took * 1000:.0f} ms"


def agents_who_ask_at_once_get_one_task_each():
    names = [f"agent-{number}" for number in range(9)]
    together(agent, names)
    made = {make_task(f"task {number}", ADDRESSES[number % 3]) for number in range(36)}

    def work(name):
        done = []
        while task := take(name):
            assert complete(name, task).get("success"), task
            done.append(task)
        return done

    begun = time.monotonic()
    done = [task for tasks in together(work, names).values() for task in tasks]
    assert sorted(done) == sorted(made), f"{len(done)} were done of {len(made)}, {len(set(done))} different ones"
    return f"{len(done)} tasks by {len(names)} agents in {time.monotonic() - begun:.1f} s"


def who_waits_at_one_gateway_hears_of_a_task_made_at_another():
    agent("waiter")
    heard = {}

    def wait():
        heard["answer"] = call("request_next_task", address=ADDRESSES[0], agent_id="waiter", wait_seconds=20)[1]
        heard["at"] = time.monotonic()

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(1)
    task = make_task("waited for", ADDRESSES[2])
    made = time.monotonic()
    waiter.join()
    assert heard["answer"]["task"]["id"] == task, heard
    complete("waiter", task)
    took = heard["at"] - made
    assert took < 1, took
    return f"{took * 1000:.0f} ms later"


def what_is_posted_to_any_gateway_comes_on_the_stream():
    slowest = 0.0
    for version in ("--http1.1", "--http2"):
        stream, path = open_sse(version)
        with stream:
            slowest = max([slowest, *(talk(stream, path, number + 1, version) for number in range(12))])
    assert slowest < 1, slowest
    return f"slowest answer {slowest * 1000:.0f} ms"


def a_gateway_may_be_killed():
    agent("survivor")
    task = make_task("through a death")
    assert take("survivor") == task
    streams = [open_sse() for _ in range(6)]
    gateways[ADDRESSES[0]].send_signal(signal.SIGKILL)
    gateways[ADDRESSES[0]].wait()
    failed = [answer.status for answer, said in (call("ping") for _ in range(60)) if not said.get("success")]
    assert not failed, f"of 60 calls failed {len(failed)}: {failed}"
    assert call("heartbeat", agent_id="survivor", task_id=task)[1].get("success"), "the claim is lost"
    assert complete("survivor", task).get("success")
    gateways[ADDRESSES[0]] = start(ADDRESSES[0])
    took = until(all_ready)
    alive = 0
    for stream, path in streams:
        with stream:
            if stream.curl.poll() is None:
                talk(stream, path, 1)
                alive += 1
                continue
            message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
            posted = ask(path, "-H", "Content-Type: application/json", key=KEY, data=message)
            assert (posted.status, posted.json["code"]) == (503, "owner_unreachable"), posted.body
    return f"60 of 60 calls, {alive} of {len(streams)} streams went on; it was back after {took * 1000:.0f} ms"


def redis_may_be_killed_and_keeps_what_it_acknowledged():
    global redis
    agent("patient")
    task = make_task("through another death")
    assert take("patient") == task
    redis.send_signal(signal.SIGKILL)
    redis.wait()
    begun = time.monotonic()
    answer, said = call("request_next_task", agent_id="survivor")
    took = time.monotonic() - begun
    told = answer.json if answer.status >= 400 else said
    assert "store_unavailable" in json.dumps(told), (answer.status, answer.body)
    assert took < 1.5, took
    unready = until(lambda: ready(ADDRESSES[1]) == 503, 4)
    assert ask("/health", url=f"http://{ADDRESSES[1]}:{PORT}", curl=curl(ADDRESSES[1])).status == 200
    redis = start_redis()
    back = until(all_ready)
    said = {}

    def goes_on():
        said.update(call("heartbeat", agent_id="patient", task_id=task)[1])
        assert said.get("success") or said.get("code") == "store_unsettled", f"the claim is lost: {said}"
        return said.get("success")

    until(goes_on)
    assert complete("patient", task).get("success")
    return f"refused in {took * 1000:.0f} ms, not ready after {unready:.1f} s, ready {back:.1f} s after Redis was started"


def redis_was_asked_for_nothing_that_its_user_may_not_do():
    asked = ["redis-cli", "-p", REDIS_PORT, "--user", "witness", "acl", "log"]
    environment = {**os.environ, "REDISCLI_AUTH": "witness"}
    refused = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout.strip()
    assert refused == "", refused
    logs = [open(f"{WORK}/{name}").read() for name in os.listdir(WORK) if name.endswith(".log")]
    assert not any(secret in log for log in logs for secret in (PASSWORD, ADMIN, SETTINGS["MCP_SECRET_KEY"])), "a secret is logged"


redis = start_redis()
gateways = {address: start(address) for address in ADDRESSES}
try:
    check([
        they_start_on_an_empty_redis_and_make_nothing_by_themselves, a_key_that_one_makes_opens_all_and_is_revoked_at_all,
        agents_who_ask_at_once_get_one_task_each, who_waits_at_one_gateway_hears_of_a_task_made_at_another,
        what_is_posted_to_any_gateway_comes_on_the_stream, a_gateway_may_be_killed,
        redis_may_be_killed_and_keeps_what_it_acknowledged, redis_was_asked_for_nothing_that_its_user_may_not_do,
    ])
finally:
    for one in (*gateways.values(), redis):
        one.kill()
        one.wait()
