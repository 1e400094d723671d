// Records every operation of a program on the files of one folder, and lets chosen ones fail. Loaded with LD_PRELOAD:
//
//     cc -shared -fPIC -O2 -o FileTrace.so FileTrace.c
//
//     TRACE_FOLDER   the folder, an absolute path without links; nothing is done without it
//     TRACE_FILE     where records are appended; Sources/TapTorture/FileOperation.swift reads them
//     TRACE_AT       the number of the operation, from 1, at which something happens; 0: nothing does
//     TRACE_HOW      stop: the program ends there; once: that one fails; on: it and all later ones fail;
//                    short: it writes one half, and the next one fails
//     TRACE_ERROR    the errno that failing operations answer
//     TRACE_KINDS    which of them fail: a sum of 1 << kind
//
// What is written to a file named "ack" in the folder is a record of its own, no operation, and never fails.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { READ = 1, CHANGE, CREATE, WRITE, TRUNCATE, SYNC, RENAME, LINK, UNLINK, CLOSE, ACKNOWLEDGE, UNKNOWN };
enum how { STOP = 1, ONCE, ON, SHORT };

struct record {
    uint8_t kind, answer;
    uint16_t pathLength, otherLength;
    int32_t file;
    uint32_t flags, dataLength;
    uint64_t offset;
} __attribute__((packed));

#define DESCRIPTORS 1024
static char tracked[DESCRIPTORS];  // 1: a file of the folder, 2: "ack"
static const char *folder;
static size_t folderLength;
static int trace = -1, how, failure, counter, at;
static unsigned kinds;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }
#define KERNEL REAL(syscall)

static int number(const char *name) {
    const char *text = getenv(name);
    return text ? atoi(text) : 0;
}

