"""What a schema cannot say of a manifest for Kubernetes: that its parts fit each other, that the Pods may do nothing they need not,
and that either one Pod has the volume or several have none."""

import sys

import yaml

parts = {part["kind"]: part for part in yaml.safe_load_all(open(sys.argv[1], encoding="utf-8"))}
deployment = parts["Deployment"]["spec"]
template = deployment["template"]
labels = template["metadata"]["labels"]
pod = template["spec"]
container = pod["containers"][0]
ports = {port["name"]: port["containerPort"] for port in container["ports"]}
probes = {kind: container[kind]["httpGet"] for kind in ("startupProbe", "readinessProbe", "livenessProbe")}
rules = {
    "the Deployment selects its own Pods": deployment["selector"]["matchLabels"] == labels,
    "the Service selects them": parts["Service"]["spec"]["selector"] == labels,
    "the Service leads to a port there is": all(port["targetPort"] in ports for port in parts["Service"]["spec"]["ports"]),
    "so do the probes": all(probe["port"] in ports for probe in probes.values()),
    "who is not ready is asked nothing": probes["readinessProbe"]["path"] == "/ready",
    "who is not ready is not started again for it": probes["livenessProbe"]["path"] == "/health",
    "it is the port of the image": list(ports.values()) == [8080],
    "it runs as the image's user": pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 10001,
    "its files are read-only": container["securityContext"]["readOnlyRootFilesystem"] is True,
    "it gains no right": container["securityContext"]["allowPrivilegeEscalation"] is False
    and container["securityContext"]["capabilities"] == {"drop": ["ALL"]},
    "no token of the cluster": pod["automountServiceAccountToken"] is False,
    "its memory has a limit": "memory" in container["resources"]["limits"],
    "no secret is in the manifest": "Secret" not in parts
    and not any(
        "value" in env and env["name"].endswith(("SECRET_KEY", "TOKEN", "TOKENS", "REDIS_URL")) for env in container["env"]
    ),
    "its secrets are those of the Secret": container["envFrom"] == [{"secretRef": {"name": "taskgate"}}],
    "its end is waited for": pod["terminationGracePeriodSeconds"] > 10,
}
if "PersistentVolumeClaim" in parts:
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"] if volume["name"] in mounts]
    rules |= {
        "one Pod at a time": deployment["replicas"] == 1 and deployment["strategy"] == {"type": "Recreate"},
        "the data is on the claim": claims == [parts["PersistentVolumeClaim"]["metadata"]["name"]] and "/data" in mounts.values(),
        "that user may write the volume": pod["securityContext"]["fsGroup"] == 10001,
    }
else:
    budget = parts["PodDisruptionBudget"]["spec"]
    rules |= {
        "there are several": deployment["replicas"] > 1,
        "a new one comes before an old one goes": deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0,
        "machines are emptied one Pod at a time": budget == {"maxUnavailable": 1, "selector": {"matchLabels": labels}},
        "they are spread": [spread["labelSelector"]["matchLabels"] for spread in pod["topologySpreadConstraints"]] == [labels],
        # A Redis that is away when a Pod starts is no reason to start it again.
        "it starts without Redis": probes["startupProbe"]["path"] == "/health",
        "they share no volume": "volumes" not in pod and "volumeMounts" not in container,
    }
broken = [rule for rule, holds in rules.items() if not holds]
for rule in broken:
    print(f"{sys.argv[1]}: not so: {rule}")
sys.exit(bool(broken))
