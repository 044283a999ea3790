"""What a schema cannot say of deploy/kubernetes.yaml: that its parts fit each other, and that the Pod may do nothing it need not."""

import sys

import yaml

parts = {part["kind"]: part for part in yaml.safe_load_all(open(sys.argv[1], encoding="utf-8"))}
template = parts["Deployment"]["spec"]["template"]
pod = template["spec"]
container = pod["containers"][0]
ports = {port["name"]: port["containerPort"] for port in container["ports"]}
probes = [container[kind]["httpGet"]["port"] for kind in ("startupProbe", "readinessProbe", "livenessProbe")]
mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
claims = [volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"] if volume["name"] in mounts]
rules = {
    "the Deployment selects its own Pods": parts["Deployment"]["spec"]["selector"]["matchLabels"] == template["metadata"]["labels"],
    "the Service selects them": parts["Service"]["spec"]["selector"] == template["metadata"]["labels"],
    "the Service leads to a port there is": all(port["targetPort"] in ports for port in parts["Service"]["spec"]["ports"]),
    "so do the probes": all(port in ports for port in probes),
    "it is the port of the image": list(ports.values()) == [8080],
    "one Pod at a time": parts["Deployment"]["spec"]["replicas"] == 1
    and parts["Deployment"]["spec"]["strategy"]["type"] == "Recreate",
    "the data is on the claim": claims == [parts["PersistentVolumeClaim"]["metadata"]["name"]] and "/data" in mounts.values(),
    "it runs as the image's user": pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 10001,
    "that user may write the volume": pod["securityContext"]["fsGroup"] == 10001,
    "its files are read-only": container["securityContext"]["readOnlyRootFilesystem"] is True,
    "it gains no right": container["securityContext"]["allowPrivilegeEscalation"] is False
    and container["securityContext"]["capabilities"] == {"drop": ["ALL"]},
    "no token of the cluster": pod["automountServiceAccountToken"] is False,
    "its memory has a limit": "memory" in container["resources"]["limits"],
    "no secret is in the manifest": "Secret" not in parts
    and not any("value" in env and env["name"].endswith(("SECRET_KEY", "TOKEN", "TOKENS")) for env in container["env"]),
    "its secrets are those of the Secret": container["envFrom"] == [{"secretRef": {"name": "taskgate"}}],
    "its end is waited for": pod["terminationGracePeriodSeconds"] > 10,
}
broken = [rule for rule, holds in rules.items() if not holds]
for rule in broken:
    print(f"{sys.argv[1]}: not so: {rule}")
sys.exit(bool(broken))
