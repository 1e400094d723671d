# The part of tools/benchmark that loads the kind socks beside microsocks and dante. It is sourced there.
# shellcheck shell=bash disable=SC2154
if [ $quick = yes ]; then socks_rounds=1 socks_seconds=1; else socks_rounds=5 socks_seconds=2; fi
step "socks: four ways to ask through three proxies ($socks_rounds rounds of $socks_seconds s each)"
mkdir "$folder/socks"
gcc -O2 -o "$folder/relays-load" Benchmarks/relays-load.c
while read -r name value; do add "socks-$name" "$value"; done \
    < <(python3 Benchmarks/socks.py "$PWD/.build/release/tapd" "$folder/relays-load" "$folder/socks" "$socks_rounds" \
        "$socks_seconds" "$server_core" "$client_core")

declare -A socks_words=([new]="connections" [down]="bytes from the destination" [up]="bytes to the destination"
    [ping]="questions of 100 bytes")
for case in new down up ping; do
    for other in microsocks dante; do
        goal "socks, ${socks_words[$case]} per CPU-second, times $other" "$(ratio "socks-$case-taproom" "socks-$case-$other")" 1 least
    done
done
echo "| through a proxy, per CPU-second (per second) | taproom | microsocks | dante |"
echo "| --- | --: | --: | --: |"
for case in new down up ping; do
    printf '| %s ' "${socks_words[$case]}"
    for proxy in taproom microsocks dante; do
        printf '| %.0f (%.0f) ' "$(median "socks-$case-$proxy")" "$(median "socks-$case-$proxy-rate")"
    done
    echo '|'
done
echo
