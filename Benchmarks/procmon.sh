# The part of tools/benchmark that has the kind procmon watch programs, and kills them. It is sourced there.
# shellcheck shell=bash disable=SC2154
if [ $quick = yes ]; then watched=100 kills=10; else watched=1000 kills=100; fi
step "procmon: $watched programs, and $kills kills"
mkdir "$folder/procmon"
gcc -O2 -o "$folder/stopwatch" Benchmarks/stopwatch.c
while read -r name value; do add "procmon-$name" "$value"; done \
    < <(python3 Benchmarks/procmon.py "$PWD/.build/release" "$folder/stopwatch" "$folder/procmon" "$watched" "$kills")

most() { sort -g "$folder/samples/$1" | tail -n 1; }
for count in 1 "$watched"; do
    goal "restart beyond the minimum delay with $count watched, p50 in ms" "$(median "procmon-late-$count")" 20 most
    goal "the same, the latest of $kills" "$(most "procmon-late-$count")" 20 most
done
goal "share of memory (PSS) of tapd with $watched programs, MB" "$(median "procmon-share-$watched")" 50 most

echo "| one tapd | no programs | 1 program | $watched programs |"
echo "| --- | --: | --: | --: |"
procmon_row() {
    printf '| %s ' "$1"
    for count in 0 1 "$watched"; do
        if [ -e "$folder/samples/procmon-$2-$count" ]; then printf '| %s ' "$(number "$($3 "procmon-$2-$count")")"
        else printf '| - '; fi
    done
    echo '|'
}
procmon_row "resident memory, MB" resident median
procmon_row "share of memory (PSS), MB" share median
procmon_row "threads" threads median
procmon_row "open files" files median
procmon_row "all programs have begun, s" begun median
procmon_row "restart beyond the minimum delay, median, ms" late median
procmon_row "restart beyond the minimum delay, latest, ms" late most
procmon_row "SIGTERM to end, s" ended median
echo
