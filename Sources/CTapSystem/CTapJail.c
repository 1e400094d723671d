#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// libdispatch looks once a second how many of its busy threads run, in /proc/THREAD/stat, and crashes when that is not there
// (swift-corelibs-libdispatch, src/event/workqueue.c, _dispatch_workq_count_runnable_workers), as in a root folder without
// /proc. A program's own open(2) comes before that of libc, so this one can tell it what keeps it content: that the thread runs.

static int tap_is_thread_status(const char *path) {
    int thread, end = 0;
    return sscanf(path, "/proc/%d/stat%n", &thread, &end) == 1 && end > 0 && path[end] == 0;
}

static int tap_running_thread(void) {
    static const char status[] = "0 (thread) R 0";
    int file = memfd_create("stat", MFD_CLOEXEC);
    if (file < 0) return -1;
    if (write(file, status, sizeof status - 1) < 0 || lseek(file, 0, SEEK_SET) < 0) {
        close(file);
        return -1;
    }
    return file;
}

int open(const char *path, int flags, ...) {
    mode_t mode = 0;
    if (flags & (O_CREAT | __O_TMPFILE)) {
        va_list rest;
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        va_end(rest);
    }
    int file = openat(AT_FDCWD, path, flags, mode);
    if (file >= 0 || errno != ENOENT || strncmp(path, "/proc/", 6) != 0 || !tap_is_thread_status(path)) return file;
    file = tap_running_thread();
    if (file < 0) errno = ENOENT;
    return file;
}
