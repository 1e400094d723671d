# The part of tools/benchmark that loads the web kind beside nginx and caddy. It is sourced there.
# shellcheck shell=bash disable=SC2154
if [ $quick = yes ]; then web_rounds=1 web_seconds=1; else web_rounds=5 web_seconds=3; fi
step "web: ten ways to ask, three servers ($web_rounds rounds of $web_seconds s each), and 10,000 idle connections"
mkdir "$folder/web"
while read -r name value; do add "web-$name" "$value"; done \
    < <(python3 Benchmarks/web.py "$PWD/.build/release/tapd" "$folder/web" "$web_rounds" "$web_seconds" \
        "$server_core" "$client_core")

web_cases=(0 1k 100k 10m new gzip proxy tls tls-new h2)
declare -A web_words=([0]="empty file" [1k]="1 KiB" [100k]="100 KiB" [10m]="10 MiB" [new]="1 KiB, new connections"
    [gzip]="text, gzip" [proxy]="reverse proxy" [tls]="1 KiB, TLS" [tls-new]="1 KiB, new TLS connections" [h2]="1 KiB, HTTP/2")
for case in "${web_cases[@]}"; do
    case $case in
        10m | 100k | proxy) limit=0.9 ;;
        *) limit=1.1 ;;
    esac
    goal "${web_words[$case]}: requests per CPU-second, times nginx" "$(ratio "web-$case-taproom" "web-$case-nginx")" $limit least
    case $case in
        proxy) limit=1 ;;
        *) limit=3 ;;
    esac
    goal "${web_words[$case]}: times caddy" "$(ratio "web-$case-taproom" "web-$case-caddy")" $limit least
done
goal "memory after it all, times nginx" "$(ratio web-memory-taproom web-memory-nginx)" 1.3 most

echo "| requests per CPU-second (p99) | taproom | nginx | caddy | times nginx |"
echo "| --- | --: | --: | --: | --: |"
for case in "${web_cases[@]}"; do
    printf '| %s ' "${web_words[$case]}"
    for server in taproom nginx caddy; do
        printf '| %.0f' "$(median "web-$case-$server")"
        [ ! -e "$folder/samples/web-$case-$server-p99" ] || printf ' (%.1f ms)' "$(median "web-$case-$server-p99")"
        printf ' '
    done
    printf '| %.2f |\n' "$(ratio "web-$case-taproom" "web-$case-nginx")"
done
for name in memory idle; do
    if [ $name = memory ]; then words="memory, kB"; else words="each idle connection, kB"; fi
    printf '| %s ' "$words"
    for server in taproom nginx caddy; do printf '| %.1f ' "$(median "web-$name-$server")"; done
    printf '| %.2f |\n' "$(ratio "web-$name-taproom" "web-$name-nginx")"
done
echo
