"""Prints a strict JSON Schema of a Cloud Run service, made of Google's own description of its API (`run.v1.json`, which
google-api-python-client ships): no field and no annotation it does not know, none that it says is not supported."""

import importlib.resources
import json
import re

API = importlib.resources.files("googleapiclient") / "discovery_cache" / "documents" / "run.v1.json"
SCHEMAS = json.loads(API.read_text())["schemas"]
# What stands in texts alone: limits, words, and what must be there.
NARROWER = {
    "RevisionSpec": {
        "required": ["containers"],
        "containerConcurrency": {"minimum": 0, "maximum": 1000},
        "timeoutSeconds": {"minimum": 1, "maximum": 3600},
        "containers": {"minItems": 1},
    },
    "Container": {"required": ["image"], "ports": {"maxItems": 1}},
    "ContainerPort": {"name": {"enum": ["http1", "h2c"]}, "containerPort": {"minimum": 1, "maximum": 65535}},
    "EnvVar": {
        "required": ["name"],
        # Cloud Run sets these itself and refuses them.
        "name": {"not": {"enum": ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"]}, "pattern": "^[A-Z][A-Z0-9_]*$"},
    },
    "SecretKeySelector": {"required": ["name", "key"], "key": {"pattern": "^(latest|[0-9]+)$"}},
    "Probe": {
        "initialDelaySeconds": {"minimum": 0, "maximum": 240},
        "periodSeconds": {"minimum": 1, "maximum": 240},
        "timeoutSeconds": {"minimum": 1, "maximum": 240},
        "failureThreshold": {"minimum": 1},
    },
    "HTTPGetAction": {"required": ["path"], "path": {"pattern": "^/"}},
    "TrafficTarget": {"percent": {"minimum": 0, "maximum": 100}},
}
VALUES = {
    "autoscaling.knative.dev/minScale": {"pattern": "^[0-9]+$"},
    "autoscaling.knative.dev/maxScale": {"pattern": "^[1-9][0-9]*$"},
    "run.googleapis.com/cpu-throttling": {"enum": ["true", "false"]},
    "run.googleapis.com/invoker-iam-disabled": {"enum": ["true", "false"]},
    "run.googleapis.com/execution-environment": {"enum": ["gen1", "gen2"]},
    "run.googleapis.com/ingress": {"enum": ["all", "internal", "internal-and-cloud-load-balancing"]},
}


def annotations(level):
    """The annotations of services, or of revisions, as the API's text lists them."""
    text = SCHEMAS["ObjectMeta"]["properties"]["annotations"]["description"]
    listed = re.findall(r"\* `([^`]+)`: ([^*]+)", text)
    names = [name for name, levels in listed if level in levels or "All resources" in levels]
    assert len(names) > 10, names
    return {
        "type": "object",
        "properties": {name: {"type": "string", **VALUES.get(name, {})} for name in names},
        "additionalProperties": False,
    }


def metadata(level, fields):
    labels = {"type": "object", "additionalProperties": {"type": "string"}}
    properties = {"annotations": annotations(level), "labels": labels}
    properties.update({field: {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"} for field in fields})
    return {"type": "object", "properties": properties, "additionalProperties": False, "required": fields}


def of_type(name):
    schema = SCHEMAS[name]
    narrower = NARROWER.get(name, {})
    properties = {}
    for field, value in schema["properties"].items():
        told = value.get("description", "")
        if not (value.get("deprecated") or value.get("readOnly") or told.startswith("Not supported")):
            properties[field] = {**of_value(value), **narrower.get(field, {})}
    made = {"type": "object", "properties": properties, "additionalProperties": False}
    if "required" in narrower:
        made["required"] = narrower["required"]
    return made


def of_value(value):
    if "$ref" in value:
        return of_type(value["$ref"])
    made = {"type": value["type"]}
    if "items" in value:
        made["items"] = of_value(value["items"])
    if "additionalProperties" in value:
        made["additionalProperties"] = of_value(value["additionalProperties"])
    return made


def service():
    made = of_type("Service")
    fields = made["properties"]
    fields.pop("status")
    fields["apiVersion"] = {"const": "serving.knative.dev/v1"}
    fields["kind"] = {"const": "Service"}
    fields["metadata"] = metadata("Service", ["name"])
    fields["spec"]["properties"]["template"]["properties"]["metadata"] = metadata("Revision", [])
    made["required"] = ["apiVersion", "kind", "metadata", "spec"]
    return made


print(json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **service()}, indent=1))
