// The stopwatch of tools/benchmark: takes times that a shell is too slow for. Answers are milliseconds.
//
//   stopwatch free-port                  a TCP port of 127.0.0.1 that nobody has
//   stopwatch run COMMAND…               from exec to the end of a command
//   stopwatch serve PORT PATH COMMAND…   from exec of a server to the first byte of its answer to GET PATH, and from
//                                        SIGTERM, with no connection open, to its end
//   stopwatch store FILE BYTES           nothing is printed: writes a file durably, as making a tap does
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { start_limit_ms = 10000, stop_limit_ms = 12000, settling_ms = 60 };

static pid_t child;

static void fail(const char *what) {
    fprintf(stderr, "stopwatch: %s: %s\n", what, strerror(errno));
    if (child > 0) kill(child, SIGKILL);
    exit(70);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void pause_us(long microseconds) {
    struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
    nanosleep(&time, NULL);
}

/// Starts a command with its output thrown away.
static void start(char **command) {
    child = vfork();
    if (child < 0) fail("fork");
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        if (!getenv("STOPWATCH_SHOW")) dup2(null, 2);
        execvp(command[0], command);
        _exit(127);
    }
}

/// Waits for the end of the command; its status as a shell tells it, or -1 when the limit is over.
static int ended_within(double limit_ms) {
    int status;
    for (double end = now() + limit_ms; now() < end; pause_us(20)) {
        if (waitpid(child, &status, WNOHANG) == child)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return -1;
}

static struct sockaddr_in local(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int free_port(void) {
    struct sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(descriptor, (struct sockaddr *)&address, size) != 0) fail("bind");
    getsockname(descriptor, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    return 0;
}

static int run(char **command) {
    double begin = now();
    start(command);
    int status;
    if (waitpid(child, &status, 0) != child) fail("wait");
    double end = now();
    if (status != 0) {
        fprintf(stderr, "stopwatch: %s ended with wait status %d\n", command[0], status);
        return 70;
    }
    printf("%.3f\n", end - begin);
    return 0;
}

/// The time of the first byte of an answer with status 200, or 0 when nobody listens yet.
static double first_byte(int port, const char *request) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = local(port);
    double moment = 0;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) {
        char answer[65536];
        if (send(descriptor, request, strlen(request), MSG_NOSIGNAL) < 0) fail("send");
        ssize_t count = recv(descriptor, answer, sizeof answer, 0);
        moment = now();
        if (count < 12 || memcmp(answer + 8, " 200", 4) != 0) {
            errno = EPROTO;
            fail("the server does not answer with 200");
        }
        while (count > 0) count = recv(descriptor, answer, sizeof answer, 0);
    }
    close(descriptor);
    return moment;
}

static int serve(int port, const char *path, char **command) {
    char request[1024];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
    prctl(PR_SET_TIMERSLACK, 1UL);
    double begin = now(), served = 0;
    start(command);
    while ((served = first_byte(port, request)) == 0) {
        if (now() - begin > start_limit_ms || waitpid(child, NULL, WNOHANG) == child) {
            errno = ETIMEDOUT;
            fail("the server does not listen");
        }
        pause_us(20);
    }
    pause_us(settling_ms * 1000);
    double asked = now();
    kill(child, SIGTERM);
    if (ended_within(stop_limit_ms) < 0) {
        errno = ETIMEDOUT;
        fail("the server does not stop");
    }
    printf("%.3f %.3f\n", served - begin, now() - asked);
    return 0;
}

static int store(const char *path, size_t bytes) {
    char temporary[4096], *content = calloc(1, bytes);
    snprintf(temporary, sizeof temporary, "%s.new", path);
    int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || write(file, content, bytes) != (ssize_t)bytes || fsync(file) != 0) fail(temporary);
    if (rename(temporary, path) != 0) fail(path);
    char *slash = strrchr(temporary, '/');
    if (slash) *slash = 0;
    int folder = open(slash ? temporary : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fsync(folder) != 0) fail("the folder");
    return 0;
}

int main(int count, char **arguments) {
    const char *verb = count > 1 ? arguments[1] : "";
    if (strcmp(verb, "free-port") == 0) return free_port();
    if (strcmp(verb, "run") == 0 && count > 2) return run(arguments + 2);
    if (strcmp(verb, "serve") == 0 && count > 4) return serve(atoi(arguments[2]), arguments[3], arguments + 4);
    if (strcmp(verb, "store") == 0 && count == 4) return store(arguments[2], strtoul(arguments[3], NULL, 10));
    fprintf(stderr, "stopwatch: the first comment of stopwatch.c says how it is used\n");
    return 64;
}
