#!/usr/bin/env bash
# Deploys taskgate to Google Cloud Run in six steps, from cloudrun.yaml and the Dockerfile beside this script. What is there is
# left as it is, so it runs as often as you like. No secret is in an argument, a file or a line it prints. Any bash, 3.2 too.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat << 'TEXT'
usage: ./deploy-cloudrun.sh [options]

  --project ID          Google Cloud project (default: that of gcloud)
  --region REGION       region (default: that of gcloud for Cloud Run, else us-central1)
  --service NAME        name of the service, its account and repository, and the beginning of its secrets' names (taskgate)
  --public-url URL      URL clients use, if you have a domain of your own (default: the service's own URL)
  --cloud-build         let Google build the image, which needs no Docker here
  --image IMAGE         deploy this image and build none
  --try-it              with the board of taskgate's own, which begins anew with every instance
  --redis-secret NAME   0 to 10 instances that act as one, on the Redis whose URL is in that secret
  --min-instances N     with --redis-secret: never fewer than N (0), so that what is between requests goes on
  --network NET/SUBNET  with --redis-secret: the network and subnet from which Redis is reached (Memorystore)
  --dry-run             look at what is there, change nothing, print what would be deployed
  --help                this

Steps: check the tools, enable the APIs, create what is missing (secrets, account, repository), build and push the image,
deploy, print the URL. docs/platforms.md says what it costs, and what is lost when.
TEXT
}

say() { echo "$*" >&2; }
die() {
  say "deploy-cloudrun.sh: $*"
  exit 1
}

project='' region='' service=taskgate public_url='' image='' redis_secret='' min_instances='' network=''
cloud_build=false try_it=false dry_run=false
while [ $# -gt 0 ]; do
  case $1 in
    --project | --region | --service | --public-url | --image | --redis-secret | --min-instances | --network)
      [ -n "${2:-}" ] || die "$1 needs a value"
      case $1 in
        --project) project=$2 ;;
        --region) region=$2 ;;
        --service) service=$2 ;;
        --public-url) public_url=${2%/} ;;
        --image) image=$2 ;;
        --redis-secret) redis_secret=$2 ;;
        --min-instances) min_instances=$2 ;;
        --network) network=$2 ;;
      esac
      shift
      ;;
    --cloud-build) cloud_build=true ;;
    --try-it) try_it=true ;;
    --dry-run) dry_run=true ;;
    --help | -h)
      usage
      exit
      ;;
    *)
      usage >&2
      die "there is no option $1"
      ;;
  esac
  shift
done

must_match() { grep -qE "^($2)\$" <<< "$3" || die "$1 has to look like $4, not '$3'"; }

cloud() { gcloud "$@" --project="$project" --quiet; }

