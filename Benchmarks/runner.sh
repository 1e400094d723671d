# Measures what a runner costs: many services, many connections, reloads and upgrades. Benchmarks/servers.sh sources it, and has
# made the tree, the stopwatch and the configurations.
# shellcheck shell=bash disable=SC2154
tapctl="$PWD/.build/release/tapctl"
if [ $quick = yes ]; then many_rounds=3 reload_rounds=5 upgrade_rounds=3 held=1000
else many_rounds=11 reload_rounds=21 upgrade_rounds=15 held=10000; fi

# Many services

# A description with so many services; the last serves names that begin with a dot, or does not.
describe() {
    echo "taproom: 1"
    echo "name: many"
    echo "services:"
    for number in $(seq "$1"); do
        printf '  - {name: web%s, kind: web, static: %s, listen: "tcp:0:interface=127.0.0.1", dotfiles: %s}\n' \
            "$number" "$www" "$([ "$number" = "$1" ] && echo "${2:-false}" || echo false)"
    done
}

step "start with 1, 100 and 1,000 services ($many_rounds rounds)"
for count in 1 100 1000; do
    describe "$count" >"$folder/many-$count.yaml"
    "$mktap" --from "$folder/many-$count.yaml" -o "$folder/many-$count.tap" >/dev/null
done
for _ in $(seq "$many_rounds"); do
    for count in 1 100 1000; do
        read -r ready end < <("$stopwatch" until " serving " "$tapd" -f "$folder/many-$count.tap")
        add "ready-$count" "$ready"
        add "end-$count" "$end"
    done
    for count in 100 1000; do
        add "growth-$count" "$(awk -v n="$count" -v many="$(tail -n 1 "$folder/samples/ready-$count")" \
            -v one="$(tail -n 1 "$folder/samples/ready-1")" 'BEGIN { print (many - one) / (n - 1) * 1000 }')"
    done
done

step "reload with 100 services, one of which changes ($reload_rounds rounds)"
"$tapd" -y "$folder/many-100.yaml" >"$folder/many.out" 2>&1 &
many=$!
pids+=("$many")
for _ in $(seq 200); do ! "$tapctl" status "$folder/many-100.tap" >/dev/null 2>&1 || break; sleep 0.05; done
for round in $(seq "$reload_rounds"); do
    add status-100 "$("$stopwatch" run "$tapctl" status "$folder/many-100.tap")"
    describe 100 "$([ $((round % 2)) = 1 ] && echo true || echo false)" >"$folder/many-100.yaml"
    add reload-100 "$("$stopwatch" run "$tapctl" reload "$folder/many-100.tap")"
done
stop "$many"

# Upgrades

step "upgrades under light load ($upgrade_rounds rounds)"
start tapd "$(IFS=,; echo "${cores[*]}")"
mkfifo "$folder/asking"
"$stopwatch" ask "${port[tapd]}" /1k.txt <"$folder/asking" >"$folder/asked" &
asking=$!
exec 9>"$folder/asking"
for _ in $(seq "$upgrade_rounds"); do
    add upgrade "$("$stopwatch" run "$tapctl" upgrade "$folder/web.tap")"
    sleep 0.2
done
exec 9>&-
wait "$asking"
read -r asked_count asked_failed asked_longest <"$folder/asked"
"$tapctl" stop "$folder/web.tap" >/dev/null

# Connections that do nothing

# nginx makes room for all connections when it starts.
step "$held connections that are kept"
sed "s/worker_connections 1024/worker_connections $((held + 1024))/; 1s/^/worker_rlimit_nofile $((held + 2048)); /" \
    "$folder/nginx.conf" >"$folder/nginx-many.conf"
command[nginx]="${command[nginx]/nginx.conf/nginx-many.conf}"
declare -A with_held
for name in tapd nginx caddy; do
    start "$name" "$(IFS=,; echo "${cores[*]}")"
    mkfifo "$folder/holding-$name" "$folder/held-$name"
    "$stopwatch" hold "${port[$name]}" /1k.txt "$held" <"$folder/holding-$name" >"$folder/held-$name" &
    holding=$!
    exec 9>"$folder/holding-$name"
    read -r _ <"$folder/held-$name"
    sleep 0.5
    with_held[$name]="$(memory "$started")"
    exec 9>&-
    wait "$holding"
    stop "$started"
done

runner_tables() {
    echo "| Services in a tap | start to serving, ms | SIGTERM to end, ms | for each service more, µs |"
    echo "| --: | --: | --: | --: |"
    local count growth name rss anon
    for count in 1 100 1000; do
        growth=-
        [ "$count" = 1 ] || growth="$(number "$(median "growth-$count")")"
        printf '| %s | %s | %s | %s |\n' "$count" "$(number "$(median "ready-$count")")" \
            "$(number "$(median "end-$count")")" "$growth"
    done
    echo
    echo "| Of an application that runs | |"
    echo "| --- | --: |"
    echo "| \`tapctl reload\`, one of 100 services changed, ms | $(number "$(median reload-100)") |"
    echo "| \`tapctl status\` with 100 services, ms | $(number "$(median status-100)") |"
    echo "| \`tapctl upgrade\` until the new program serves, ms | $(number "$(median upgrade)") |"
    echo "| requests on new connections meanwhile | $asked_count |"
    echo "| of these refused, reset or cut off | $asked_failed |"
    echo "| the longest of them, ms | $(number "$asked_longest") |"
    echo
    echo "| Server with $held kept connections | resident (anonymous), MB | against nginx |"
    echo "| --- | --: | --: |"
    local nginx_rss="${with_held[nginx]%% *}"
    for name in tapd nginx caddy; do
        read -r rss anon _ <<<"${with_held[$name]}"
        echo "| $name | $rss ($anon) | $(times "$(awk -v a="$rss" -v b="$nginx_rss" 'BEGIN { print a / b }')") |"
    done
    echo
}

goal "each further service at 100, µs" "$(median growth-100)" 50 most
goal "each further service at 1,000, µs" "$(median growth-1000)" 50 most
goal "$held kept connections, MB" "${with_held[tapd]%% *}" 100 most
goal "end with nothing open, ms" "$(median stop-tapd)" 50 most
goal "requests answered over upgrades, %" \
    "$(awk -v n="$asked_count" -v f="$asked_failed" 'BEGIN { print 100 * n / (n + f) }')" 100 least
