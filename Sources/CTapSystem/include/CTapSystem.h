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

/// A program that works for one request.
typedef struct {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// An open descriptor of the folder it works in.
    int folder;
    /// What become its descriptors 0, 1 and 2; each is 3 or more.
    int input, output, errors;
    /// The most bytes of memory and seconds of processor time it may use; 0: no limit of ours.
    uint64_t memory, processor;
} tap_worker;

/// Starts a program: the leader of a process group of its own, without other descriptors than those given,
/// with no signal blocked or ignored. Answers the process id once it is executed, or -1 with errno.
pid_t tap_start_worker(const tap_worker *worker);

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
