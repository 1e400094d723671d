#define _GNU_SOURCE
#include "CTapSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <link.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int tap_forbid_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int tap_drop_group(gid_t group, const gid_t *others, size_t count, int onlyEffective) {
    if (setgroups(count, others) < 0) return -1;
    return onlyEffective ? setresgid(-1, group, -1) : setresgid(group, group, group);
}

int tap_drop_user(uid_t user, int onlyEffective) {
    return onlyEffective ? setresuid(-1, user, -1) : setresuid(user, user, user);
}

int tap_groups_of(const char *user, gid_t group, gid_t *groups, int *count) {
    return getgrouplist(user, group, groups, count) < 0 ? -1 : 0;
}

static int give_back_code(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size, (void)unused;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[index];
        // What can be written to may differ from the file.
        if (part->p_type != PT_LOAD || (part->p_flags & PF_W)) continue;
        uintptr_t start = (object->dlpi_addr + part->p_vaddr + page - 1) / page * page;
        uintptr_t end = (object->dlpi_addr + part->p_vaddr + part->p_memsz) / page * page;
        if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void tap_give_back_code(void) { dl_iterate_phdr(give_back_code, NULL); }

int tap_socket_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends); }

int tap_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int tap_watch_stream(int watch, int file, uint64_t token, int isListener) {
    uint32_t events = isListener ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(watch, EPOLL_CTL_ADD, file, &event);
}

