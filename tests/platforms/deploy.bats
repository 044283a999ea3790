#!/usr/bin/env bats
# deploy-cloudrun.sh with a recording stub in place of everything it calls. CLOUDRUN_SCHEMA is the strict schema of a service,
# SCRIPT another script to try.

setup() {
  root=$BATS_TEST_DIRNAME/../..
  export STATE=$BATS_TEST_TMPDIR/state
  mkdir -p "$STATE" "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/clone"
  for name in gcloud docker openssl sleep uname; do ln -s "$BATS_TEST_DIRNAME/stub" "$BATS_TEST_TMPDIR/bin/$name"; done
  export PATH=$BATS_TEST_TMPDIR/bin:$PATH
  cp "$root/cloudrun.yaml" "$root/Dockerfile" "$BATS_TEST_TMPDIR/clone/"
  cp "${SCRIPT:-$root/deploy-cloudrun.sh}" "$BATS_TEST_TMPDIR/clone/deploy-cloudrun.sh"
  script=$BATS_TEST_TMPDIR/clone/deploy-cloudrun.sh
  deployed=$STATE/deployed.yaml
  : > "$STATE/calls"
}

# In the middle of a test `! command` never fails it.
refute() { if "$@"; then return 1; fi; }
calls() { grep -cE -- "$1" "$STATE/calls" || true; }
# What is there to be changed.
changes() { calls ' (create|add|enable|submit|push|replace|build|add-iam-policy-binding) '; }
is_valid() { check-jsonschema --schemafile "$CLOUDRUN_SCHEMA" "$1" > /dev/null; }
# The value of a setting in the file that was deployed.
value() { awk -v name="$1" '$2 == "name:" && $3 == name { getline; print $2 }' "$deployed"; }

