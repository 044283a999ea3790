"""Checks the YAML that a page shows: the head of a Space's README, objects of Kubernetes, and the `env` of a container."""

import re
import sys

import kubernetes_validate
import yaml

COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def space(head):
    """What is wrong with the head of a Space that serves our image, or nothing."""
    known = {"title", "emoji", "colorFrom", "colorTo", "sdk", "app_port", "pinned", "license", "short_description"}
    if head.get("sdk") != "docker" or head.get("app_port") != 8080:
        return "it is no Docker Space on the image's port"
    if not set(head) <= known or not {head.get("colorFrom"), head.get("colorTo")} <= COLOURS:
        return "Spaces know no such field or colour"
    return None


def pod(environment):
    """A pod whose container has that environment."""
    container = {"name": "taskgate", "env": environment}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "taskgate"}, "spec": {"containers": [container]}}


def main(page):
    blocks = re.findall(r"^```yaml\n(.*?)^```$", open(page, encoding="utf-8").read(), re.M | re.S)
    parts = [part for block in blocks for part in yaml.safe_load_all(block) if part]
    heads = [part for part in parts if "sdk" in part or "app_port" in part]
    objects = [part for part in parts if "kind" in part]
    environments = [pod(part) for part in parts if isinstance(part, list)]
    wrong = [space(head) for head in heads]
    for part in objects + environments:
        try:
            kubernetes_validate.validate(part, "1.37", strict=True)
        except kubernetes_validate.ValidationError as error:
            wrong.append(f"{part['kind']}: {error.message}")
    if len(heads) != 1 or not objects or len(heads) + len(objects) + len(environments) != len(parts):
        wrong.append("it shows other YAML than one Space, objects of Kubernetes and the `env` of containers")
    wrong = [one for one in wrong if one]
    for one in wrong:
        print(f"{page}: {one}")
    return bool(wrong)


sys.exit(main(sys.argv[1]))
