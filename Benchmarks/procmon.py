"""What watching programs costs: memory and threads for many of them, and how soon a crashed one is back.

Every program tells over a socket when it begins (`stopwatch tell`), so nothing that measures runs meanwhile. One that is killed
has lived for less than its threshold, and so its restart waits for the minimum delay.

Prints a name and a value in each line: FIGURE-COUNT for so many programs in one tapd; late-COUNT is the milliseconds from a kill
to the first instruction of the next life, without the delay, once for each kill.

usage: procmon.py PROGRAMS STOPWATCH FOLDER COUNT KILLS   (a release build, and an empty folder)
"""

import os
import signal
import socket
import sys
import time

from programs import Program, kilobytes, write

PROGRAMS, STOPWATCH, FOLDER = sys.argv[1:4]
COUNT, KILLS = map(int, sys.argv[4:6])
DELAY = 100


class Watched:
    """A tapd with so many programs, all of which have begun."""

    def __init__(self, count):
        self.count = count
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.settimeout(120)
        ear = os.path.join(FOLDER, f"ear-{count}")
        self.ear.bind(ear)
        services = "".join(
            f"- {{name: p{index}, kind: procmon, command: [{STOPWATCH}, tell, {ear}], threshold: 1h, "
            f"minimumDelay: {DELAY}ms, maximumDelay: {DELAY}ms}}\n" for index in range(count))
        path = write(FOLDER, f"{count}.yaml", "taproom: 1\nname: watched\nservices:\n" + (services or "  []\n"))
        begin = time.monotonic()
        self.tapd = Program(
            f"tapd-{count}", [f"{PROGRAMS}/tapd", "-y", path, "--tap", f"{FOLDER}/{count}.tap"], FOLDER)
        try:
            self.living = [self.heard()[0] for _ in range(count)]
        except BaseException:
            self.tapd.stop()
            raise
        self.seconds = time.monotonic() - begin

    def heard(self):
        """A program that has begun, and when, in ms."""
        process, moment = self.ear.recv(100).split()
        return int(process), float(moment)

    def late(self, number):
        """Kills one of the programs, and answers how late the next life begins."""
        index = number * 7 % self.count
        begin = time.monotonic() * 1000
        os.kill(self.living[index], signal.SIGKILL)
        self.living[index], moment = self.heard()
        return moment - begin - DELAY

    def figures(self):
        """What tapd itself has, without the programs."""
        process = self.tapd.process.pid
        return {
            "resident": kilobytes(process, "status", "VmRSS") / 1024,
            "share": kilobytes(process, "smaps_rollup", "Pss") / 1024,
            "threads": kilobytes(process, "status", "Threads"),
            "files": len(os.listdir(f"/proc/{process}/fd")),
        }


def main():
    for count in (0, 1, COUNT):
        watched = Watched(count)
        try:
            time.sleep(2)
            for name, value in watched.figures().items():
                print(f"{name}-{count} {value:.1f}")
            print(f"begun-{count} {watched.seconds:.2f}")
            for number in range(KILLS if count else 0):
                print(f"late-{count} {watched.late(number):.3f}")
        finally:
            print(f"ended-{count} {watched.tapd.stop():.2f}", flush=True)


main()
