"""What nginx.conf promises, asked of a real nginx in front of a real gateway: streams, TLS, names, limits, addresses, logs."""

import os
import signal
import socket
import ssl
import subprocess
import threading
import time
import warnings

from gate import CURL, KEY, URL, Stream, ask, call_body, call_headers, check, open_sse, talk

PLAIN = os.environ["TASKGATE_PLAIN_URL"]
NAME = URL.removeprefix("https://").partition(":")[0]
AT = os.environ["TASKGATE_AT"]
HTTPS_PORT = int(URL.rpartition(":")[2])
VERSIONS = ("--http1.1", "--http2")


def from_address(last):
    return ["--interface", f"127.0.0.{last}"]


def sse_streams_over_http_1_and_2():
    slowest = 0.0
    for version in VERSIONS:
        for arguments in ((), ("--compressed",)):
            stream, path = open_sse(version, arguments)
            with stream:
                for number in range(5):
                    slowest = max(slowest, talk(stream, path, number + 1, version))
    assert slowest < 1.0, slowest
    return f"slowest answer {slowest * 1000:.0f} ms"


def a_call_that_waits_streams_over_http_1_and_2():
    agent = call_body("register_agent", agent_id="waiter", name="Waiter", role="Tester")
    assert ask("/mcp", *call_headers("register_agent"), key=KEY, data=agent).status == 200
    body = call_body("request_next_task", agent_id="waiter", wait_seconds=4)
    for version in VERSIONS:
        arguments = [*call_headers("request_next_task"), "-H", "Accept: application/json, text/event-stream", "--data-binary", "@-"]
        begun = time.monotonic()
        with Stream("/mcp", version, arguments, body) as stream:
            first, _ = stream.until("")
            last, _ = stream.until('"success":false')
        assert first - begun < 3.5 < last - begun, (version, first - begun, last - begun)


def a_notification_stream_of_mcp_opens_at_once():
    begun = time.monotonic()
    initialize = (b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",'
                  b'"capabilities":{},"clientInfo":{"name":"t","version":"1"}}}')
    opened = ask("/mcp", "-H", "Content-Type: application/json", "-H", "Accept: application/json, text/event-stream",
                 key=KEY, data=initialize)
    assert opened.status == 200, opened.body
    session = opened.headers["mcp-session-id"]
    arguments = ["-i", "-H", "Accept: text/event-stream", "-H", f"Mcp-Session-Id: {session}"]
    with Stream("/mcp", "--http2", arguments) as stream:
        stream.until("200")
    assert time.monotonic() - begun < 3


def old_tls_is_refused_and_new_is_taken():
    def version(least, most):
        context = ssl.create_default_context(cafile=os.environ["TASKGATE_CA"])
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = least, most
        with socket.create_connection((AT, HTTPS_PORT)) as raw, context.wrap_socket(raw, server_hostname=NAME) as tls:
            return tls.version()

    warnings.simplefilter("ignore", DeprecationWarning)
    tls = ssl.TLSVersion
    assert version(tls.TLSv1_2, tls.TLSv1_2) == "TLSv1.2"
    assert version(tls.TLSv1_3, tls.TLSv1_3) == "TLSv1.3"
    try:
        version(tls.TLSv1, tls.TLSv1_1)
    except ssl.SSLError:
        return
    raise AssertionError("TLS 1.1 was taken")


def an_unknown_name_is_refused():
    other = URL.replace(NAME, "other.example")
    assert ask("/health", url=other).failed == 35
    assert ask("/health", "-H", "Host: other.example").status == 421
    assert ask("/health", url=PLAIN.replace(NAME, "other.example")).status == 421


def plain_http_goes_to_https_with_its_method():
    moved = ask("/mcp?a=b", "-X", "POST", url=PLAIN)
    assert (moved.status, moved.headers["location"]) == (308, f"{URL}/mcp?a=b"), moved.headers