int tap_watch_wait(int watch, tap_happening *happenings, int count, int milliseconds) {
    struct epoll_event events[256];
    int happened = epoll_wait(watch, events, count < 256 ? count : 256, milliseconds);
    for (int index = 0; index < happened; index++) {
        uint32_t set = events[index].events;
        happenings[index] = (tap_happening){
            .token = events[index].data.u64,
            .isReadable = (set & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
            .isWritable = (set & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0,
            .isHungUp = (set & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
            .isUrgent = (set & EPOLLPRI) != 0,
        };
    }
    return happened;
}

int tap_waker(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int tap_accept(int listener, void *name, unsigned *size) {
    return accept4(listener, name, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int tap_wide_pipe(int ends[2], int bytes) {
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return -1;
    // Users may have only so much room in pipes (pipe(7), pipe-user-pages-soft).
    if (fcntl(ends[0], F_SETPIPE_SZ, bytes) >= bytes) return 0;
    int code = errno;
    close(ends[0]);
    close(ends[1]);
    errno = code;
    return -1;
}

ssize_t tap_splice(int from, int to, size_t count) {
    return splice(from, NULL, to, NULL, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

int tap_mount_proc(const char *folder) {
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return -1;
    unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    // Linux 5.8 can leave out all that is not about processes.
    if (mount("proc", folder, "proc", flags, "hidepid=invisible,subset=pid") == 0) return 0;
    return mount("proc", folder, "proc", flags, "hidepid=2");
}

void tap_close_others(int kept) {
    if (kept > 3) close_range(3, (unsigned)kept - 1, 0);
    close_range(kept < 3 ? 3 : (unsigned)kept + 1, ~0U, 0);
}

pid_t tap_fork(void) { return fork(); }

static int tap_is_kept(int descriptor, const int *kept, size_t count) {
    for (size_t index = 0; index < count; index++)
        if (kept[index] == descriptor) return 1;
    return descriptor < 3;
}

pid_t tap_start_program(const char *path, char *const *arguments, char *const *environment, const int *kept, size_t count) {
    struct rlimit files;
    int most = getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 65536 ? (int)files.rlim_cur : 65536;
    sigset_t all, old;
    sigfillset(&all);
    // No signal may come to the child before it is another program.
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t child = fork();
    if (child == 0) {
        int last = 2;
        for (size_t index = 0; index < count; index++) {
            if (fcntl(kept[index], F_SETFD, 0) < 0) _exit(126);
            if (kept[index] > last) last = kept[index];
        }
        // Descriptors that a library forgot to mark as not to be inherited; those above are closed in one call.
        for (int other = 3; other < last && other < most; other++)
            if (!tap_is_kept(other, kept, count)) close(other);
        close_range(last + 1, ~0U, 0);
        for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
        sigemptyset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        execve(path, arguments, environment);
        _exit(126);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return child;
}

// What the child of tap_start_child says before it ends without having become the program.
typedef struct {
    volatile int step, error;
} tap_child_report;

// The folder comes behind the files, until it is entered.
static int tap_take_files(const tap_child *child) {
    int count = (int)child->fileCount;
    int moved[TAP_CHILD_FILES + 1];
    // First out of the way of each other.
    for (int number = 0; number <= count; number++) {
        int given = number < count ? child->files[number] : child->folder;
        if ((moved[number] = fcntl(given, F_DUPFD, count + 1)) < 0) return -1;
    }
    for (int number = 0; number <= count; number++)
        if (dup2(moved[number], number) < 0) return -1;
    return close_range((unsigned)count + 1, ~0U, 0);
}

static int tap_enter_folder(const tap_child *child) {
    int folder = (int)child->fileCount;
    return fchdir(folder) < 0 ? -1 : close(folder);
}

static int tap_take_limits(const tap_child *child) {
    for (size_t index = 0; index < child->limitCount; index++) {
        const tap_child_limit *limit = &child->limits[index];
        struct rlimit values = {.rlim_cur = limit->soft, .rlim_max = limit->hard};
        if (setrlimit(limit->resource, &values) < 0) return -1;
    }
    return 0;
}

// The C library refuses to touch two signals that it uses itself, which a program inherits nevertheless.
static void tap_reset_signals(void) {
    static const unsigned long usual[8];
    for (int number = 1; number < NSIG; number++) syscall(SYS_rt_sigaction, number, usual, NULL, 8);
}

// The C library's own functions would have all threads do the same, and here are none.
static int tap_take_user(const tap_child *child) {
    if (!child->changesUser) return 0;
    if (syscall(SYS_setgroups, child->groupCount, child->groups) < 0) return -1;
    if (syscall(SYS_setresgid, child->group, child->group, child->group) < 0) return -1;
    return (int)syscall(SYS_setresuid, child->user, child->user, child->user);
}

static void tap_fail_child(tap_child_report *report, int step) {
    report->error = errno;
    report->step = step;
    _exit(126);
}

// Runs in the child, which may borrow the parent's memory: only calls of the system, and nothing is changed but the report.
static void tap_become(const tap_child *child, pid_t parent, tap_child_report *report) {
    if ((child->ownSession ? setsid() : setpgid(0, 0)) < 0) tap_fail_child(report, TAP_CHILD_GROUP);
    // Before the limits, for descriptors below that of files may all be taken.
    if (tap_take_files(child) < 0) tap_fail_child(report, TAP_CHILD_FILES_TAKEN);
    if (tap_take_limits(child) < 0) tap_fail_child(report, TAP_CHILD_LIMITS);
    if (tap_take_user(child) < 0) tap_fail_child(report, TAP_CHILD_USER);
    if (tap_enter_folder(child) < 0) tap_fail_child(report, TAP_CHILD_FOLDER);
    if (child->umask >= 0) umask((mode_t)child->umask);
    tap_reset_signals();
    if (child->orphanSignal > 0) {
        prctl(PR_SET_PDEATHSIG, child->orphanSignal, 0, 0, 0);
        // It may have come to its end before that.
        if (syscall(SYS_getppid) != parent) _exit(126);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(child->path, child->arguments, child->environment);
    tap_fail_child(report, TAP_CHILD_PROGRAM);
}

// The thread waits until the program is executed. No page table is copied unless the child becomes another user, who must
// not come near this process's memory.
static pid_t tap_branch(const tap_child *child, tap_child_report *report) {
    pid_t parent = getpid();
    pid_t process = child->changesUser ? (pid_t)syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) : vfork();
    if (process == 0) tap_become(child, parent, report);
    return process;
}

pid_t tap_start_child(const tap_child *child, int *step) {
    *step = TAP_CHILD_BRANCH;
    if (child->fileCount < 1 || child->fileCount > TAP_CHILD_FILES) {
        errno = EINVAL;
        return -1;
    }
    int access = PROT_READ | PROT_WRITE, sharing = MAP_SHARED | MAP_ANONYMOUS;
    tap_child_report *report = mmap(NULL, sizeof *report, access, sharing, -1, 0);
    if (report == MAP_FAILED) return -1;
    sigset_t all, old;
    sigfillset(&all);
    // No handler of ours may run in the child.
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t process = tap_branch(child, report);
    int code = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (process > 0 && report->step != 0) {
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {}
        process = -1;
        code = report->error;
        *step = report->step;
    }
    munmap(report, sizeof *report);
    errno = code;
    return process;
}

int tap_watch(void) { return epoll_create1(EPOLL_CLOEXEC); }

int tap_watch_next(int watch, uint64_t *token) {
    struct epoll_event event;
    int count = epoll_wait(watch, &event, 1, -1);
    if (count > 0) *token = event.data.u64;
    return count;
}

static int tap_watch_change(int watch, int change, int descriptor, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = token};
    return epoll_ctl(watch, change, descriptor, &event);
}

int tap_watch_add(int watch, int descriptor, uint64_t token) {
    return tap_watch_change(watch, EPOLL_CTL_ADD, descriptor, token);
}

int tap_watch_again(int watch, int descriptor, uint64_t token) {
    return tap_watch_change(watch, EPOLL_CTL_MOD, descriptor, token);
}

int tap_watch_forget(int watch, int descriptor) { return tap_watch_change(watch, EPOLL_CTL_DEL, descriptor, 0); }

int tap_process_descriptor(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int tap_spawn_closing(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int tap_rename_exclusive(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

int tap_open_beneath(int directory, const char *path, int allowLinks) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_NO_MAGICLINKS;
    if (allowLinks < 2) how.resolve |= RESOLVE_BENEATH;
    if (allowLinks < 1) how.resolve |= RESOLVE_NO_SYMLINKS;
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int tap_peer_user(int socket, uid_t *user) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -1;
    *user = peer.uid;
    return 0;
}

int tap_peer_has_group(int socket, gid_t group) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return 0;
    if (peer.gid == group) return 1;
    size = 0;
    // Fails for want of room, and says how much is wanted.
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 || size == 0) return 0;
    gid_t *groups = malloc(size);
    int found = 0;
    if (groups != NULL && getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0)
        for (size_t i = 0; i < size / sizeof *groups; i++) found |= groups[i] == group;
    free(groups);
    return found;
}

int tap_socket(int family, int type) { return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

ssize_t tap_send(int socket, const void *bytes, size_t count, int descriptor) {
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = sizeof control.space;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof descriptor);
        memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

// SQLite's own rule: the index may go when nobody holds a lock on it, bytes 120 to 128 (its file wal.c, "shared memory").
static int tap_index_is_free(int directory, const char *index) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 120, .l_len = 9};
    int file = openat(directory, index, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    return file < 0 ? errno == ENOENT : fcntl(file, F_SETLK, &lock) == 0;
}

static void tap_sweep_database(int directory, const char *database) {
    char log[256], index[256];
    struct stat it;
    if (snprintf(log, sizeof log, "%s-wal", database) >= (int)sizeof log) return;
    snprintf(index, sizeof index, "%s-shm", database);
    if (fstatat(directory, log, &it, AT_SYMLINK_NOFOLLOW) == 0 && it.st_size > 0) return;
    if (!tap_index_is_free(directory, index)) return;
    unlinkat(directory, log, 0);
    unlinkat(directory, index, 0);
}

// The kernel may close the pipe of a process that ends before its other files: what is in use is looked at for a second. What
// is in use then is another's that runs now.
static int tap_look_again(int *tries) {
    const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
    nanosleep(&moment, NULL);
    return ++*tries < 100;
}

static void tap_sweep_pid_file(int directory, const char *name) {
    int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return;
    int tries = 0, isFree;
    do isFree = flock(file, LOCK_EX | LOCK_NB) == 0;
    while (!isFree && tap_look_again(&tries));
    if (isFree) unlinkat(directory, name, 0);
    close(file);
}

// Whether nobody listens on a unix socket of the working folder.
static int tap_socket_is_free(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(name) >= sizeof address.sun_path) return 1;
    strcpy(address.sun_path, name);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int isFree = connect(probe, (struct sockaddr *)&address, sizeof address) < 0 && errno == ECONNREFUSED;
    close(probe);
    return isFree;
}

static void tap_sweep_socket(int directory, const char *name) {
    struct stat file;
    int tries = 0;
    if (fchdir(directory) < 0) return;
    do {
        if (fstatat(directory, name, &file, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISSOCK(file.st_mode)) return;
        if (tap_socket_is_free(name)) {
            unlinkat(directory, name, 0);
            return;
        }
    } while (tap_look_again(&tries));
}

static void tap_sweep(const tap_leftover *it) {
    switch (it->kind) {
    case 's': tap_sweep_socket(it->directory, it->name); break;
    case 'p': tap_sweep_pid_file(it->directory, it->name); break;
    case 'd': tap_sweep_database(it->directory, it->name); break;
    }
}

// The parent's end of the pipe is closed by the kernel when the parent is gone, however it went.
pid_t tap_start_sweeper(const tap_leftover *leftovers, size_t count, int *held) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    pid_t child = fork();
    if (child != 0) {
        close(ends[0]);
        if (child < 0) close(ends[1]); else *held = ends[1];
        return child;
    }
    prctl(PR_SET_NAME, "tapd-sweeper", 0, 0, 0);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    setsid();
    int most = ends[0] + 1;
    for (size_t index = 0; index < count; index++)
        if (leftovers[index].directory >= most) most = leftovers[index].directory + 1;
    for (int other = 0; other < most; other++) {
        int isKept = other == ends[0];
        for (size_t index = 0; index < count; index++) isKept |= leftovers[index].directory == other;
        if (!isKept) close(other);
    }
    close_range(most, ~0U, 0);
    char byte;
    while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {}
    for (size_t index = 0; index < count; index++) tap_sweep(&leftovers[index]);
    _exit(0);
}

int tap_processors(void) {
    cpu_set_t set;
    // Machines with more processors than the set has room for say that it is too small.
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

ssize_t tap_send_now(int socket, const void *bytes, size_t count, int more) {
    ssize_t sent;
    do sent = send(socket, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
    while (sent < 0 && errno == EINTR);
    return sent;
}

int64_t tap_acknowledged_bytes(int socket) {
    // glibc's own struct tcp_info ends before this field, which is as old as Linux 4.1.
    struct { unsigned char older[120]; uint64_t acknowledged; } information;
    socklen_t size = sizeof information;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &information, &size) != 0 || size < sizeof information) return -1;
    return (int64_t)information.acknowledged;
}
