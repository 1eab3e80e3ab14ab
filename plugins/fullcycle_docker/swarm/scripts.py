"""Scripts: what replicas need beside their program, mounted into them as a config of the Swarm.

They want nothing of an image but `sh`. An image without it can run, too, if it needs no secrets
and finds out by itself, by a HEALTHCHECK, how it is; it then gets its SIGTERM two seconds after
it has left the Swarm's name service, whatever it still serves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import HealthCheck

FOLDER = "/.fullcycle"
LEARNED = "fullcycle: not healthy:"
"""What the health check writes into the replica's log, the answer behind it: a manager can read
logs of all nodes, but no health check's."""

ENV = """\
# env NAME… -- PROGRAM…: run a program with secrets as environment variables.
while [ "$1" != -- ]; do
    value=$(cat "/run/secrets/$1" && printf x) || exit 78
    export "$1=${value%x}"
    shift
done
shift
exec "$@"
"""

DRAIN = """\
# drain SECONDS SIGNAL PORT PROGRAM…: when told to stop, let connections to the port end first.
# The Swarm has taken the replica out of its name service by then, so that no new ones come.
left=$(($1 * 5)) signal=$2 port=$(printf ':%04X' "$3")
shift 3
connected() {
    for table in /proc/net/tcp /proc/net/tcp6; do
        [ -r "$table" ] || continue
        while read -r _ here _ state _; do
            case "$here $state" in *"$port 01") return 0 ;; esac
        done < "$table"
    done
    return 1
}
leave() {
    trap : TERM
    while [ "$left" -gt 0 ] && connected; do left=$((left - 1)); sleep 0.2; done
    kill "-${signal#SIG}" "$program" 2> /dev/null
}
"$@" &
program=$!
exec 2> /dev/null
trap leave TERM
while :; do
    wait "$program"
    code=$?
    kill -0 "$program" 2> /dev/null || exit "$code"
done
"""

HEALTH = f"""\
# health KIND PORT PATH TIMEOUT: asks once a second, and every 5 seconds from the first success on:
# starting a check costs more than the check, so one start asks several times.
kind=$1 port=$2 path=$3 timeout=$4 healthy=/dev/shm/.fullcycle-healthy
listening() {{
    number=$(printf ':%04X' "$port")
    for table in /proc/net/tcp /proc/net/tcp6; do
        [ -r "$table" ] || continue
        while read -r _ here _ state _; do
            case "$here $state" in *"$number 0A") return 0 ;; esac
        done < "$table"
    done
    answer="nothing listens on port $port"
    return 1
}}
has() {{ command -v "$1" > /dev/null 2>&1; }}
get() {{
    url="http://127.0.0.1:$port$path"
    if has curl; then
        answer=$(curl -s -o /dev/null -m "$timeout" -w '%{{http_code}}' "$url")
    elif has python3 || has python; then
        answer=$($(has python3 && echo python3 || echo python) -S -c '
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=float(sys.argv[3]))
connection.request("GET", sys.argv[2])
print(connection.getresponse().status)' "$port" "$path" "$timeout" 2>&1 | tail -n 1)
    elif has node; then
        answer=$(node -e '
const [url, limit] = process.argv.slice(1);
const say = (words) => {{ console.log(words); process.exit() }};
require("http").get(url, {{timeout: limit * 1000}}, (answer) => say(answer.statusCode))
  .on("timeout", () => say("no answer")).on("error", (error) => say(error.message))
' "$url" "$timeout")
    elif has wget; then
        answer=$(wget -T "${{timeout%.*}}" -q -O /dev/null "$url" 2>&1) && answer=200
    else
        answer="the image has no curl, python, node or wget: choose health by tcp or command"
    fi
    case "$answer" in 2?? | 3??) return 0 ;; *) return 1 ;; esac
}}
ask() {{ if [ "$kind" = tcp ]; then listening; else get; fi; }}
[ -e "$healthy" ] && sleep 4
for _ in 1 2 3 4 5; do
    ask && : > "$healthy" && exit 0
    sleep 0.15
done
echo "{LEARNED} $answer" > /proc/1/fd/1
exit 1
"""

FILES = {"env": ENV, "drain": DRAIN, "health": HEALTH}


def with_secrets(names: Sequence[str], program: Sequence[str]) -> list[str]:
    """The program, given secrets."""
    return ["sh", f"{FOLDER}/env", *names, "--", *program] if names else list(program)


def drained(seconds: float, signal: str, port: int, program: Sequence[str]) -> list[str]:
    """The program, stopped only when its connections have ended."""
    return ["sh", f"{FOLDER}/drain", f"{round(seconds)}", signal, f"{port}", *program]


def asked(health: HealthCheck, port: int) -> list[str]:
    """The check of a replica that is asked by HTTP or TCP."""
    timeout = f"{health.timeout:g}"
    return ["sh", f"{FOLDER}/health", f"{health.kind}", f"{port}", health.path, timeout]
