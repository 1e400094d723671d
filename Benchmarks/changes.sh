# Measures what a change of a running application costs, and what its clients notice of it. tools/benchmark sources it.
# shellcheck shell=bash disable=SC2154
if [ $quick = yes ]; then changes=100; else changes=1000; fi
step "changes of 1,000 and 10,000 services, and under load ($changes changes)"
mkdir "$folder/changes"
while read -r name value; do add "$name" "$value"; done \
    < <(python3 Benchmarks/changes.py "$PWD/.build/release" "$folder/changes" "$changes")

goal "a change of one field with 1,000 services, p50 in ms" "$(median live-1000-p50)" 5 most
goal "a change of one field with 1,000 services, p99 in ms" "$(median live-1000-p99)" 25 most
goal "the same with 10,000 services, times that" "$(ratio live-10000-p50 live-1000-p50)" 2 most
goal "the same with 1,000 services, times caddy's PATCH with 1,000 routes" "$(ratio live-1000-p50 caddy-1000-p50)" 1 most
goal "plan with 10,000 services, in ms" "$(median plan-10000-p50)" 200 most
goal "plan of a file with 10,000 services, in ms" "$(median plan-file-10000-p50)" 200 most
goal "memory of 1,000 services after the changes, in MB" "$(median memory-1000)" 60 most
goal "failed requests of a neighbour" "$(median neighbour-failed)" 1 most
goal "failed new connections of the service that is changed" "$(median changed-failed)" 1 most

echo "| | median of runs | |"
echo "| --- | --: | --- |"
row "live change, 1,000 services, p50" live-1000-p50 ms
row "live change, 1,000 services, p99" live-1000-p99 ms
row "live change, 10,000 services, p50" live-10000-p50 ms
row "live change, 10,000 services, p99" live-10000-p99 ms
row "restart of one of 1,000 services, p50" restart-1000-p50 ms
row "restart of one of 1,000 services, p99" restart-1000-p99 ms
row "caddy, PATCH of one of 1,000 routes, p50" caddy-1000-p50 ms
row "caddy, PATCH of one of 1,000 routes, p99" caddy-1000-p99 ms
row "plan of 100 edits, 10,000 services" plan-10000-p50 ms
row "plan of a file, 10,000 services" plan-file-10000-p50 ms
row "memory, 1,000 services" memory-1000 MB
for name in neighbour changed caddy nginx; do
    row "$name: requests" "$name-requests" ""
    row "$name: failed" "$name-failed" ""
done
echo