@test "the first deploy takes the six steps in order" {
  run "$script" --try-it
  [ "$status" = 0 ]
  grep -oE '^[1-6]/6' <<< "$output" | tr '\n' ' ' | grep -qx '1/6 2/6 3/6 4/6 5/6 6/6 '
  order='services enable|service-accounts create|secrets create|versions add|repositories create|docker build|docker push|services replace'
  [ "$(grep -oE "$order" "$STATE/calls" | uniq | tr '\n' ',')" = \
    'services enable,service-accounts create,secrets create,versions add,secrets create,versions add,secrets create,versions add,repositories create,docker build,docker push,services replace,' ]
  [ "${lines[${#lines[@]} - 1]}" = https://taskgate-123456789.us-central1.run.app/mcp ]
}

@test "the second deploy makes nothing and deploys once" {
  "$script" --try-it
  cp -r "$STATE" "$BATS_TEST_TMPDIR/first"
  : > "$STATE/calls"
  "$script" --try-it
  [ "$(calls ' (create|add) ')" = 0 ]
  [ "$(calls 'openssl')" = 0 ]
  [ "$(calls 'run services replace')" = 1 ]
  cmp "$BATS_TEST_TMPDIR/first/deployed.yaml" "$deployed"
  cmp "$BATS_TEST_TMPDIR/first/version-of-taskgate-secret-key" "$STATE/version-of-taskgate-secret-key"
}

@test "a secret without a version, as an interrupted run leaves it, gets one" {
  printf 'taskgate-%s\n' secret-key admin-token auth-tokens > "$STATE/secrets"
  "$script" --try-it
  [ "$(calls 'secrets create')" = 0 ]
  [ "$(calls 'secrets versions add')" = 3 ]
}

@test "secrets are in no argument and no line, and have no end of line" {
  run "$script" --try-it
  [ "$status" = 0 ]
  refute grep -q 5ec2e7 <<< "$output"
  refute grep -q 5ec2e7 "$STATE/calls"
  refute grep -q 5ec2e7 "$deployed"
  refute cmp -s "$STATE/version-of-taskgate-admin-token" "$STATE/version-of-taskgate-auth-tokens"
  for secret in secret-key admin-token auth-tokens; do
    [ "$(wc -c < "$STATE/version-of-taskgate-$secret")" = 64 ]
    [ "$(wc -l < "$STATE/version-of-taskgate-$secret")" = 0 ]
  done
}

@test "the account may read its three secrets and nothing else" {
  "$script" --try-it
  [ "$(calls 'add-iam-policy-binding')" = 3 ]
  [ "$(calls 'gcloud secrets add-iam-policy-binding taskgate-[a-z-]+ --member=serviceAccount:taskgate@my-project-123.iam.gserviceaccount.com --role=roles/secretmanager.secretAccessor ')" = 3 ]
}

@test "a secret that was added to the file can be read, and is missed where it is not there" {
  sed -i 's|^          env:$|&\n            - name: SMTP_URL\n              valueFrom:\n                secretKeyRef:\n                  name: mail\n                  key: latest|' \
    "$BATS_TEST_TMPDIR/clone/cloudrun.yaml"
  run "$script" --try-it
  [ "$status" = 1 ]
  grep -q 'names the secret mail' <<< "$output"
  [ "$(calls 'run services replace')" = 0 ]
  echo mail >> "$STATE/secrets"
  "$script" --try-it
  is_valid "$deployed"
  [ "$(calls 'add-iam-policy-binding mail ')" = 1 ]
  [ "$(calls 'versions add mail ')" = 0 ]
}

@test "an account that is not known everywhere yet is waited for" {
  STUB_SLOW=2 "$script" --try-it
  [ "$(calls '^sleep')" = 2 ]
  refute env STUB_SLOW=100 "$script" --try-it
}

@test "what is deployed is valid, and has the image by its digest and both names" {
  "$script" --try-it
  is_valid "$deployed"
  grep -qE "image: us-central1-docker.pkg.dev/my-project-123/taskgate/taskgate@sha256:0{63}7$" "$deployed"
  grep -q 'serviceAccountName: taskgate@my-project-123.iam.gserviceaccount.com$' "$deployed"
  [ "$(value TASKGATE_PUBLIC_URL)" = '"https://taskgate-123456789.us-central1.run.app"' ]
  [ "$(value TASKGATE_ALLOWED_HOSTS)" = '"taskgate-123456789.us-central1.run.app,taskgate-abc-uc.a.run.app"' ]
  refute grep -qE 'PROJECT|REGION' "$deployed"
}

@test "other names, a domain and an image of one's own" {
  "$script" --try-it --project other-project-1 --region europe-west1 --service team-gate --public-url https://gate.example/ \
    --image docker.example/taskgate:1
  is_valid "$deployed"
  [ "$(value TASKGATE_PUBLIC_URL)" = '"https://gate.example"' ]
  value TASKGATE_ALLOWED_HOSTS | grep -q team-gate-123456789.europe-west1.run.app
  grep -q 'image: docker.example/taskgate:1$' "$deployed"
  [ "$(grep -c 'name: team-gate' "$deployed")" = 4 ]
  [ "$(calls 'docker|artifacts')" = 0 ]
  [ "$(grep -v config "$STATE/calls" | grep gcloud | grep -cv -- '--project=other-project-1')" = 0 ]
}

@test "it builds for Cloud Run on every machine" {
  for machine in x86_64 arm64; do
    STUB_MACHINE=$machine "$script" --try-it
    [ "$(calls '^docker build --platform linux/amd64 ')" = 1 ]
    : > "$STATE/calls"
  done
  refute grep -nE 'x86_64|amd64|aarch64|arm64' "$root/Dockerfile" "$root/cloudrun.yaml"
}

@test "Google builds where there is no Docker" {
  rm "$BATS_TEST_TMPDIR/bin/docker"
  local bin=$BATS_TEST_TMPDIR/bin
  for tool in awk bash cat cut date dirname env git grep mktemp paste rm sed sort tr wc cp; do ln -sf "$(command -v "$tool")" "$bin/$tool"; done
  PATH=$bin run "$script" --try-it
  [ "$status" = 1 ]
  grep -q -- '--cloud-build' <<< "$output"
  PATH=$bin "$script" --try-it --cloud-build
  [ "$(calls 'gcloud builds submit --tag=us-central1-docker.pkg.dev/my-project-123/taskgate/taskgate:')" = 1 ]
  [ "$(calls 'services enable .*cloudbuild.googleapis.com')" = 1 ]
}

@test "a dry run changes nothing and prints what would be deployed" {
  local printed=$BATS_TEST_TMPDIR/dry.yaml
  "$script" --try-it --dry-run > "$printed" 2> "$BATS_TEST_TMPDIR/said"
  [ "$(changes)" = 0 ]
  is_valid "$printed"
  grep -q 'would run: gcloud run services replace' "$BATS_TEST_TMPDIR/said"
  # Where the APIs are not enabled yet nothing can be read.
  STUB_FAILS='list|describe' "$script" --try-it --dry-run > "$printed" 2> "$BATS_TEST_TMPDIR/said"
  is_valid "$printed"
  grep -q 'value: "taskgate-PROJECT_NUMBER.us-central1.run.app"' "$printed"
  grep -q 'taken for missing.* PERMISSION_DENIED' "$BATS_TEST_TMPDIR/said"
}

@test "the built-in board is refused before anything is made, unless it is only tried" {
  run "$script"
  [ "$status" = 1 ]
  grep -q -- '--try-it' <<< "$output"
  [ "$(changes)" = 0 ]
  sed -i 's/value: local$/value: elsewhere/' "$BATS_TEST_TMPDIR/clone/cloudrun.yaml"
  "$script"
  [ "$(value TASKGATE_EPHEMERAL_BOARD)" = '"false"' ]
  sed -i 's/value: elsewhere$/value: local/' "$BATS_TEST_TMPDIR/clone/cloudrun.yaml"
  "$script" --try-it
  [ "$(value TASKGATE_EPHEMERAL_BOARD)" = '"true"' ]
}

@test "it says who is let in, what dies with the instance, and what a deploy is" {
  run "$script" --try-it
  for words in invoker-iam-disabled 'Keys made by the API' 'two gateways for some seconds' 'board begins anew'; do
    grep -q "$words" <<< "$output"
  done
  grep -q 'invoker-iam-disabled: "true"' "$deployed"
}

# The secret that names Redis, as its owner made it.
redis_secret() {
  echo taskgate-redis-url >> "$STATE/secrets"
  printf 'rediss://gate:5ec2e7@redis.example:6380' > "$STATE/version-of-taskgate-redis-url"
}

@test "several instances on one Redis keep nothing themselves" {
  redis_secret
  run "$script" --redis-secret taskgate-redis-url
  [ "$status" = 0 ]
  grep -q 'Everything that lasts is in Redis' <<< "$output"
  refute grep -qE 'gone with the instance|begins anew' <<< "$output"
  is_valid "$deployed"
  grep -q 'minScale: "0"' "$deployed"
  grep -q 'maxScale: "10"' "$deployed"
  grep -q 'cpu-throttling: "false"' "$deployed"
  grep -A4 'name: REDIS_URL' "$deployed" | grep -q 'name: taskgate-redis-url'
  [ "$(value TASKGATE_EPHEMERAL_BOARD)" = '"false"' ]
  refute grep -qE 'TASKGATE_STORE|value: memory|always one|vpc|network-interfaces|5ec2e7' "$deployed"
  [ "$(calls 'add-iam-policy-binding taskgate-redis-url ')" = 1 ]
  [ "$(calls 'versions add taskgate-redis-url')" = 0 ]
}

@test "a Redis in a network of Google's is reached from there, and as many instances stay as are asked for" {
  redis_secret
  "$script" --redis-secret taskgate-redis-url --network default/gates --min-instances 1
  is_valid "$deployed"
  grep -qF "        run.googleapis.com/network-interfaces: '[{\"network\":\"default\",\"subnetwork\":\"gates\"}]'" "$deployed"
  grep -q 'vpc-access-egress: private-ranges-only' "$deployed"
  [ "$(grep -c 'network-interfaces' "$deployed")" = 1 ]
  grep -q 'minScale: "1"' "$deployed"
  [ "$(calls 'services enable .*compute.googleapis.com')" = 1 ]
}

@test "a Redis that nobody named is missed with what to type" {
  run "$script" --redis-secret taskgate-redis-url
  [ "$status" = 1 ]
  grep -q 'gcloud secrets create taskgate-redis-url --data-file=-' <<< "$output"
  [ "$(calls 'run services replace')" = 0 ]
  echo taskgate-redis-url >> "$STATE/secrets"
  run "$script" --redis-secret taskgate-redis-url
  [ "$status" = 1 ]
  grep -q 'holds nothing yet' <<< "$output"
  "$script" --redis-secret taskgate-redis-url --dry-run > "$BATS_TEST_TMPDIR/dry.yaml"
  is_valid "$BATS_TEST_TMPDIR/dry.yaml"
}

@test "what makes no sense with one instance, or with several, is refused before anything is made" {
  for arguments in '--try-it --min-instances 1' '--try-it --network a/b' '--try-it --redis-secret taskgate-redis-url'; do
    # shellcheck disable=SC2086
    run "$script" $arguments
    [ "$status" = 1 ]
    grep -q 'leave' <<< "$output"
    [ "$(changes)" = 0 ]
  done
}

@test "what cannot be read is not taken for missing" {
  "$script" --try-it
  for reading in 'secrets list' 'versions list' 'service-accounts list' 'repositories list' 'run services list' 'projects describe'; do
    : > "$STATE/calls"
    STUB_FAILS=$reading run "$script" --try-it
    [ "$status" = 1 ]
    grep -q PERMISSION_DENIED <<< "$output"
    [ "$(calls ' (create|add|replace) ')" = 0 ]
  done
}

@test "a step that fails is the last one" {
  for step in 'services enable' 'docker build' 'docker push' 'versions add' 'services replace'; do
    rm -rf "${STATE:?}"/*
    STUB_FAILS=$step run "$script" --try-it
    [ "$status" != 0 ]
    refute grep -q '^6/6' <<< "$output"
  done
}

@test "what is no option or no value is refused with what would be one" {
  for arguments in --bogus '--region' '--region=x' '--service gate' '--service A|B/C' '--project x;y' '--public-url http://gate.example' \
    '--public-url https://a|b' '--image a|b' '--region e/w' '--min-instances 11' '--network default' '--redis-secret a|b'; do
    # shellcheck disable=SC2086
    run "$script" --try-it $arguments
    [ "$status" = 1 ]
    grep -qE 'no option|needs a value|has to look like' <<< "$output"
    [ "$(changes)" = 0 ]
  done
  run "$script" --help
  [ "$status" = 0 ]
  for option in --project --region --service --public-url --cloud-build --image --try-it --redis-secret --min-instances --network --dry-run; do
    grep -q -- "$option" <<< "$output"
  done
}
