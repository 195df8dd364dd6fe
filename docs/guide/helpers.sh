# shellcheck shell=bash
# The helpers of the guides: `get` and `post` are one curl each, the rest reads and writes JSON without further tools.
# To be sourced in the project's folder while a stack runs. AGENCY is the agency, ZONE where its days begin.

WORK=$(mktemp -d)
./kepil status --json | python3 -c '
import json, sys
for part in json.load(sys.stdin)["parts"]:
    print(part["name"], part["url"])' > "$WORK/urls"

get() {        # get WHO SERVICE/v1/…
  call -H "Authorization: Bearer $(token "$1")" "$(address "$2")"
}

post() {       # post WHO SERVICE/v1/… [BODY], or - where the body follows
  local body=${3:-} etag=
  if [ "$body" = - ]; then body=$(cat); fi
  case $2 in */v1/*/*/*) etag=$(version "$1" "${2%/*}") ;; esac      # an act on something that is there
  call -X POST "$(address "$2")" -H "Authorization: Bearer $(token "$1")" -H "Idempotency-Key: $(key)" \
    ${etag:+-H "If-Match: $etag"} ${body:+-H "Content-Type: application/json" -d "$body"}
}

upload() {     # upload WHO SERVICE/v1/…/file FILE: a table in CSV, as it is
  local resource=${2%/*/file*}
  call -X POST "$(address "$2")" -H "Authorization: Bearer $(token "$1")" -H "Idempotency-Key: $(key)" \
    -H "If-Match: $(version "$1" "$resource")" -H "Content-Type: text/csv" --data-binary "@$3"
}

key() {        # an idempotency key: another one for each act
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

call() {       # curl that prints the answer, and fails where it is no success
  local code
  code=$(curl -sS -o "$WORK/answer" -D "$WORK/headers" -w '%{http_code}' "$@")
  cat "$WORK/answer"; echo
  [ "$code" -lt 300 ]
}

version() {    # version WHO SERVICE/v1/…: the ETag of a resource; a lifecycle may be just about to make it
  local tries=0
  until get "$1" "$2" > /dev/null; do
    tries=$((tries + 1)); [ "$tries" -lt 150 ] || return 1; sleep 0.2
  done
  sed -n 's/^[Ee][Tt][Aa][Gg]: *\(".*"\).*/\1/p' "$WORK/headers"
}

token() {      # token WHO: an access token of this person, made once
  local kept="$WORK/$AGENCY.$1"
  if [ ! -s "$kept" ]; then
    case $1 in
      officer)   ./kepil token --agency "$AGENCY" --role institution_officer --subject officer --institution example-university ;;
      officer.*) ./kepil token --agency "$AGENCY" --role institution_officer --subject "$1" --institution "${1#officer.}" ;;
      expert.*)  ./kepil token --agency "$AGENCY" --role expert --subject "$1" ;;
      member.*)  ./kepil token --agency "$AGENCY" --role council_member --subject "$1" ;;
      *)         ./kepil token --agency "$AGENCY" --role "$1" --subject "agency.$1" ;;
    esac > "$kept"
  fi
  cat "$kept"
}

address() {    # address SERVICE/v1/…: where a route is
  echo "$(sed -n "s/^${1%%/*} //p" "$WORK/urls")/${1#*/}"
}

field() {      # field PATH: a member of the JSON that comes in, such as items.0.number
  python3 -c '
import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    value = value[int(name)] if name.isdigit() else value[name]
print(json.dumps(value, ensure_ascii=False, indent=1) if isinstance(value, (dict, list)) else value)' "$1"
}

rows() {       # rows NAME…: these members of each item of a list, a line for each; of clauses their numbers
  python3 -c '
import json, sys
found = json.load(sys.stdin)
for item in found if isinstance(found, list) else found["items"]:
    values = [item[name] for name in sys.argv[1:]]
    print(" | ".join(", ".join(each["id"] for each in value) if isinstance(value, list) else str(value) for value in values))' "$@"
}

made() {       # the id in the last answer
  field id < "$WORK/answer"
}

document() {   # document KIND: a document as Kepil knows it: the kind, the name, and the SHA-256 of the file that you keep
  python3 -c '
import hashlib, json, sys
print(json.dumps({"kind": sys.argv[1], "name": sys.argv[1] + ".pdf", "sha256": hashlib.sha256(sys.argv[1].encode()).hexdigest()}))' "$1"
}

today() {      # the legal day where the agency is
  ./kepil time --zone "$ZONE" --json | field day
}

days_after() { # days_after DAY NUMBER
  python3 -c 'import datetime as d, sys; print(d.date.fromisoformat(sys.argv[1]) + d.timedelta(int(sys.argv[2])))' "$@"
}

wait_for() {   # wait_for WORD COMMAND…: until the command says so, for what lifecycles do takes a moment
  local wanted=$1 seen= tries=0; shift
  until seen=$("$@" 2> "$WORK/faults") && [ "$seen" = "$wanted" ]; do
    tries=$((tries + 1)); [ "$tries" -lt 150 ] || { echo "still ${seen:-nothing}, not $wanted"; cat "$WORK/faults"; return 1; } >&2; sleep 0.2
  done
}

item() {       # item NAME VALUE: of the list that comes in the item whose member NAME has this value
  python3 -c '
import json, sys
found = [item for item in json.load(sys.stdin)["items"] if str(item[sys.argv[1]]) == sys.argv[2]]
print(json.dumps(found[0], ensure_ascii=False)) if found else sys.exit(1)' "$@"
}
