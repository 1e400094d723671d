// The stopwatch of tools/benchmark: takes times that a shell is too slow for. Answers are milliseconds.
//
//   stopwatch free-port                  a TCP port of 127.0.0.1 that nobody has
//   stopwatch run COMMAND…               from exec to the end of a command
//   stopwatch serve PORT PATH COMMAND…   from exec of a server to the first byte of its answer to GET PATH, and from
//                                        SIGTERM, with no connection open, to its end
//   stopwatch until TEXT COMMAND…        from exec of a server to a line of its output that contains the text, and from
//                                        SIGTERM to its end
//   stopwatch hold PORT PATH COUNT       opens so many connections and asks for a file on each; "held" when all are
//                                        answered; keeps them until its standard input ends
//   stopwatch ask PORT PATH              asks on a new connection each time until its standard input ends; then the number
//                                        of answers, the number of those that failed, and the longest time for one
//   stopwatch tell SOCKET                sends its process and the time in a datagram to a unix socket, and stays until it is killed
//   stopwatch store FILE BYTES           nothing is printed: writes a file durably, as making a tap does
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
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

/// Starts a command with its output thrown away, or sent to a descriptor.
static void start(char **command, int output) {
    child = vfork();
    if (child < 0) fail("fork");
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(output < 0 ? null : output, 1);
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
    start(command, -1);
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
    start(command, -1);
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

static int until(const char *text, char **command) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
    static char output[1 << 20];
    size_t size = 0;
    double begin = now();
    start(command, ends[1]);
    close(ends[1]);
    while (!strstr(output, text)) {
        ssize_t count = read(ends[0], output + size, sizeof output - 1 - size);
        if (count <= 0) fail("the command does not say it");
        size += count;
    }
    double said = now();
    pause_us(settling_ms * 1000);
    double asked = now();
    kill(child, SIGTERM);
    if (ended_within(start_limit_ms) < 0) {
        errno = ETIMEDOUT;
        fail("the command does not stop");
    }
    printf("%.3f %.3f\n", said - begin, now() - asked);
    return 0;
}

static int hold(int port, const char *path, int count) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    char request[1024], answer[65536];
    int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path);
    struct sockaddr_in address = local(port);
    for (int index = 0; index < count; index++) {
        int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
        if (send(descriptor, request, size, MSG_NOSIGNAL) != size) fail("send");
        if (recv(descriptor, answer, sizeof answer, 0) < 12 || memcmp(answer + 8, " 200", 4) != 0) fail("recv");
    }
    puts("held");
    fflush(stdout);
    while (read(0, answer, sizeof answer) > 0) {}
    return 0;
}

/// Whether a file is served on a new connection.
static int is_answered(struct sockaddr_in address, const char *request) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char answer[65536];
    size_t size = 0;
    ssize_t count = -1;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0 &&
        send(descriptor, request, strlen(request), MSG_NOSIGNAL) > 0) {
        while ((count = recv(descriptor, answer + size, sizeof answer - size, 0)) > 0) size += count;
    }
    close(descriptor);
    return count == 0 && size > 12 && memcmp(answer + 8, " 200", 4) == 0;
}

static int ask(int port, const char *path) {
    char request[1024];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
    struct pollfd input = {.fd = 0, .events = POLLIN};
    int answered = 0, failed = 0;
    double longest = 0;
    while (poll(&input, 1, 1) == 0) {
        double begin = now();
        if (is_answered(local(port), request)) answered++; else failed++;
        if (now() - begin > longest) longest = now() - begin;
    }
    printf("%d %d %.3f\n", answered, failed, longest);
    return 0;
}

static int tell(const char *path) {
    double begun = now();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[100];
    int size = snprintf(text, sizeof text, "%d %.3f", getpid(), begun);
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (sendto(descriptor, text, size, 0, (struct sockaddr *)&address, sizeof address) != size) fail("send");
    close(descriptor);
    while (1) pause();
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
    if (strcmp(verb, "until") == 0 && count > 3) return until(arguments[2], arguments + 3);
    if (strcmp(verb, "hold") == 0 && count == 5) return hold(atoi(arguments[2]), arguments[3], atoi(arguments[4]));
    if (strcmp(verb, "ask") == 0 && count == 4) return ask(atoi(arguments[2]), arguments[3]);
    if (strcmp(verb, "tell") == 0 && count == 3) return tell(arguments[2]);
    if (strcmp(verb, "store") == 0 && count == 4) return store(arguments[2], strtoul(arguments[3], NULL, 10));
    fprintf(stderr, "stopwatch: the first comment of stopwatch.c says how it is used\n");
    return 64;
}
