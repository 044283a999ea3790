"""Prints, as `docker run --env-file` reads it, the environment that a platform gives to the container: what our file for it says,
secrets made up, and what the platform sets itself. `environment.py cloudrun|render|kubernetes|spaces`."""

import base64
import secrets
import sys

import yaml


def cloudrun():
    service = yaml.safe_load(open("cloudrun.yaml", encoding="utf-8"))
    for env in service["spec"]["template"]["spec"]["containers"][0]["env"]:
        filled = env.get("value", secrets.token_hex(32)).replace("PROJECT_NUMBER", "1234").replace("REGION", "europe-west1")
        yield env["name"], filled
    yield "TASKGATE_EPHEMERAL_BOARD", "true"
    yield from {"PORT": "8080", "K_SERVICE": "taskgate", "K_REVISION": "taskgate-00001-abc", "K_CONFIGURATION": "taskgate"}.items()


def render():
    service = yaml.safe_load(open("render.yaml", encoding="utf-8"))["services"][0]
    for env in service["envVars"]:
        yield env["key"], env.get("value", base64.b64encode(secrets.token_bytes(32)).decode())
    yield from {"PORT": "10000", "RENDER": "true", "RENDER_EXTERNAL_HOSTNAME": "taskgate-abcd.onrender.com"}.items()
    yield "RENDER_EXTERNAL_URL", "https://taskgate-abcd.onrender.com"


def kubernetes():
    parts = {part["kind"]: part for part in yaml.safe_load_all(open("deploy/kubernetes.yaml", encoding="utf-8"))}
    for env in parts["Deployment"]["spec"]["template"]["spec"]["containers"][0]["env"]:
        yield env["name"], env.get("value", "default").replace("$(POD_NAMESPACE)", "default")
    for name in ("MCP_SECRET_KEY", "MCP_ADMIN_TOKEN", "MCP_AUTH_TOKENS"):
        yield name, secrets.token_hex(32)
    for service in ("KUBERNETES", "MCP", "TASKGATE"):
        yield f"{service}_SERVICE_HOST", "10.43.1.2"
        yield f"{service}_SERVICE_PORT", "80"
        yield f"{service}_SERVICE_PORT_HTTP", "80"
        yield f"{service}_PORT", "tcp://10.43.1.2:80"
        yield f"{service}_PORT_80_TCP", "tcp://10.43.1.2:80"
        yield f"{service}_PORT_80_TCP_ADDR", "10.43.1.2"
        yield f"{service}_PORT_80_TCP_PORT", "80"
        yield f"{service}_PORT_80_TCP_PROTO", "tcp"


def spaces():
    for name in ("MCP_SECRET_KEY", "MCP_ADMIN_TOKEN", "MCP_AUTH_TOKENS"):
        yield name, secrets.token_hex(32)
    yield "TASKGATE_CLIENT_ADDRESS", "forwarded:1"
    yield from {"SPACE_HOST": "me-taskgate.hf.space", "SPACE_ID": "me/taskgate", "SYSTEM": "spaces"}.items()


for name, value in {"cloudrun": cloudrun, "render": render, "kubernetes": kubernetes, "spaces": spaces}[sys.argv[1]]():
    print(f"{name}={value}")
