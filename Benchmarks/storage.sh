# The part of tools/benchmark that measures storage beside SQLite, Redis and Python's pickle. It is sourced there.
# shellcheck shell=bash disable=SC2154
python=/usr/bin/python3 storage="$PWD/.build/release/storage-benchmark"
if [ $quick = yes ]; then update_rounds=3 update_seconds=1 redis_rounds=2 redis_updates=10000 open_rounds=3
    many_rows=100000 large_rows=20000 small_rows=10000 snapshots=100 records=100000
else update_rounds=11 update_seconds=2 redis_rounds=7 redis_updates=50000 open_rounds=9
    many_rows=10000000 large_rows=1000000 small_rows=100000 snapshots=1000 records=1000000; fi

gcc -O2 -o "$folder/sqlite-loop" Benchmarks/sqlite-loop.c -lsqlite3
# The value of a "name<TAB>value" line that is read.
value() { awk -F '\t' -v name="$1" '$1 == name { print $2 }'; }
value_bytes="$("$storage" value-bytes | value "value bytes")"

# Updates in process

step "updates in process ($update_rounds rounds of $update_seconds s for each)"
updates() {
    rm -f "$folder"/updates.tap*
    add "$1" "$("$storage" updates "$folder/updates.tap" "$2" "$3" "$update_seconds" | value updates/s)"
}
for _ in $(seq "$update_rounds"); do
    rm -f "$folder"/sqlite.db*
    add sqlite "$("$folder/sqlite-loop" "$folder/sqlite.db" "$update_seconds" "$value_bytes" | value updates/s)"
    updates always-1 always 1
    updates always-64 always 64
    updates always-1000 always 1000
    updates every-second-1 everySecond 1
done
rm -f "$folder"/updates.tap* "$folder"/sqlite.db*

# Updates through a socket

free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
set_rate() {
    redis-benchmark -p "$1" -t set -n "$2" -r 100000 -d 100 -c "$3" -q 2>/dev/null | tr '\r' '\n' |
        awk '/requests per second/ { rate = $2 } END { print rate }'
}
wait_for() { for _ in $(seq 200); do [ "$(redis-cli -p "$1" ping 2>/dev/null)" = PONG ] && return; sleep 0.05; done; }
# through_socket NAME DURABILITY REDIS_WORD: both servers live through all rounds, and have their rows before the first.
through_socket() {
    local ours theirs started=() clients
    ours="$(free_port)"
    "$storage" serve "$folder/$1.tap" "$2" "$ours" >/dev/null & started+=($!)
    theirs="$(free_port)"
    mkdir "$folder/$1.redis"
    redis-server --bind 127.0.0.1 --port "$theirs" --dir "$folder/$1.redis" --appendonly yes --appendfsync "$3" \
        --save '' --daemonize no >/dev/null & started+=($!)
    pids+=("${started[@]}")
    for port in "$ours" "$theirs"; do
        wait_for "$port"
        set_rate "$port" 200000 1000 >/dev/null
    done
    for clients in 64 1000; do
        for _ in $(seq "$redis_rounds"); do
            add "$1-tap-$clients" "$(set_rate "$ours" "$redis_updates" "$clients")"
            add "$1-redis-$clients" "$(set_rate "$theirs" "$redis_updates" "$clients")"
        done
    done
    for pid in "${started[@]}"; do kill "$pid"; wait "$pid" 2>/dev/null || true; done
    rm -rf "${folder:?}/$1.redis" "$folder/$1.tap"*
}
step "updates through a socket ($redis_rounds rounds of $redis_updates for each)"
through_socket socket-always always always
through_socket socket-every-second everySecond everysec

# Large taps

step "a tap of $many_rows small rows"
fill_seconds="$("$storage" fill "$folder/many.tap" "$many_rows" 16 | value 'fill s')"
fill_bytes="$(stat -c %s "$folder/many.tap")"
opening() {
    local figures
    figures="$("$storage" open "$folder/many.tap" "$many_rows")"
    add "$1" "$(value 'all ms' <<<"$figures")"
    add "$1-memory" "$(value 'resident MB' <<<"$figures")"
    add "$1-anonymous" "$(value 'anonymous MB' <<<"$figures")"
}
for _ in $(seq "$open_rounds"); do
    # posix_fadvise(2), POSIX_FADV_DONTNEED: the file's pages leave the memory, once they are on the disk.
    sync "$folder/many.tap"
    dd if="$folder/many.tap" iflag=nocache count=0 status=none
    opening open-cold
    opening open-warm
done
rm -f "$folder"/many.tap*