static void start(void) {
    const char *file = getenv("TRACE_FILE"), *word = getenv("TRACE_HOW");
    folder = getenv("TRACE_FOLDER");
    if (!folder || !file) { folder = NULL; return; }
    folderLength = strlen(folder);
    at = number("TRACE_AT");
    failure = number("TRACE_ERROR");
    kinds = (unsigned)number("TRACE_KINDS");
    how = !word ? 0 : !strcmp(word, "stop") ? STOP : !strcmp(word, "once") ? ONCE : !strcmp(word, "on") ? ON : SHORT;
    int opened = (int)KERNEL(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    trace = fcntl(opened, F_DUPFD_CLOEXEC, 900);
    KERNEL(SYS_close, opened);
}

// The path below the folder, "" for the folder itself; NULL when it is elsewhere.
static const char *below(const char *path) {
    pthread_once(&once, start);
    if (!folder || !path || strncmp(path, folder, folderLength)) return NULL;
    if (path[folderLength] == 0) return "";
    return path[folderLength] == '/' ? path + folderLength + 1 : NULL;
}

static int isTracked(int file) {
    pthread_once(&once, start);
    return folder && file >= 0 && file < DESCRIPTORS ? tracked[file] : 0;
}

static void record(enum kind kind, int answer, int file, unsigned flags, uint64_t offset, const char *path,
                   const char *other, const void *data, size_t length) {
    struct record head = {
        .kind = kind, .answer = (uint8_t)answer, .pathLength = (uint16_t)(path ? strlen(path) : 0),
        .otherLength = (uint16_t)(other ? strlen(other) : 0), .file = file, .flags = flags,
        .dataLength = (uint32_t)length, .offset = offset,
    };
    struct iovec parts[] = {
        {&head, sizeof head}, {(void *)path, head.pathLength}, {(void *)other, head.otherLength}, {(void *)data, length}};
    if (KERNEL(SYS_writev, trace, parts, 4) != (long)(sizeof head + head.pathLength + head.otherLength + length)) abort();
}

// Called with the mutex held, before an operation is done. Answers 1 when it must fail; may not come back.
static int reaches(enum kind kind) {
    counter++;
    if (at == 0 || counter < at) return 0;
    if (how == STOP) _exit(99);
    if (how == SHORT && kind == WRITE && counter == at) return 2;
    int isLast = how == SHORT ? counter == at + 1 : counter == at;
    return (isLast || how == ON) && (kinds >> kind & 1);
}

// Something that changes a file of the folder in a way that is not recorded: the trace would be wrong.
static void unknown(const char *name) { record(UNKNOWN, 0, 0, 0, 0, name, NULL, NULL, 0); }

// Opening and closing

static int opening(int directory, const char *path, int flags, mode_t mode) {
    int (*openat_)(int, const char *, int, ...) = REAL(openat);
    const char *name = below(path);
    if (!name) return openat_(directory, path, flags, mode);
    int isAck = !strcmp(name, "ack");
    if (isAck) {
        int file = openat_(directory, path, flags, mode);
        if (file >= 0 && file < DESCRIPTORS) tracked[file] = 2;
        return file;
    }
    // To create a file that is there is only to open it.
    int isNew = flags & O_CREAT && faccessat(directory, path, F_OK, 0) != 0;
    enum kind kind = isNew ? CREATE : (flags & O_ACCMODE) == O_RDONLY ? READ : CHANGE;
    pthread_mutex_lock(&mutex);
    int mustFail = reaches(kind), file = -1, code = failure;
    if (mustFail != 1) {
        file = openat_(directory, path, flags, mode);
        code = errno;
    }
    if (file >= 0 && file < DESCRIPTORS) tracked[file] = 1;
    record(kind, file < 0 ? code : 0, file, (unsigned)flags, 0, name, NULL, NULL, 0);
    pthread_mutex_unlock(&mutex);
    errno = code;
    return file;
}

#define OPEN_MODE(last) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, last); mode = va_arg(list, mode_t); va_end(list); }

int open(const char *path, int flags, ...) { OPEN_MODE(flags) return opening(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { OPEN_MODE(flags) return opening(AT_FDCWD, path, flags, mode); }
int openat(int directory, const char *path, int flags, ...) { OPEN_MODE(flags) return opening(directory, path, flags, mode); }
int openat64(int directory, const char *path, int flags, ...) { OPEN_MODE(flags) return opening(directory, path, flags, mode); }
int __open_2(const char *path, int flags) { return opening(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return opening(AT_FDCWD, path, flags, 0); }
int creat(const char *path, mode_t mode) { return opening(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return opening(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

int close(int file) {
    if (isTracked(file) == 1) {
        pthread_mutex_lock(&mutex);
        record(CLOSE, 0, file, 0, 0, NULL, NULL, NULL, 0);
        tracked[file] = 0;
        pthread_mutex_unlock(&mutex);
    } else if (isTracked(file)) {
        tracked[file] = 0;
    }
    return REAL(close)(file);
}

// Writing

static ssize_t writing(int file, const void *data, size_t length, off_t offset) {
    pthread_mutex_lock(&mutex);
    int mustFail = reaches(WRITE), code = failure;
    ssize_t count = -1;
    size_t wanted = mustFail == 2 && length > 1 ? length / 2 : length;
    if (mustFail != 1) {
        count = KERNEL(SYS_pwrite64, file, data, wanted, offset);
        code = errno;
    }
    record(WRITE, count < 0 ? code : 0, file, 0, (uint64_t)offset, NULL, NULL, data, count < 0 ? 0 : (size_t)count);
    pthread_mutex_unlock(&mutex);
    errno = code;
    return count;
}

static ssize_t appending(int file, const void *data, size_t length) {
    struct stat it;
    int isAppending = fcntl(file, F_GETFL) & O_APPEND;
    off_t offset = isAppending && fstat(file, &it) == 0 ? it.st_size : lseek(file, 0, SEEK_CUR);
    ssize_t count = writing(file, data, length, offset);
    if (count > 0) lseek(file, offset + count, SEEK_SET);
    return count;
}

ssize_t write(int file, const void *data, size_t length) {
    switch (isTracked(file)) {
    case 1: return appending(file, data, length);
    case 2:
        pthread_mutex_lock(&mutex);
        record(ACKNOWLEDGE, 0, file, 0, (uint64_t)counter, NULL, NULL, data, length);
        pthread_mutex_unlock(&mutex);
        return (ssize_t)length;
    default: return REAL(write)(file, data, length);
    }
}

ssize_t pwrite(int file, const void *data, size_t length, off_t offset) {
    return isTracked(file) ? writing(file, data, length, offset) : REAL(pwrite)(file, data, length, offset);
}

ssize_t pwrite64(int file, const void *data, size_t length, off64_t offset) {
    return isTracked(file) ? writing(file, data, length, offset) : REAL(pwrite64)(file, data, length, offset);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    if (!isTracked(file)) return REAL(writev)(file, parts, count);
    // A short write is allowed: the first part that is not empty.
    for (int part = 0; part < count; part++)
        if (parts[part].iov_len > 0) return write(file, parts[part].iov_base, parts[part].iov_len);
    return 0;
}

static int changing(enum kind kind, int file, uint64_t offset) {
    pthread_mutex_lock(&mutex);
    int answer = -1, code = failure;
    if (reaches(kind) != 1) {
        answer = (int)(kind == SYNC ? KERNEL(SYS_fsync, file) : KERNEL(SYS_ftruncate, file, offset));
        code = errno;
    }
    record(kind, answer < 0 ? code : 0, file, 0, offset, NULL, NULL, NULL, 0);
    pthread_mutex_unlock(&mutex);
    errno = code;
    return answer;
}

int ftruncate(int file, off_t size) {
    return isTracked(file) ? changing(TRUNCATE, file, (uint64_t)size) : REAL(ftruncate)(file, size);
}
int ftruncate64(int file, off64_t size) {
    return isTracked(file) ? changing(TRUNCATE, file, (uint64_t)size) : REAL(ftruncate64)(file, size);
}
int fsync(int file) { return isTracked(file) ? changing(SYNC, file, 0) : REAL(fsync)(file); }
int fdatasync(int file) { return isTracked(file) ? changing(SYNC, file, 0) : REAL(fdatasync)(file); }

// Names

static int naming(enum kind kind, const char *from, const char *to, unsigned flags) {
    const char *name = below(from), *other = below(to);
    pthread_mutex_lock(&mutex);
    int answer = -1, code = failure;
    if (!name || (to && !other)) unknown("a name that comes from or goes to another folder");
    if (reaches(kind) != 1) {
        answer = (int)(kind == RENAME ? KERNEL(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags)
                       : kind == LINK ? KERNEL(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0)
                                      : KERNEL(SYS_unlinkat, AT_FDCWD, from, 0));
        code = errno;
    }
    record(kind, answer < 0 ? code : 0, 0, flags, 0, name, other, NULL, 0);
    pthread_mutex_unlock(&mutex);
    errno = code;
    return answer;
}

int rename(const char *from, const char *to) {
    return below(from) || below(to) ? naming(RENAME, from, to, 0) : REAL(rename)(from, to);
}
int renameat(int here, const char *from, int there, const char *to) {
    return below(from) || below(to) ? naming(RENAME, from, to, 0) : REAL(renameat)(here, from, there, to);
}
int renameat2(int here, const char *from, int there, const char *to, unsigned flags) {
    return below(from) || below(to) ? naming(RENAME, from, to, flags) : REAL(renameat2)(here, from, there, to, flags);
}
int link(const char *from, const char *to) {
    return below(from) || below(to) ? naming(LINK, from, to, 0) : REAL(link)(from, to);
}
int linkat(int here, const char *from, int there, const char *to, int flags) {
    return below(from) || below(to) ? naming(LINK, from, to, 0) : REAL(linkat)(here, from, there, to, flags);
}
int unlink(const char *path) { return below(path) ? naming(UNLINK, path, NULL, 0) : REAL(unlink)(path); }
int unlinkat(int directory, const char *path, int flags) {
    return below(path) && !(flags & AT_REMOVEDIR) ? naming(UNLINK, path, NULL, 0) : REAL(unlinkat)(directory, path, flags);
}

long syscall(long call, ...) {
    long (*call_)(long, ...) = REAL(syscall);
    va_list list;
    va_start(list, call);
    long words[6];
    for (int word = 0; word < 6; word++) words[word] = va_arg(list, long);
    va_end(list);
    if (call == SYS_renameat2 && below((const char *)words[1])) {
        return renameat2((int)words[0], (const char *)words[1], (int)words[2], (const char *)words[3], (unsigned)words[4]);
    }
    return call_(call, words[0], words[1], words[2], words[3], words[4], words[5]);
}

// What nobody uses on these files today; a trace without it would be wrong.

#define UNKNOWN_CALL(type, name, parameters, arguments) \
    type name parameters { \
        if (isTracked(file) == 1) { \
            pthread_mutex_lock(&mutex); \
            unknown(#name); \
            pthread_mutex_unlock(&mutex); \
        } \
        return REAL(name) arguments; \
    }
UNKNOWN_CALL(int, fallocate, (int file, int mode, off_t offset, off_t length), (file, mode, offset, length))
UNKNOWN_CALL(int, fallocate64, (int file, int mode, off64_t offset, off64_t length), (file, mode, offset, length))
UNKNOWN_CALL(int, posix_fallocate, (int file, off_t offset, off_t length), (file, offset, length))
UNKNOWN_CALL(int, posix_fallocate64, (int file, off64_t offset, off64_t length), (file, offset, length))
UNKNOWN_CALL(ssize_t, pwritev, (int file, const struct iovec *parts, int count, off_t offset), (file, parts, count, offset))
UNKNOWN_CALL(ssize_t, pwritev64, (int file, const struct iovec *parts, int count, off64_t offset), (file, parts, count, offset))
UNKNOWN_CALL(ssize_t, copy_file_range, (int from, off64_t *start, int file, off64_t *offset, size_t length, unsigned flags),
             (from, start, file, offset, length, flags))
UNKNOWN_CALL(ssize_t, sendfile, (int file, int from, off_t *offset, size_t length), (file, from, offset, length))
UNKNOWN_CALL(ssize_t, sendfile64, (int file, int from, off64_t *offset, size_t length), (file, from, offset, length))
