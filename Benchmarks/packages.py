"""What packages cost: a small one, and one with many files beside dpkg-deb on the same tree.

Prints a name and a value in each line: times in ms and s, memory in MB, sizes in MB.

usage: packages.py PROGRAMS FOLDER ROUNDS MEBIBYTES
"""

import os
import random
import shutil
import subprocess
import sys
import time


# What somebody without tap2deb does: a copy of the files, their checksums, and dpkg-deb.
BY_HAND = """
mkdir -p hand/DEBIAN hand/usr/share/site
cp -a "$1" hand/usr/share/site/
(cd hand && find usr -type f -print0 | xargs -0 md5sum >DEBIAN/md5sums)
printf '%s\\n' 'Package: hand' 'Version: 1' 'Architecture: all' 'Maintainer: Ada <ada@example.com>' \\
    'Description: made by hand' >hand/DEBIAN/control
exec dpkg-deb --root-owner-group -Zzstd -b hand hand.deb
"""


def run(words, folder):
    """Seconds, processor seconds and the largest memory in MB of a program."""
    start = time.monotonic()
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.monotonic() - start
    if status:
        sys.exit(f"{words[0]} ended with {status}")
    return elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def make_tree(folder, megabytes):
    """Files of many sizes, half text-like and half as pictures are."""
    randomness = random.Random(1)
    words = [f"word{n} ".encode() for n in range(5000)]
    made = 0
    number = 0
    while made < megabytes << 20:
        size = min(int(randomness.lognormvariate(11.5, 1.5)), 32 << 20)
        place = os.path.join(folder, f"{number % 64:02}")
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, f"file{number}"), "wb") as file:
            if number % 2:
                file.write(randomness.randbytes(size))
            else:
                file.write(b"".join(randomness.choices(words, k=size // 8 + 1)))
        made += size
        number += 1
    return number, made


def main():
    programs, folder, rounds, megabytes = os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    tap2deb = [f"{programs}/tap2deb", "-t", "web.tap", "-m", "Ada Lovelace <ada@example.com>"]
    subprocess.run(
        [f"{programs}/mktap", "web", "--static", folder + "/site"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    for _ in range(10 * rounds):
        print("small", run(tap2deb, folder)[0] * 1000)
    # In a process of its own: the memory of a program is never less than that of who starts it.
    subprocess.run([sys.executable, __file__, "--tree", folder + "/site", str(megabytes)], check=True)
    ours = tap2deb + ["--include", folder + "/site"]
    # The tree it lays out is what the peer packs: the same files, the same checksums.
    peer = ["dpkg-deb", "--root-owner-group", "-Zzstd", "-b", ".build/taproom-web-1.0", "peer.deb"]
    # A first package: there is no tree yet, and its peer has to lay one out as well.
    hand = ["sh", "-ec", BY_HAND, "sh", folder + "/site"]
    for _ in range(max(1, rounds // 2)):
        for name, words, made in (("first", ours, folder + "/.build"), ("hand", hand, folder + "/hand")):
            shutil.rmtree(made, ignore_errors=True)
            os.sync()
            seconds, processor, _ = run(words, folder)
            print(f"{name}-time {seconds}\n{name}-processor {processor}")
    shutil.rmtree(folder + "/hand")
    # From now on the tree of the package before is there.
    for _ in range(rounds):
        for name, words, package in (
            ("large", ours, ".build/taproom-web_1.0_all.deb"), ("peer", peer, "peer.deb"),
        ):
            seconds, processor, memory = run(words, folder)
            print(f"{name}-time {seconds}\n{name}-processor {processor}\n{name}-memory {memory}")
            print(f"{name}-size {os.path.getsize(os.path.join(folder, package)) / 1e6}")


if sys.argv[1] == "--tree":
    make_tree(sys.argv[2], int(sys.argv[3]))
else:
    main()
