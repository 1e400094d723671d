// What Glibc's module hides from Swift: calls that need _GNU_SOURCE, variadic calls and macros.
// Each function answers 0 or a descriptor, or -1 with errno set, unless it says otherwise.
#ifndef CTAPSYSTEM_H
#define CTAPSYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <spawn.h>
#include <sys/types.h>

/// Forbids this process and its children to gain privileges through exec. Per thread: call it before any thread exists.
int tap_forbid_new_privileges(void);

/// Sets real, effective and saved group id in all threads, or only the effective one, and first the supplementary groups.
int tap_drop_group(gid_t group, const gid_t *others, size_t count, int onlyEffective);

/// Sets real, effective and saved user id in all threads, or only the effective one.
int tap_drop_user(uid_t user, int onlyEffective);

/// The groups a user is in, as group(5) says, `group` included: at most `*count`, which becomes their number.
int tap_groups_of(const char *user, gid_t group, gid_t *groups, int *count);

/// A pipe that children do not inherit: the reading end, then the writing one.
int tap_pipe(int ends[2]);

/// Mounts a proc(5) on `folder` that shows only the caller's own processes, for this process and its children alone.
int tap_mount_proc(const char *folder);

/// Closes every descriptor but 0, 1, 2 and one more.
void tap_close_others(int kept);

/// fork(2), which Swift hides. Call it while there is one thread.
pid_t tap_fork(void);

/// Starts a program in a process of its own that keeps the descriptors listed and no others but 0, 1 and 2, with no signal
/// blocked. Answers the process id; when the program can't be executed the process ends with the status 126.
pid_t tap_start_program(const char *path, char *const *arguments, char *const *environment, const int *kept, size_t count);

/// The most descriptors that a child can be given.
#define TAP_CHILD_FILES 64

/// What failed when a child could not be started.
enum {
    TAP_CHILD_BRANCH = 1,
    TAP_CHILD_GROUP,
    TAP_CHILD_LIMITS,
    TAP_CHILD_USER,
    TAP_CHILD_FOLDER,
    TAP_CHILD_FILES_TAKEN,
    TAP_CHILD_PROGRAM,
};

/// A limit of setrlimit(2).
typedef struct {
    int resource;
    uint64_t soft, hard;
} tap_child_limit;

/// A program that is started and watched.
typedef struct {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// An open descriptor of the folder it works in.
    int folder;
    /// What become its descriptors from 0 on: 1 to TAP_CHILD_FILES.
    const int *files;
    size_t fileCount;
    const tap_child_limit *limits;
    size_t limitCount;
    /// The mode bits that its files don't get; -1: as ours.
    int umask;
    /// Whether it leads a session of its own, and not only a process group.
    int ownSession;
    /// The signal it gets when the thread that starts it ends, as all do with their process; 0: none.
    int orphanSignal;
    /// Whether it becomes another user, which only root can.
    int changesUser;
    uid_t user;
    gid_t group;
    const gid_t *groups;
    size_t groupCount;
} tap_child;

/// Starts a program: the leader of a process group of its own, without other descriptors than those given, with no signal
/// blocked or ignored. Answers the process id once it is executed, or -1 with errno and what failed in `step`.
pid_t tap_start_child(const tap_child *child, int *step);

/// A descriptor of a process that can be read from when it ends (pidfd_open(2)); children do not inherit it.
int tap_process_descriptor(pid_t process);

/// Something that waits for descriptors, epoll(7), which children do not inherit.
int tap_watch(void);

/// Waits until one of the descriptors can be read from. Answers 1 and the token of that one, or -1 with errno.
int tap_watch_next(int watch, uint64_t *token);

/// Has a descriptor reported once.
int tap_watch_add(int watch, int descriptor, uint64_t token);

/// Has a descriptor reported once more.
int tap_watch_again(int watch, int descriptor, uint64_t token);

/// Reports a descriptor no more.
int tap_watch_forget(int watch, int descriptor);