# Changes something, or says that it would.
run() {
  local shown="$*"
  shown=${shown#patiently }
  if $dry_run; then say "would run: ${shown/#cloud /gcloud }"; else "$@"; fi
}

# Reads something. What cannot be read is a fault: taken for missing, it would be made a second time. A dry run goes on, as an API
# that it would enable has no answer yet.
look() {
  cloud "$@" 2> "$work/problem" && return
  $dry_run || die "gcloud $1 $2: $(cat "$work/problem")"
  say "  taken for missing, as it cannot be read: gcloud $1 $2: $(head -1 "$work/problem")"
}

# Whether a list that gcloud reads has this line.
has() {
  local line=$1 list
  shift
  list=$(look "$@") || exit 1
  grep -qxF -- "$line" <<< "$list"
}

# An account that was just made is not known everywhere at once.
patiently() {
  local try
  for try in 1 2 3 4 5 6; do
    "$@" > /dev/null 2> "$work/problem" && return
    say "  not yet ($try of 6)"
    sleep 5
  done
  die "$(cat "$work/problem")"
}

# The value of a setting in cloudrun.yaml.
setting() { awk -v name="$1" '$1 == "-" && $2 == "name:" && $3 == name { getline; print $2; exit }' cloudrun.yaml; }

# The secrets that cloudrun.yaml names.
secrets() { awk '$1 == "secretKeyRef:" { getline; print $2 }' cloudrun.yaml | sed "s|^taskgate-|$service-|" | sort -u; }

check_tools() {
  say "1/6 tools"
  command -v gcloud > /dev/null || die "gcloud is missing: https://cloud.google.com/sdk/docs/install"
  command -v openssl > /dev/null || die "openssl is missing: it makes the secrets"
  if [ -z "$image" ] && ! $cloud_build && ! command -v docker > /dev/null; then
    die "docker is missing: install it, or let Google build with --cloud-build"
  fi
  [ -n "$project" ] || project=$(gcloud config get-value project 2> /dev/null || true)
  [ -n "$region" ] || region=$(gcloud config get-value run/region 2> /dev/null || true)
  region=${region:-us-central1}
  [ -n "$project" ] || die "which project? --project ID, or gcloud config set project ID"
  must_match --project '[a-z][a-z0-9-]{4,28}[a-z0-9]' "$project" my-project-123
  must_match --region '[a-z]+-[a-z]+[0-9]+' "$region" europe-west1
  must_match --service '[a-z][a-z0-9-]{4,28}[a-z0-9]' "$service" "taskgate, 6 to 30 of a-z, 0-9 and -,"
  [ -z "$public_url" ] || must_match --public-url 'https://[A-Za-z0-9._~,+=:@/-]+' "$public_url" https://gate.example
  [ -z "$image" ] || must_match --image '[A-Za-z0-9._:@/-]+' "$image" europe-docker.pkg.dev/project/taskgate/taskgate:tag
  [ -z "$redis_secret" ] || must_match --redis-secret '[A-Za-z0-9_-]+' "$redis_secret" taskgate-redis-url
  [ -z "$min_instances" ] || must_match --min-instances '[0-9]|10' "$min_instances" "1, of 10 at most,"
  [ -z "$network" ] || must_match --network '[a-z][a-z0-9-]*/[a-z][a-z0-9-]*' "$network" default/default
}

# What would run and not work is refused before anything is made.
check_plan() {
  if [ -z "$redis_secret" ] && [ -n "$min_instances$network" ]; then
    die "--min-instances and --network are for several instances: add --redis-secret, or leave them out"
  elif [ -n "$redis_secret" ] && $try_it; then
    die "--try-it is for a board that nobody keeps, but Redis keeps it: leave --try-it out, or --redis-secret"
  elif [ -n "$redis_secret" ]; then
    return 0
  elif [ "$(setting KANBAN_PROVIDER)" = local ] && ! $try_it; then
    die "cloudrun.yaml has the built-in board (KANBAN_PROVIDER: local), whose tasks are gone with every instance of Cloud Run." \
      "Name a board there that is kept elsewhere, or try it out all the same with --try-it."
  fi
}

enable_apis() {
  say "2/6 APIs"
  local apis=(run.googleapis.com secretmanager.googleapis.com artifactregistry.googleapis.com iam.googleapis.com)
  if $cloud_build; then apis+=(cloudbuild.googleapis.com); fi
  if [ -n "$network" ]; then apis+=(compute.googleapis.com); fi
  run cloud services enable "${apis[@]}"
}

# The newest version of a secret that can be read, if there is one.
version_of() { look secrets versions list "$1" --filter=state=ENABLED --limit=1 --format='value(name.basename())'; }

make_secret() {
  local name=$1 versions value
  if ! has "$name" secrets list --format='value(name.basename())'; then
    run cloud secrets create "$name" --replication-policy=automatic
  fi
  versions=$(version_of "$name") || exit 1
  if [ -n "$versions" ]; then
    say "  $name is there"
  elif $dry_run; then
    say "would run: openssl rand -hex 32 | gcloud secrets versions add $name --data-file=-"
  else
    value=$(openssl rand -hex 32)
    [ ${#value} = 64 ] || die "openssl made no secret"
    # By standard input, and without the end of line that is no part of it.
    printf %s "$value" | cloud secrets versions add "$name" --data-file=-
  fi
}

# Nobody else knows where Redis is, and what it wants to be told.
need_redis_secret() {
  local versions
  versions=$(has "$redis_secret" secrets list --format='value(name.basename())' && version_of "$redis_secret") || $dry_run ||
    die "the secret $redis_secret is not there: make it, so that the password is in no file and no argument, with" \
      "gcloud secrets create $redis_secret --data-file=- --project=$project, and type rediss://NAME:PASSWORD@HOST:PORT"
  [ -n "$versions" ] || $dry_run ||
    die "the secret $redis_secret holds nothing yet: gcloud secrets versions add $redis_secret --data-file=- --project=$project"
}

may_read() {
  run patiently cloud secrets add-iam-policy-binding "$1" --member="serviceAccount:$account" \
    --role=roles/secretmanager.secretAccessor --condition=None
}

make_missing() {
  say "3/6 secrets, account, repository"
  local name
  if ! has "$account" iam service-accounts list --format='value(email)'; then
    run cloud iam service-accounts create "$service" --display-name="taskgate on Cloud Run"
  fi
  # The account may read the secrets that cloudrun.yaml names, and nothing else of the project.
  for name in $(secrets); do
    case $name in
      "$service"-secret-key | "$service"-admin-token | "$service"-auth-tokens) make_secret "$name" ;;
      *)
        has "$name" secrets list --format='value(name.basename())' || $dry_run ||
          die "cloudrun.yaml names the secret $name, which is not there: make it, as nobody else knows what is in it"
        ;;
    esac
    may_read "$name"
  done
  if [ -n "$redis_secret" ]; then
    need_redis_secret
    may_read "$redis_secret"
  fi
  if [ -z "$image" ] && ! has "$service" artifacts repositories list --location="$region" --format='value(name.basename())'; then
    run cloud artifacts repositories create "$service" --location="$region" --repository-format=docker
  fi
}

build_image() {
  say "4/6 image"
  [ -z "$image" ] || return 0
  local repository=$region-docker.pkg.dev digest
  image=$repository/$project/$service/taskgate:$(git rev-parse --short=12 HEAD 2> /dev/null || date -u +%Y%m%d%H%M%S)
  if $cloud_build; then
    run cloud builds submit --tag="$image" --timeout=3600s .
  else
    # Cloud Run has no other machines, whatever this one is.
    run docker build --platform linux/amd64 --tag "$image" .
    run gcloud auth configure-docker "$repository" --quiet
    run docker push "$image"
  fi
  $dry_run && return
  digest=$(look artifacts docker images describe "$image" --format='value(image_summary.digest)')
  image=${image%:*}@$digest
}

# The names the service has by now, the predictable one always.
hosts() {
  local urls=''
  if has "$service" run services list --region="$region" --format='value(metadata.name)'; then
    urls=$(look run services describe "$service" --region="$region" \
      --format='value(status.url,metadata.annotations."run.googleapis.com/urls")') || exit 1
  fi
  (grep -oE 'https://[A-Za-z0-9._-]+' <<< "$urls https://$predictable" || true) | sed 's|https://||' | sort -u | paste -sd, -
}

# Writes the file that is deployed, with the names given.
render() {
  local set_setting=()
  set_to() { set_setting+=(-e "/- name: $1\$/{" -e n -e "s|value: .*|value: \"$2\"|" -e '}'); }
  set_to TASKGATE_PUBLIC_URL "${public_url:-https://$predictable}"
  set_to TASKGATE_ALLOWED_HOSTS "$1"
  set_to TASKGATE_EPHEMERAL_BOARD "$try_it"
  sed -e "s|^  name: .*|  name: $service|" -e "s|name: taskgate-|name: $service-|" -e "s|image: .*|image: $image|" \
    -e "s|serviceAccountName: .*|serviceAccountName: $account|" "${set_setting[@]}" cloudrun.yaml > "$work/service.yaml"
  [ -z "$redis_secret" ] || render_several
}

# Makes of the one instance, whose memory is all there is, up to ten on one Redis.
render_several() {
  sed -e "s|minScale: .*|minScale: \"${min_instances:-0}\"|" -e 's|maxScale: .*|maxScale: "10"|' \
    -e '/# One, and always one/d' -e '/# A file would be memory here/d' -e '/- name: TASKGATE_STORE$/{' -e N -e d -e '}' \
    "$work/service.yaml" > "$work/one.yaml"
  awk -v secret="$redis_secret" -v network="${network%/*}" -v subnet="${network#*/}" '{ print }
    $1 == "annotations:" && /^      / && network != "" {
      print "        run.googleapis.com/network-interfaces: \047[{\"network\":\"" network "\",\"subnetwork\":\"" subnet "\"}]\047"
      print "        run.googleapis.com/vpc-access-egress: private-ranges-only"
    }
    $1 == "env:" {
      print "            - name: REDIS_URL\n              valueFrom:\n                secretKeyRef:"
      print "                  name: " secret "\n                  key: latest"
    }' "$work/one.yaml" > "$work/service.yaml"
}

deploy() {
  say "5/6 deploy"
  say "  Google lets every caller through (invoker-iam-disabled): the keys of taskgate are the guard."
  if [ -n "$redis_secret" ]; then
    say "  Everything that lasts is in Redis: no instance of 0 to 10 keeps anything. Each open stream or page holds an instance."
  else
    say "  Keys made by the API, sessions and claims are gone with the instance; keys in the secret $service-auth-tokens stay."
    say "  A deploy runs two gateways for some seconds, each with a memory of its own: let agents finish first."
  fi
  if $try_it; then say "  The board begins anew with every instance (--try-it): nothing on it will last."; fi
  local names names_now
  names=$(hosts) || exit 1
  render "$names"
  run cloud run services replace "$work/service.yaml" --region="$region"
  if $dry_run; then
    cat "$work/service.yaml"
    return
  fi
  names_now=$(hosts) || exit 1
  if [ "$names_now" != "$names" ]; then
    say "  once more, with the second name that the service has since the first time"
    render "$names_now"
    run cloud run services replace "$work/service.yaml" --region="$region"
  fi
}

print_url() {
  say "6/6 done"
  local access="gcloud secrets versions access latest --project=$project --secret=$service"
  say "  key for clients:  $access-auth-tokens"
  say "  admin token:      $access-admin-token"
  say "  log:              gcloud run services logs read $service --region=$region --project=$project"
  $dry_run || echo "${public_url:-https://$predictable}/mcp"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
check_tools
check_plan
account=$service@$project.iam.gserviceaccount.com
number=$(look projects describe "$project" --format='value(projectNumber)')
predictable=$service-${number:-PROJECT_NUMBER}.$region.run.app
enable_apis
make_missing
build_image
deploy
print_url
