# Measures what making packages costs, beside dpkg-deb on the same files. tools/benchmark sources it.
# shellcheck shell=bash disable=SC2154
if [ $quick = yes ]; then package_rounds=1 package_size=128; else package_rounds=5 package_size=1024; fi
step "packages: a small one, and one of $package_size MiB ($package_rounds rounds)"
mkdir "$folder/packages"
while read -r name value; do add "package-$name" "$value"; done \
    < <(python3 Benchmarks/packages.py "$PWD/.build/release" "$folder/packages" "$package_rounds" "$package_size")

goal "a package of a tap without includes, in ms" "$(median package-small)" 100 most
goal "a package with $package_size MiB of files again, times as fast as dpkg-deb -Zzstd" "$(ratio package-peer-time package-large-time)" 1 least
goal "the first one, times as fast as cp, md5sum and dpkg-deb" "$(ratio package-hand-time package-first-time)" 1 least
goal "the memory of tap2deb in MB" "$(median package-large-memory)" 50 most

echo "| | median of runs | |"
echo "| --- | --: | --- |"
row "tap2deb, no includes" package-small ms
row "tap2deb, $package_size MiB for the first time" package-first-time s
row "tap2deb, $package_size MiB for the first time: processor" package-first-processor s
row "cp, md5sum and dpkg-deb instead" package-hand-time s
row "cp, md5sum and dpkg-deb instead: processor" package-hand-processor s
for name in large peer; do
    who="tap2deb, $package_size MiB again"
    [ $name = large ] || who="dpkg-deb -Zzstd on its tree"
    row "$who" package-$name-time s
    row "$who: processor" package-$name-processor s
    row "$who: memory" package-$name-memory MB
    row "$who: size" package-$name-size MB
done
echo