/// Has a program that is spawned begin without the files from a number on. Answers 0, or an error number.
///
/// posix_spawn_file_actions_addclosefrom_np(3) of glibc, which Swift's module hides.
int tap_spawn_closing(posix_spawn_file_actions_t *actions, int first);

/// Renames without replacing: EEXIST when `to` is there.
int tap_rename_exclusive(const char *from, const char *to);

/// Opens `path` below `directory` without ever leaving it. `allowLinks` 0 refuses symbolic links altogether (ELOOP);
/// 1 follows those that stay inside (EXDEV otherwise); 2 follows all. Read-only, close-on-exec, never blocks on a FIFO.
int tap_open_beneath(int directory, const char *path, int allowLinks);

/// The user id of the process at the other end of a unix socket.
int tap_peer_user(int socket, uid_t *user);

/// Whether the process at the other end of a unix socket is in a group, be it as a supplementary one.
int tap_peer_has_group(int socket, gid_t group);

/// A non-blocking, close-on-exec stream or datagram socket.
int tap_socket(int family, int type);

/// What a process leaves in a folder when it ends.
typedef struct {
    /// An open descriptor of the folder.
    int directory;
    const char *name;
    /// `s`: a socket. `p`: a pid file, which goes unless another process has locked it (flock). `d`: an SQLite file, whose
    /// `-wal` and `-shm` go when the log is empty and no process has it open.
    char kind;
} tap_leftover;

/// Starts a process that keeps the right to change folders, waits until nobody has `*held` open any more, and then removes
/// what is listed. Answers the process id. Call it while there is one thread.
pid_t tap_start_sweeper(const tap_leftover *leftovers, size_t count, int *held);

/// What has happened to a file that is watched (epoll(7)).
typedef struct {
    /// What was given when it was added.
    uint64_t token;
    /// Something can be read, be it the end.
    int isReadable;
    /// Something can be written, or that failed.
    int isWritable;
    /// The other side sends nothing more, or the connection is broken.
    int isHungUp;
    /// There are urgent data, before which a read stops (tcp(7)).
    int isUrgent;
} tap_happening;

/// Has each change reported of what can be read from or written to a file, or, of a listening socket, one watcher of
/// several for each connection that waits.
int tap_watch_stream(int watch, int file, uint64_t token, int isListener);

/// Waits for so many milliseconds at most, and answers how many of `happenings` were written.
int tap_watch_wait(int watch, tap_happening *happenings, int count, int milliseconds);

/// A file that wakes whoever watches it when a number is written to it (eventfd(2)).
int tap_waker(void);

/// Accepts a connection that does not block; `name` has room for any address.
int tap_accept(int listener, void *name, unsigned *size);

/// A pipe that neither blocks nor is inherited, with room for so many bytes at least.
int tap_wide_pipe(int ends[2], int bytes);

/// Moves bytes between a pipe and another file without waiting (splice(2)).
ssize_t tap_splice(int from, int to, size_t count);

/// Sends a datagram, and with it a descriptor unless that is negative (unix(7), SCM_RIGHTS). Answers the bytes sent.
ssize_t tap_send(int socket, const void *bytes, size_t count, int descriptor);

/// Two connected stream sockets that children do not inherit.
int tap_socket_pair(int ends[2]);

/// Gives back the pages of the program's and its libraries' files that this process has mapped but can't write to. Those that
/// are still used come back from the kernel's memory, unchanged, when they are touched.
void tap_give_back_code(void);

/// How many processors this process may use.
int tap_processors(void);

/// Sends bytes without waiting; with `more` they may be held back until others join them (send(2), MSG_MORE). Answers the
/// number sent, or -1 with errno.
ssize_t tap_send_now(int socket, const void *bytes, size_t count, int more);

/// How many bytes the other side of a TCP connection has acknowledged; -1 for other sockets.
int64_t tap_acknowledged_bytes(int socket);

#endif
