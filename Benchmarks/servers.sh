# The part of tools/benchmark that measures programs and servers beside nginx, caddy and Python. It is sourced there.
# shellcheck shell=bash disable=SC2154
nginx=/usr/sbin/nginx python=/usr/bin/python3
mktap="$PWD/.build/release/mktap" tapd="$PWD/.build/release/tapd"
if [ $quick = yes ]; then start_rounds=5 serve_rounds=3 load_rounds=1 load_seconds=2
else start_rounds=41 serve_rounds=15 load_rounds=7 load_seconds=3; fi

gcc -O2 -o "$folder/stopwatch" Benchmarks/stopwatch.c
swiftc -O -static-stdlib -o "$folder/empty" Benchmarks/empty.swift
stopwatch="$folder/stopwatch"

# The same tree for all, and a server of each kind. Modification times in the past: a file that has just changed is
# kept in memory by none.
www="$folder/www"
mkdir "$www"
head -c 768 /dev/urandom | base64 -w 0 >"$www/1k.txt"
head -c 786432 /dev/urandom | base64 -w 0 >"$www/1m.txt"
touch -d '1 hour ago' "$www"/*
export HOME="$folder" XDG_CONFIG_HOME="$folder" XDG_DATA_HOME="$folder"

declare -A port command
for name in tapd nginx caddy python; do port[$name]="$("$stopwatch" free-port)"; done
cat >"$folder/nginx.conf" <<CONF
master_process off; daemon off; worker_processes 1; pid $folder/nginx.pid; error_log $folder/nginx.log;
events { worker_connections 1024; }
http {
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; types { text/plain txt; }
    client_body_temp_path $folder/body; proxy_temp_path $folder/proxy; fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi; scgi_temp_path $folder/scgi;
    server { listen 127.0.0.1:${port[nginx]}; root $www; }
}
CONF
site=(web --static "$www" --listen "tcp:${port[tapd]}:interface=127.0.0.1")
"$mktap" -o "$folder/web.tap" "${site[@]}" >/dev/null
command[tapd]="$tapd -f $folder/web.tap"
command[nginx]="$nginx -p $folder -c $folder/nginx.conf -e $folder/nginx.log"
command[caddy]="caddy file-server --root $www --listen 127.0.0.1:${port[caddy]}"
command[python]="$python -m http.server --bind 127.0.0.1 --directory $www ${port[python]}"

# Starts a server on a core and waits until it answers; its process is $started.
start() {
    local name=$1
    # The words of a command are separated by spaces; the clone's path has none, or make would have failed already.
    # shellcheck disable=SC2086
    taskset -c "$2" ${command[$name]} >"$folder/$name.out" 2>&1 &
    started=$!
    pids+=("$started")
    for _ in $(seq 200); do
        if curl -fsS -o /dev/null "http://127.0.0.1:${port[$name]}/1k.txt" 2>/dev/null; then return; fi
        sleep 0.05
    done
    echo "tools/benchmark: $name does not answer:" >&2
    cat "$folder/$name.out" >&2
    exit 69
}
stop() { kill "$1" && wait "$1" 2>/dev/null || true; }

# Programs that start and end

step "mktap ($start_rounds rounds)"
memory_folder="$(mktemp -d /dev/shm/taproom-benchmark.XXXXXX)"
bytes="$(stat -c %s "$folder/web.tap")"
for _ in $(seq "$start_rounds"); do
    add mktap "$("$stopwatch" run "$mktap" --force -o "$folder/new.tap" "${site[@]}")"
    add mktap-memory "$("$stopwatch" run "$mktap" --force -o "$memory_folder/new.tap" "${site[@]}")"
    add mktap-version "$("$stopwatch" run "$mktap" --version)"
    add store "$("$stopwatch" run "$stopwatch" store "$folder/stored" "$bytes")"
    add empty "$("$stopwatch" run "$folder/empty")"
    add python-pass "$("$stopwatch" run "$python" -c pass)"
done

# Servers: to the first byte, and to the end

step "servers, first byte and end ($serve_rounds rounds)"
for _ in $(seq "$serve_rounds"); do
    for name in tapd nginx caddy python; do
        # shellcheck disable=SC2086
        read -r first end < <("$stopwatch" serve "${port[$name]}" /1k.txt ${command[$name]})
        add "first-$name" "$first"
        add "stop-$name" "$end"
    done
done

# Servers under load, and at rest

# Resident and anonymous memory in MB, and the number of threads.
memory() { awk '/^VmRSS/ { r = $2 } /^RssAnon/ { a = $2 } /^Threads/ { t = $2 } END { printf "%.1f %.1f %d\n", r / 1024, a / 1024, t }' "/proc/$1/status"; }
cpu_ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

declare -A idle after
step "idle memory"
for name in tapd nginx caddy python; do
    start "$name" "$(IFS=,; echo "${cores[*]}")"
    sleep 1.5
    idle[$name]="$(memory "$started")"
    stop "$started"
done

declare -A server
for name in tapd nginx caddy; do
    start "$name" "$server_core"
    server[$name]=$started
done
sleep 1
hertz="$(getconf CLK_TCK)"
load() {
    local name=$1 file=$2 seconds=$3 before out requests
    before="$(cpu_ticks "${server[$name]}")"
    out="$(taskset -c "$client_core" wrk -t1 -c64 -d"${seconds}s" "http://127.0.0.1:${port[$name]}/$file.txt")"
    requests="$(awk '/requests in/ { print $1 }' <<<"$out")"
    if grep -qE 'Socket errors|Non-2xx' <<<"$out"; then echo "$name $file: $(grep -E 'Socket errors|Non-2xx' <<<"$out")" >&2; fi
    [ -n "${4:-}" ] && return
    add "load-$file-$name" "$(awk '/^Requests\/sec/ { print $2 }' <<<"$out")"
    add "cpu-$file-$name" "$(awk -v t=$(($(cpu_ticks "${server[$name]}") - before)) -v h="$hertz" -v n="$requests" \
        'BEGIN { print t / h / n * 1e6 }')"
}
for file in 1k 1m; do
    step "requests of $file ($load_rounds rounds of $load_seconds s for each server)"
    for name in tapd nginx caddy; do load "$name" "$file" 1 warm-up; done
    for _ in $(seq "$load_rounds"); do for name in tapd nginx caddy; do load "$name" "$file" "$load_seconds"; done; done
done
for name in tapd nginx caddy; do
    after[$name]="$(memory "${server[$name]}")"
    stop "${server[$name]}"
done

# What a runner costs

# shellcheck source=/dev/null
. Benchmarks/runner.sh

# The tables

server_tables() {
    echo "| Program start to end, ms | median | against the empty program |"
    echo "| --- | --: | --: |"
    row "\`mktap web\`, a new tap on the disk" mktap "$(times "$(ratio mktap empty)")"
    row "\`mktap web\`, the same in memory (tmpfs)" mktap-memory "$(times "$(ratio mktap-memory empty)")"
    row "\`mktap --version\`" mktap-version "$(times "$(ratio mktap-version empty)")"
    row "a C program that stores $bytes bytes the same way" store "$(times "$(ratio store empty)")"
    row "an empty static Swift program" empty "1.00 times"
    row "\`python3 -c pass\`" python-pass "$(times "$(ratio python-pass empty)")"
    echo
    echo "| Server | start to first byte, ms | SIGTERM to end, ms | idle memory: resident (anonymous), MB | threads | resident after load, MB |"
    echo "| --- | --: | --: | --: | --: | --: |"
    local name rss anon threads later
    for name in tapd nginx caddy python; do
        read -r rss anon threads <<<"${idle[$name]}"
        read -r later _ <<<"${after[$name]:--}"
        printf '| %s | %s | %s | %s (%s) | %s | %s |\n' "$name" "$(number "$(median "first-$name")")" \
            "$(number "$(median "stop-$name")")" "$rss" "$anon" "$threads" "$later"
    done
    echo
    echo "| Server on one core | 1 KiB, requests/s | CPU µs each | 1 MiB, requests/s | CPU µs each | 1 KiB against nginx |"
    echo "| --- | --: | --: | --: | --: | --: |"
    for name in tapd nginx caddy; do
        printf '| %s | %s | %s | %s | %s | %s |\n' "$name" "$(number "$(median "load-1k-$name")")" \
            "$(number "$(median "cpu-1k-$name")")" "$(number "$(median "load-1m-$name")")" \
            "$(number "$(median "cpu-1m-$name")")" "$(times "$(ratio "load-1k-$name" load-1k-nginx)")"
    done
    echo
}

goal "\`mktap web\`, ms (8, or 3 empty programs)" "$(median mktap)" \
    "$(awk -v e="$(median empty)" 'BEGIN { print (3 * e > 8 ? 3 * e : 8) }')" most
goal "first byte: tapd against caddy" "$(ratio first-tapd first-caddy)" 0.5 most
goal "first byte: tapd against nginx" "$(ratio first-tapd first-nginx)" 2 most
goal "1 KiB requests/s: tapd against caddy" "$(ratio load-1k-tapd load-1k-caddy)" 2 least
goal "idle memory of tapd, MB" "${idle[tapd]%% *}" 15 most

more_json() {
    local name rss anon threads separator=
    printf '"memory": {'
    for name in tapd nginx caddy python; do
        read -r rss anon threads <<<"${idle[$name]}"
        printf '%s"%s": {"residentMB": %s, "anonymousMB": %s, "threads": %s}' "$separator" "$name" "$rss" "$anon" "$threads"
        separator=', '
    done
    printf '}, '
}
server_tables
runner_tables
