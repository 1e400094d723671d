// What Glibc's module hides from Swift: calls that need _GNU_SOURCE, variadic calls and macros.
// Each function answers 0 or a descriptor, or -1 with errno set, unless it says otherwise.
#ifndef CTAPSYSTEM_H
#define CTAPSYSTEM_H

#include <stdint.h>
#include <sys/types.h>

/// Forbids this process and its children to gain privileges through exec. Per thread: call it before any thread exists.
int tap_forbid_new_privileges(void);

/// Sets real, effective and saved group id in all threads, and clears or sets the supplementary groups first.
int tap_drop_group(gid_t group, const char *user);

/// Sets real, effective and saved user id in all threads.
int tap_drop_user(uid_t user);

/// Renames without replacing: EEXIST when `to` is there.
int tap_rename_exclusive(const char *from, const char *to);

/// Opens `path` below `directory` without ever leaving it. `allowLinks` 0 refuses symbolic links altogether (ELOOP);
/// 1 follows those that stay inside (EXDEV otherwise); 2 follows all. Read-only, close-on-exec, never blocks on a FIFO.
int tap_open_beneath(int directory, const char *path, int allowLinks);

/// The user id of the process at the other end of a unix socket.
int tap_peer_user(int socket, uid_t *user);

/// A non-blocking, close-on-exec stream or datagram socket.
int tap_socket(int family, int type);

/// Sends a datagram, and with it a descriptor unless that is negative (unix(7), SCM_RIGHTS). Answers the bytes sent.
ssize_t tap_send(int socket, const void *bytes, size_t count, int descriptor);

/// Starts a process that keeps the right to change `directory`, waits for this one to end, and then removes what it left
/// there: `socket`, and the `-wal` and `-shm` of `database` when the log is empty and no process has it open.
/// Answers the process id. Call it while there is one thread.
pid_t tap_start_sweeper(int directory, const char *database, const char *socket);

/// Holds writes to a TCP socket back until full segments can be sent (1), or lets them go (0).
int tap_cork(int socket, int on);

#endif
