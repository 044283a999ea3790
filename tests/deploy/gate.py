"""A gateway behind nginx as a client sees it: one curl for each request, over HTTP/1.1 or h2, from any address of this
machine. `check` runs each check of a script and says which failed."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
import traceback

URL = os.environ["TASKGATE_URL"]
KEY = os.environ["TASKGATE_KEY"]
CURL = ["curl", "-sS", "--cacert", os.environ["TASKGATE_CA"], "--connect-to", f"::{os.environ.get('TASKGATE_AT', '')}:"]
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


class Answer:
    """What curl got: status, headers in lower case, body; `failed` is its exit code."""

    def __init__(self, raw, failed):
        self.failed = failed
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1]) if lines[0] else 0
        pairs = (line.split(": ", 1) for line in lines[1:] if ": " in line)
        self.headers = {name.lower(): value for name, value in pairs}

    @property
    def json(self):
        return json.loads(self.body)


def ask(path, *arguments, key=None, url=URL, version="--http1.1", data=None, curl=CURL):
    """One request; `arguments` go to curl, which `curl` begins."""
    bearer = ["-H", f"Authorization: Bearer {key}"] if key else []
    sent = ["--data-binary", "@-"] if data is not None else []
    command = [*curl, "-i", "-m", "30", version, *bearer, *sent, "-H", "Expect:", *arguments, url + path]
    done = subprocess.run(command, input=data, capture_output=True)
    return Answer(done.stdout, done.returncode)


class Stream:
    """An open stream: each line of it with the moment at which it came."""

    def __init__(self, path, version="--http1.1", arguments=(), data=None):
        command = [*CURL, "-N", version, "-H", f"Authorization: Bearer {KEY}", *arguments, URL + path]
        self.curl = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        if data:
            self.curl.stdin.write(data)
        self.curl.stdin.close()
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.curl.stdout:
            self.lines.put((time.monotonic(), line.decode().rstrip("\r\n")))
        self.lines.put((time.monotonic(), None))

    def until(self, part, seconds=10):
        """The moment and the text of the next line that holds `part`."""
        end = time.monotonic() + seconds
        while True:
            at, line = self.lines.get(timeout=max(0.01, end - time.monotonic()))
            assert line is not None, f"the stream ended before {part!r}"
            if part in line:
                return at, line

    def close(self):
        self.curl.kill()
        self.curl.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def open_sse(version="--http1.1", arguments=()):
    """A stream of /sse, and the path to post to."""
    stream = Stream("/sse", version, arguments)
    _, line = stream.until("session_id=")
    return stream, line.removeprefix("data: ")


def talk(stream, path, number, version="--http1.1"):
    """Posts a message and returns how long its answer took to arrive on the stream, in seconds."""
    message = {"jsonrpc": "2.0", "id": number, "method": "ping"}
    begun = time.monotonic()
    posted = ask(path, "-H", "Content-Type: application/json", key=KEY, version=version, data=json.dumps(message).encode())
    assert posted.status == 202, (posted.status, posted.body)
    at, _ = stream.until(f'"id":{number}')
    return at - begun


def call_headers(tool):
    names = {"Content-Type": "application/json", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool}
    return [part for name, value in names.items() for part in ("-H", f"{name}: {value}")]


def call_body(tool, **arguments):
    params = {"name": tool, "arguments": arguments, "_meta": META}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()


def check(checks):
    """Runs each check, says how it went, and exits 1 when one failed."""
    failed = 0
    for one in checks:
        name = one.__name__.replace("_", " ")
        try:
            said = one()
        except Exception:
            failed += 1
            print(f"FAILED {name}")
            traceback.print_exc()
        else:
            print(f"ok {name}{': ' + said if said else ''}", flush=True)
    print(f"{len(checks) - failed} passed, {failed} failed")
    sys.exit(failed > 0)
