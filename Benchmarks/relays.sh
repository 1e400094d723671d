# The part of tools/benchmark that loads the kind portforward beside haproxy and socat. It is sourced there.
# shellcheck shell=bash disable=SC2154
if [ $quick = yes ]; then relay_rounds=1 relay_seconds=1; else relay_rounds=5 relay_seconds=1.5; fi
step "relays: twelve loads, up to four relays ($relay_rounds rounds of $relay_seconds s each)"
mkdir "$folder/relays"
gcc -O2 -o "$folder/relays-load" Benchmarks/relays-load.c
while read -r name value; do add "relay-$name" "$value"; done \
    < <(python3 Benchmarks/relays.py "$PWD/.build/release/tapd" "$folder/relays-load" "$folder/relays" "$relay_rounds" \
        "$relay_seconds" "$server_core" "$client_core")

relay_cases=(new ping down up many unix-new unix-ping unix-down tls-new tls-ping tls-down udp-ping)
declare -A relay_words=([new]="new connections" [ping]="questions on open connections" [down]="bytes to one client"
    [up]="bytes from one client" [many]="bytes to 32 clients" [unix-new]="unix: new connections"
    [unix-ping]="unix: questions" [unix-down]="unix: bytes to one client" [tls-new]="TLS: new connections"
    [tls-ping]="TLS: questions" [tls-down]="TLS: bytes to one client" [udp-ping]="UDP: questions")
has() { [ -e "$folder/samples/relay-$1" ]; }
for case in "${relay_cases[@]}"; do
    if has "$case-haproxy"; then
        goal "${relay_words[$case]}: a second, times haproxy" "$(ratio "relay-$case-taproom" "relay-$case-haproxy")" 0.8 least
        goal "${relay_words[$case]}: a CPU-second, times haproxy" \
            "$(ratio "relay-$case-taproom-cpu" "relay-$case-haproxy-cpu")" 0.8 least
    fi
    if has "$case-socat"; then
        goal "${relay_words[$case]}: a second, times socat" "$(ratio "relay-$case-taproom" "relay-$case-socat")" 1 least
    fi
done

echo "| in a second (in a CPU-second) | taproom | haproxy | haproxy without splice | socat | times haproxy |"
echo "| --- | --: | --: | --: | --: | --: |"
for case in "${relay_cases[@]}"; do
    printf '| %s ' "${relay_words[$case]}"
    for relay in taproom haproxy haproxy-copying socat; do
        if has "$case-$relay"; then
            printf '| %.4g (%.4g) ' "$(median "relay-$case-$relay")" "$(median "relay-$case-$relay-cpu")"
        else
            printf '| - '
        fi
    done
    if has "$case-haproxy"; then
        printf '| %.2f (%.2f) |\n' "$(ratio "relay-$case-taproom" "relay-$case-haproxy")" \
            "$(ratio "relay-$case-taproom-cpu" "relay-$case-haproxy-cpu")"
    else
        echo '| - |'
    fi
done
echo