step "snapshots of taps of $small_rows and $large_rows rows of 1 KB"
for size in small large; do
    rows=${size}_rows
    "$storage" fill "$folder/$size.tap" "${!rows}" 1024 >/dev/null
    for _ in 1 2 3; do
        figures="$("$storage" snapshots "$folder/$size.tap" "${!rows}")"
        add "snapshot-$size-nothing" "$(value 'snapshot of nothing ms' <<<"$figures")"
        add "snapshot-$size-storing" "$(value 'storing 1 % ms' <<<"$figures")"
        add "snapshot-$size-stored" "$(value 'snapshot, all is stored ms' <<<"$figures")"
        add "snapshot-$size-memory" "$(value 'snapshot, 1 % in memory ms' <<<"$figures")"
    done
done
rm -f "$folder"/large.tap*

step "$snapshots snapshots of a tap of $small_rows rows of 1 KB"
figures="$("$storage" unchanged "$folder/small.tap" "$snapshots")"
add history-growth "$(value 'growth MB' <<<"$figures")"
add history-snapshot "$(value 'snapshot ms' <<<"$figures")"
rm -f "$folder"/small.tap*

# Coders

step "coders ($records records)"
{ .build/release/codec-benchmark "$records"; "$python" Benchmarks/pickle.py "$records"; } >"$folder/coders"

# The tables

storage_tables() {
    echo "| Updates in process | a second | against bare SQLite |"
    echo "| --- | --: | --: |"
    row "bare SQLite in C, a commit for each" sqlite "1.00 times"
    row "\`always\`, 1 writer" always-1 "$(times "$(ratio always-1 sqlite)")"
    row "\`always\`, 64 writers" always-64 "$(times "$(ratio always-64 sqlite)")"
    row "\`always\`, 1,000 writers" always-1000 "$(times "$(ratio always-1000 sqlite)")"
    row "\`everySecond\`, 1 writer" every-second-1 "$(times "$(ratio every-second-1 sqlite)")"
    echo
    echo "| SET through a socket | tap, a second | Redis, a second | tap against Redis |"
    echo "| --- | --: | --: | --: |"
    local name clients size
    for name in socket-always socket-every-second; do
        for clients in 64 1000; do
            printf '| %s, %s clients | %s | %s | %s |\n' "${name#socket-}" "$clients" \
                "$(number "$(median "$name-tap-$clients")")" "$(number "$(median "$name-redis-$clients")")" \
                "$(times "$(ratio "$name-tap-$clients" "$name-redis-$clients")")"
        done
    done
    echo
    echo "| Opening a tap of $many_rows rows ($((fill_bytes / 1000000)) MB, made in $fill_seconds s), reading 257 | ms | resident, MB | anonymous, MB |"
    echo "| --- | --: | --: | --: |"
    for name in open-cold open-warm; do
        printf '| %s | %s | %s | %s |\n' "${name#open-}" "$(number "$(median "$name")")" \
            "$(number "$(median "$name-memory")")" "$(number "$(median "$name-anonymous")")"
    done
    echo
    echo "| Snapshot, ms | of nothing | storing 1 % | all is stored | 1 % in memory |"
    echo "| --- | --: | --: | --: | --: |"
    for size in small large; do
        rows=${size}_rows
        printf '| %s rows of 1 KB | %s | %s | %s | %s |\n' "${!rows}" "$(number "$(median "snapshot-$size-nothing")")" \
            "$(number "$(median "snapshot-$size-storing")")" "$(number "$(median "snapshot-$size-stored")")" \
            "$(number "$(median "snapshot-$size-memory")")"
    done
    echo
    echo "| Coder, records a second | |"
    echo "| --- | --: |"
    awk -F '\t' '{ printf "| %s | %s |\n", $1, $2 }' "$folder/coders"
    echo
}

goal "durable updates, 1 writer against bare SQLite" "$(ratio always-1 sqlite)" 0.9 least
goal "durable updates, 64 writers against 1" "$(ratio always-64 always-1)" 8 least
goal "durable updates, 1,000 writers against 1" "$(ratio always-1000 always-1)" 20 least
goal "everySecond against always, 1 writer" "$(ratio every-second-1 always-1)" 10 least
for clients in 64 1000; do
    goal "durable SET, $clients clients against Redis" "$(ratio "socket-always-tap-$clients" "socket-always-redis-$clients")" 1 least
    goal "everySecond SET, $clients clients against Redis" \
        "$(ratio "socket-every-second-tap-$clients" "socket-every-second-redis-$clients")" 1 least
done
goal "opening $many_rows rows, cold, ms" "$(median open-cold)" 50 most
goal "its memory, MB" "$(median open-cold-memory)" 30 most
goal "snapshot of $large_rows rows when all is stored, ms" "$(median snapshot-large-stored)" 50 most
goal "snapshot with 1 % in memory, ms for each 1,000 changed rows: $large_rows rows against $small_rows" \
    "$(awk -v l="$(median snapshot-large-memory)" -v s="$(median snapshot-small-memory)" -v r="$((large_rows / small_rows))" \
        'BEGIN { print l / s / r }')" 2 most
goal "$snapshots snapshots of an unchanged tap of $small_rows rows, growth in MB" "$(median history-growth)" 1 most
storage_tables
