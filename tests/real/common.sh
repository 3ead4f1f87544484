# What the tests against real servers share: where they install, what is started and stopped again, and how it is checked.
# Everything lies under target/real/NAME, listens on loopback, and is stopped however the test ends. The output is TAP.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# NAME is the test's own.
home=$PWD/target/real/$NAME
run=$home/run
rm -rf "$run"
mkdir -p "$run"
# What was started, in order, and the process group of each.
started=()
declare -A group
passed=0

finish() {
  local status=$? i
  trap - EXIT INT TERM
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do stop "${started[i]}"; done
  if [ "$status" = 0 ]; then
    printf '# pass %d\n# fail 0\n' "$passed"
  else
    printf '# pass %d\n# fail 1\n# what the programs wrote lies in %s\n' "$passed" "${run#"$PWD"/}"
    status=1
  fi
  exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM

# stop NAME: what was started by that name; if it does not go by itself, not waited for longer than five seconds.
stop() {
  local pid=${group[$1]:-} n
  [ -n "$pid" ] && kill -TERM -- "-$pid" 2>/dev/null || return 0
  for ((n = 0; n < 50; n++)); do kill -0 -- "-$pid" 2>/dev/null && a_moment || break; done
  kill -KILL -- "-$pid" 2>/dev/null || :
  group[$1]=
}

a_moment() { read -rt 0.1 <> <(:) || :; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# skip REASON: what this needs cannot be had here, which is no failure of the program.
skip() {
  printf 'ok # SKIP %s: %s\n' "$NAME" "$*"
  exit 0
}

# A port that nobody listens on, for programs that cannot choose one.
free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

# start NAME COMMAND...: in the background, in a process group of its own, so that what it starts ends with it.
start() {
  local name=$1
  shift
  setsid "$@" >>"$run/$name.log" 2>&1 </dev/null &
  started+=("$name")
  group[$name]=$!
}

# within SECONDS WHAT COMMAND...: WHAT is checked, by COMMAND becoming true in that time.
within() {
  local seconds=$1 what=$2 from=$EPOCHREALTIME
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((EPOCHSECONDS - ${from%.*} > seconds)); then
      printf 'not ok %d - %s\n' $((passed + 1)) "$what"
      exit 1
    fi
    a_moment
  done
  passed=$((passed + 1))
  printf 'ok %d - %s (%.1f s)\n' "$passed" "$what" "$(jq -n "$EPOCHREALTIME - $from")"
}

# check WHAT COMMAND...: the same, at once or never.
check() { within -1 "$@"; }

not() { ! "$@"; }

# wall TOML: the service with one wall `real` for #Expert2019, the feed's keys given; waits until the feed is reading.
wall() {
  cargo build --quiet
  {
    printf '[[walls]]\nid = "real"\ntitle = "Real"\nhashtags = ["Expert2019"]\n\n  [[walls.feeds]]\n'
    printf '%s\n' "$1"
  } >"$run/buzzwall.toml"
  start buzzwall target/debug/buzzwall serve --config "$run/buzzwall.toml" --data "$run/data" --listen 127.0.0.1:0
  within 30 "the service stands" grep -q '^ *wall  ' "$run/buzzwall.log"
  base=$(sed -n 's|^ *wall  *\(http.*\)/w/.*|\1|p' "$run/buzzwall.log" | head -1)
  local token
  token=$(sed -n 's|.*/sign-in#\([^ ]*\)$|\1|p' "$run/buzzwall.log" | head -1)
  curl -fs "$base/api/v1/sign-in" -H 'content-type: application/json' -d "{\"token\":\"$token\"}" -c "$run/cookies" -o "$run/signed-in"
  within 30 "the feed is reading" feed '.state == "reading"'
}

# api PATH: what the service answers to its staff.
api() { curl -fs -b "$run/cookies" "$base/api/v1/walls/real/$1"; }

# feed FILTER: whether it is true of the feed's health.
feed() { api feeds | jq -e ".feeds[0] | $1"; }

# shown TEXT [FILTER]: whether a post with these words is on the wall, and FILTER is true of it.
shown() { api 'posts?limit=100' | jq -e --arg text "$1" "any(.posts[]; (.text | contains(\$text)) and (${2:-true}))"; }

# tally FILTER: whether it is true of the wall's figures.
tally() { api tallies | tee "$run/tallies.json" | jq -e "$1"; }