def browsers_stay_on_https_and_meet_the_gateways_rule_for_origins():
    plain = ask("/health", "-H", "Origin: https://evil.example")
    assert (plain.status, plain.json["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in plain.headers
    assert plain.headers["strict-transport-security"] == "max-age=31536000"
    own = ask("/health", "-H", f"Origin: {URL}")
    assert (own.status, own.headers["access-control-allow-origin"]) == (200, URL)
    assert "server" not in own.headers or own.headers["server"] == "nginx"


def a_forged_address_is_not_believed_and_clients_are_limited_apart():
    forged = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP")
    for number in range(11):
        lies = [part for name in forged for part in ("-H", f"{name}: 9.9.9.{number}")]
        answer = ask("/mcp", *from_address(2), *lies, key="wrong", data=b"{}")
    assert (answer.status, answer.json["code"]) == (429, "rate_limited"), (answer.status, answer.body)
    assert ask("/mcp", *from_address(3), key="wrong", data=b"{}").status == 401


def a_large_body_is_refused_in_words():
    for size in (1_500_000, 3_000_000):
        answer = ask("/mcp", key=KEY, data=b"x" * size)
        assert (answer.status, answer.json["code"]) == (413, "payload_too_large"), (size, answer.status)


def a_flood_of_one_address_is_refused_and_another_is_not():
    command = [*CURL, "-Z", "--parallel-max", "50", *from_address(4), "-o", "/dev/null", f"{URL}/health?n=[1-3000]"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as flood:
        answers = (ask("/health", *from_address(4)) for _ in iter(flood.poll, 0))
        refused = next(answer for answer in answers if answer.status == 429)
        other = ask("/health", *from_address(5))
    assert (refused.status, refused.json["code"], other.status) == (429, "rate_limited", 200), refused.body
    assert refused.headers["retry-after"] == "1"


def a_reload_does_not_cut_a_stream():
    stream, path = open_sse("--http2")
    with stream:
        os.kill(int(os.environ["NGINX_PID"]), signal.SIGHUP)
        time.sleep(1)
        talk(stream, path, 1)


class SlowHeader(threading.Thread):
    """Sends half a request, and waits for what comes of it beside the other checks."""

    def run(self):
        context = ssl.create_default_context(cafile=os.environ["TASKGATE_CA"])
        begun = time.monotonic()
        with socket.create_connection((AT, HTTPS_PORT)) as raw, context.wrap_socket(raw, server_hostname=NAME) as tls:
            tls.sendall(b"GET /health HTTP/1.1\r\nHo")
            tls.settimeout(20)
            while tls.recv(1000):
                pass
        self.took = time.monotonic() - begun


def half_a_request_is_given_up():
    slow.join()
    assert 9 < slow.took < 15, slow.took


def no_query_string_is_logged_even_when_the_gateway_is_away():
    ask("/sse/messages?session_id=never-logged", key=KEY, data=b"{}")
    os.kill(int(os.environ["GATEWAY_PID"]), signal.SIGKILL)
    time.sleep(0.3)
    away = ask("/sse/messages?session_id=never-logged", key=KEY, data=b"{}")
    assert (away.status, away.json["code"], away.headers["retry-after"]) == (502, "gateway_away", "5"), away.body
    logged = subprocess.run(["cat", *os.environ["NGINX_LOGS"].split()], capture_output=True, check=True).stdout
    assert b"POST /sse/messages HTTP/1.1" in logged and b"never-logged" not in logged and KEY.encode() not in logged


slow = SlowHeader(daemon=True)
slow.start()
check([
    sse_streams_over_http_1_and_2, a_call_that_waits_streams_over_http_1_and_2, a_notification_stream_of_mcp_opens_at_once,
    old_tls_is_refused_and_new_is_taken, an_unknown_name_is_refused, plain_http_goes_to_https_with_its_method,
    browsers_stay_on_https_and_meet_the_gateways_rule_for_origins,
    a_forged_address_is_not_believed_and_clients_are_limited_apart, a_large_body_is_refused_in_words,
    a_flood_of_one_address_is_refused_and_another_is_not, a_reload_does_not_cut_a_stream, half_a_request_is_given_up,
    no_query_string_is_logged_even_when_the_gateway_is_away,
])
