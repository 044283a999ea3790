"""Makes mistakes on purpose, one at a time, in copies of the platforms' files: each must be found by the check of its kind, or by
the tests of the script. `mistakes.py CHECK FILE...` tries those in these files; the tools are on PATH."""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
HERE = ROOT / "tests" / "platforms"
# File, kind of check (or the test of the script that has to fail), and what is put in place of what.
MISTAKES = [
    ("cloudrun.yaml", "cloudrun", "timeoutSeconds: 3600", "timeoutSeconds: 86400"),
    ("cloudrun.yaml", "cloudrun", 'invoker-iam-disabled: "true"', "invoker-iam-disabled: true"),
    ("cloudrun.yaml", "cloudrun", "cpu-throttling", "cpu-throtling"),
    ("cloudrun.yaml", "cloudrun", "        autoscaling.knative.dev/minScale", "        run.googleapis.com/minScale"),
    ("cloudrun.yaml", "cloudrun", "TASKGATE_KEEPALIVE_SECONDS", "PORT"),
    ("cloudrun.yaml", "cloudrun", 'value: "620"', "value: 620"),
    ("cloudrun.yaml", "cloudrun", "                  name: taskgate-secret-key\n                  key: latest", "                  name: taskgate-secret-key"),
    ("cloudrun.yaml", "cloudrun", "name: http1", "name: http"),
    ("cloudrun.yaml", "cloudrun", 'cpu: "1"', "cpu: 1"),
    ("cloudrun.yaml", "cloudrun", "containerConcurrency: 1000", "containerConcurrency: 2000"),
    ("cloudrun.yaml", "cloudrun", "          startupProbe:", "          startProbe:"),
    ("cloudrun.yaml", "yaml", "        - image:", "       - image:"),
    ("render.yaml", "render", "runtime: docker", "env: docker"),
    ("render.yaml", "render", "autoDeployTrigger: checksPass", "autoDeploy: true"),
    ("render.yaml", "render", "plan: starter", "plan: free"),
    ("render.yaml", "render", "maxShutdownDelaySeconds: 30", "maxShutdownDelaySeconds: 900"),
    ("render.yaml", "render", "MCP_ADMIN_TOKEN\n        generateValue: true", "MCP_ADMIN_TOKEN\n        value: changeme"),
    ("render.yaml", "render", "generateValue: true", "generateValue: yes-please"),
    ("render.yaml", "render", "key: TASKGATE_CLIENT_ADDRESS", "key: PORT"),
    ("render.yaml", "yaml", "    plan: starter", "    plan: starter\n    plan: free"),
    ("deploy/kubernetes.yaml", "kubernetes", "replicas: 1", 'replicas: "1"'),
    ("deploy/kubernetes.yaml", "kubernetes", "replicas: 1", "replicas: 3"),
    ("deploy/kubernetes.yaml", "kubernetes", "readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true"),
    ("deploy/kubernetes.yaml", "kubernetes", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
    ("deploy/kubernetes.yaml", "kubernetes", "fsGroup: 10001\n", "fsGroup: 0\n"),
    ("deploy/kubernetes.yaml", "kubernetes", "targetPort: http", "targetPort: web"),
    ("deploy/kubernetes.yaml", "kubernetes", "  selector: {app.kubernetes.io/name: taskgate}", "  selector: {app: taskgate}"),
    ("deploy/kubernetes.yaml", "kubernetes", "claimName: taskgate", "claimName: data"),
    ("deploy/kubernetes.yaml", "kubernetes", "path: /health, port: http", "path: /health, prt: http"),
    ("deploy/kubernetes.yaml", "kubernetes", "- name: TASKGATE_COMMAND", "- name: MCP_ADMIN_TOKEN"),
    ("deploy/kubernetes-redis.yaml", "kubernetes", "replicas: 3", "replicas: 1"),
    ("deploy/kubernetes-redis.yaml", "kubernetes", "maxUnavailable: 0", "maxUnavailable: 3"),
    ("deploy/kubernetes-redis.yaml", "kubernetes", "  maxUnavailable: 1", "  maxUnavailable: 3"),
    ("deploy/kubernetes-redis.yaml", "kubernetes", "kind: PodDisruptionBudget", "kind: PodDisruptionBudgets"),
    ("deploy/kubernetes-redis.yaml", "kubernetes", "topologyKey:", "topologykey:"),
    ("deploy/kubernetes-redis.yaml", "kubernetes", "- name: TASKGATE_COMMAND", "- name: REDIS_URL"),
    ("deploy/kubernetes-redis.yaml", "kubernetes", "path: /ready, port: http", "path: /health, port: http"),
    ("docs/platforms.md", "documented", "app_port: 8080", "app_port: 7860"),
    ("docs/platforms.md", "documented", "colorFrom: gray", "colorFrom: black"),
    ("docs/platforms.md", "documented", "pathType: Prefix", "pathtype: Prefix"),
    ("docker-compose.yml", "compose", "read_only: true", "readonly: true"),
    ("docker-compose.yml", "compose", "restart: unless-stopped", "restart: [unless-stopped]"),
    (".github/workflows/ci.yml", "workflow", "runs-on: ubuntu-24.04", "run-on: ubuntu-24.04"),
    (".github/workflows/ci.yml", "workflow", "github.ref }}", "github.reff }}"),
    (".github/workflows/ci.yml", "workflow", "d23441a48e516b6c34aea4fa41551a30e30af803 # v6.1.0", "v6"),
    (".github/workflows/release.yml", "workflow", "needs: [linux, macos, image]", "needs: [linux, windows, image]"),
    (".github/workflows/release.yml", "workflow", "${{ matrix.target }}", "${{ matrix.arch }}"),
    (".github/workflows/release.yml", "workflow", "runner: ubuntu-24.04-arm", "runner: ubuntu-24.04-arm64"),
    (".github/workflows/release.yml", "workflow", "steps.build.outputs.digest", "steps.built.outputs.digest"),
    (".github/workflows/release.yml", "workflow", "packages: write", "package: write"),
    (".github/workflows/release.yml", "workflow", '"$name/taskgate"', "$name/taskgate"),
    (".github/workflows/release.yml", "yaml", "  macos:", "  linux:"),
    (".ci/release", "script", 'cd "$(dirname "$0")/.."', "cd $(dirname $0)/.."),
    (".ci/release", "needs nothing of the machine", "-Ctarget-feature=+crt-static", "-Ctarget-feature=-crt-static"),
    (".ci/release", "needs nothing of the machine", 'build+=(--target "$host")', "true"),
    (".ci/release", "is not static is none", 'echo "$binary is not static"\n  exit 1', 'echo "$binary is not static"'),
    (".ci/release", "path of the machine", 'grep -qaF "$place" "$binary"', 'grep -qxF "$place" "$binary"'),
    ("deploy-cloudrun.sh", "script", 'cd "$(dirname "$0")"', "cd $(dirname $0)"),
    ("deploy-cloudrun.sh", "script", "say() { echo", "say(){ echo"),
    ("deploy-cloudrun.sh", "secrets are in no", 'printf %s "$value" |', 'echo "$value" |'),
    ("deploy-cloudrun.sh", "secrets are in no", "--data-file=-\n  fi", '--data-file=- --labels="made=$value"\n  fi'),
    ("deploy-cloudrun.sh", "secrets are in no", "  [ ${#value} = 64 ]", '  say "$value"\n  [ ${#value} = 64 ]'),
    ("deploy-cloudrun.sh", "second deploy makes nothing", 'if [ -n "$versions" ]; then', "if false; then"),
    ("deploy-cloudrun.sh", "second deploy makes nothing", 'if ! has "$account"', 'if ! has "$service"'),
    ("deploy-cloudrun.sh", "not taken for missing", '$dry_run || die "gcloud $1 $2', 'true || die "gcloud $1 $2'),
    ("deploy-cloudrun.sh", "added to the file", '|| $dry_run ||\n          die "cloudrun.yaml names', '|| true ||\n          die "cloudrun.yaml names'),
    ("deploy-cloudrun.sh", "every machine", "--platform linux/amd64", '--platform "linux/$(uname -m)"'),
    ("deploy-cloudrun.sh", "nothing else", "secretmanager.secretAccessor", "secretmanager.admin"),
    ("deploy-cloudrun.sh", "both names", 'render "$names_now"', 'render "$names"'),
    ("deploy-cloudrun.sh", "both names", 'image=${image%:*}@$digest', "true"),
    ("deploy-cloudrun.sh", "dry run changes nothing", 'if $dry_run; then say "would run', 'if false; then say "would run'),
    ("deploy-cloudrun.sh", "built-in board is refused", '&& ! $try_it; then', "&& false; then"),
    ("deploy-cloudrun.sh", "keep nothing themselves", "-e N -e d -e '}'", "-e N -e '}'"),
    ("deploy-cloudrun.sh", "keep nothing themselves", 'maxScale: "10"', 'maxScale: "1"'),
    ("deploy-cloudrun.sh", "keep nothing themselves", "    need_redis_secret\n    may_read", "    need_redis_secret\n    : may_read"),
    ("deploy-cloudrun.sh", "reached from there", "$1 == \"annotations:\" && /^      /", '$1 == "annotations:"'),
    ("deploy-cloudrun.sh", "reached from there", "${min_instances:-0}", "0"),
    ("deploy-cloudrun.sh", "nobody named", '[ -n "$versions" ] || $dry_run', '[ -n "$versions" ] || true'),
    ("deploy-cloudrun.sh", "nobody named", '&& version_of "$redis_secret") || $dry_run', '&& version_of "$redis_secret") || true'),
    ("deploy-cloudrun.sh", "refused before anything", '&& $try_it; then\n    die "--try-it', '&& false; then\n    die "--try-it'),
    ("deploy-cloudrun.sh", "no option or no value", "must_match --project", ": --project"),
]


def finds(check, kind, path):
    """Whether the check of that kind, or that test of the script, finds fault with a file, and what it said."""
    command = [check, kind, path]
    if " " in kind:
        command = ["bats", "-f", kind, HERE / ("release.bats" if path.name == "release" else "deploy.bats")]
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "SCRIPT": str(path)})
    return ran.returncode not in (0, 64, 126, 127), ran.stdout + ran.stderr


def main(check, files):
    missed = 0
    tried = [mistake for mistake in MISTAKES if not files or mistake[0] in files]
    for file, kind, right, wrong in tried:
        text = (ROOT / file).read_text(encoding="utf-8")
        if right not in text:
            print(f"{file} has no {right!r} to make a mistake in")
            missed += 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            # Where workflows are looked for, and where a script finds its neighbours.
            path = pathlib.Path(folder) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
            path.chmod(0o755)
            found, said = finds(check, kind, path)
        if not found:
            print(f"{file}: {wrong!r} in place of {right!r} is not found by {kind}: {said}")
            missed += 1
    print(f"{len(tried) - missed} of {len(tried)} mistakes found")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
