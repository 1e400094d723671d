#define _GNU_SOURCE
#include "CTapSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int tap_forbid_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int tap_drop_group(gid_t group, const char *user) {
    int cleared = user ? initgroups(user, group) : setgroups(0, NULL);
    return cleared < 0 ? -1 : setresgid(group, group, group);
}

int tap_drop_user(uid_t user) { return setresuid(user, user, user); }

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

static void tap_sweep(int directory, const char *database, const char *socket) {
    char log[256], index[256];
    struct stat it;
    if (fstatat(directory, socket, &it, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(it.st_mode)) unlinkat(directory, socket, 0);
    if (snprintf(log, sizeof log, "%s-wal", database) >= (int)sizeof log) return;
    snprintf(index, sizeof index, "%s-shm", database);
    if (fstatat(directory, log, &it, AT_SYMLINK_NOFOLLOW) == 0 && it.st_size > 0) return;
    if (!tap_index_is_free(directory, index)) return;
    unlinkat(directory, log, 0);
    unlinkat(directory, index, 0);
}

// The parent's end of the pipe is closed by the kernel when the parent is gone, however it went.
pid_t tap_start_sweeper(int directory, const char *database, const char *socket) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    pid_t child = fork();
    if (child != 0) {
        close(ends[0]);
        if (child < 0) close(ends[1]);
        return child;
    }
    prctl(PR_SET_NAME, "tapd-sweeper", 0, 0, 0);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    setsid();
    int kept = fcntl(directory, F_DUPFD, 10), end = fcntl(ends[0], F_DUPFD, 11);
    for (int other = 0; other < 10; other++) close(other);
    if (dup2(kept, 3) < 0 || dup2(end, 4) < 0) _exit(1);
    close_range(5, ~0U, 0);
    char byte;
    while (read(4, &byte, 1) < 0 && errno == EINTR) {}
    tap_sweep(3, database, socket);
    _exit(0);
}

int tap_cork(int socket, int on) { return setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof on); }
