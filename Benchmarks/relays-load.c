// Both ends of what a relay is loaded with: a server, and clients that ask it through the relay.
//
// usage: relays-load serve PORT | relays-load CASE PORT SECONDS CLIENTS [DESTINATION]
// With a destination PORT is that of a SOCKS proxy, which is asked for the port DESTINATION of this machine.
// Prints, for clients, how much was done in the time: `new` connections with one question of 100 bytes each, `ping` questions on
// connections that stay, `down` bytes that the server sends, `up` bytes that it takes.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { question = 100, piece = 256 << 10, most = 65536 };

static char buffer[piece];
// How much of a question has come, and what a connection is for: q, d or u; by descriptor.
static int received[most];
static char purpose[most];
// How much of the talk with a proxy is left; by descriptor, and for all the port that it is asked for.
static int asking[most];
static int destination;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void watch(int poll, int socket, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.fd = socket};
    if (epoll_ctl(poll, operation, socket, &event)) fail("epoll_ctl");
}

static struct sockaddr_in address(int port) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return name;
}

static void serve_one(int poll, int socket, uint32_t events) {
    if (purpose[socket] == 'd') {
        while (send(socket, buffer, piece, MSG_NOSIGNAL) > 0) {}
        if (errno != EAGAIN) close(socket);
        return;
    }
    for (;;) {
        ssize_t count = recv(socket, buffer, piece, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) {
            close(socket);
            return;
        }
        if (!purpose[socket]) purpose[socket] = buffer[0];
        if (purpose[socket] == 'd') {
            memset(buffer, 'd', piece);
            watch(poll, socket, EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        if (purpose[socket] == 'u') continue;
        received[socket] += count;
        while (received[socket] >= question) {
            received[socket] -= question;
            if (send(socket, buffer, question, MSG_NOSIGNAL) != question) {
                close(socket);
                return;
            }
        }
    }
    (void)events;
}

static void serve(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in name = address(port);
    if (bind(listener, (struct sockaddr *)&name, sizeof name) || listen(listener, 4096)) fail("listen");
    int poll = epoll_create1(0);
    watch(poll, listener, EPOLLIN, EPOLL_CTL_ADD);
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int socket = events[i].data.fd;
            if (socket != listener) {
                serve_one(poll, socket, events[i].events);
                continue;
            }
            int client;
            while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                if (client >= most) {
                    close(client);
                    continue;
                }
                received[client] = 0, purpose[client] = 0;
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                watch(poll, client, EPOLLIN, EPOLL_CTL_ADD);
            }
        }
    }
}

static void start(int poll, int client, const char *task) {
    char first[question];
    memset(first, task[0] == 'd' || task[0] == 'u' ? task[0] : 'q', question);
    if (send(client, first, question, MSG_NOSIGNAL) != question) fail("send");
    if (task[0] == 'u') watch(poll, client, EPOLLOUT, EPOLL_CTL_MOD);
}

static void begin(int poll, int port, const char *task) {
    int client = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in name = address(port);
    if (client < 0 || client >= most || connect(client, (struct sockaddr *)&name, sizeof name)) fail("connect");
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    received[client] = 0;
    watch(poll, client, EPOLLIN, EPOLL_CTL_ADD);
    if (!destination) {
        start(poll, client, task);
        return;
    }
    asking[client] = 12;
    if (send(client, "\5\1\0", 3, MSG_NOSIGNAL) != 3) fail("send");
}

// Goes on with the talk with a proxy (RFC 1928): two bytes that name the method, and ten that say that it is connected.
static void ask(int poll, int port, int client, const char *task) {
    ssize_t count = recv(client, buffer, asking[client] > 10 ? asking[client] - 10 : asking[client], MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
        close(client);
        begin(poll, port, task);
        return;
    }
    asking[client] -= count;
    if (asking[client] == 10) {
        char request[] = {5, 1, 0, 1, 127, 0, 0, 1, destination >> 8, destination & 255};
        if (send(client, request, sizeof request, MSG_NOSIGNAL) != sizeof request) fail("send");
    }
    if (!asking[client]) start(poll, client, task);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void load(const char *task, int port, double seconds, int clients) {
    int poll = epoll_create1(0);
    for (int i = 0; i < clients; i++) begin(poll, port, task);
    uint64_t done = 0;
    double end = now() + seconds;
    char text[question];
    memset(text, 'q', question);
    while (now() < end) {
        struct epoll_event events[256];
        int count = epoll_wait(poll, events, 256, 100);
        for (int i = 0; i < count; i++) {
            int client = events[i].data.fd;
            if (asking[client]) {
                ask(poll, port, client, task);
                continue;
            }
            ssize_t bytes;
            if (task[0] == 'u') {
                bytes = send(client, buffer, piece, MSG_NOSIGNAL | MSG_DONTWAIT);
            } else {
                bytes = recv(client, buffer, piece, MSG_DONTWAIT);
            }
            if (bytes < 0 && errno == EAGAIN) continue;
            if (bytes <= 0) {
                // A relay that can't keep up may refuse; what it refuses does not count.
                close(client);
                begin(poll, port, task);
                continue;
            }
            if (task[0] == 'u' || task[0] == 'd') {
                done += bytes;
                continue;
            }
            received[client] += bytes;
            if (received[client] < question) continue;
            received[client] = 0;
            done++;
            if (task[0] == 'p') {
                if (send(client, text, question, MSG_NOSIGNAL) != question) fail("send");
            } else {
                close(client);
                begin(poll, port, task);
            }
        }
    }
    printf("%llu\n", (unsigned long long)done);
}

int main(int count, char **words) {
    if (count == 3 && !strcmp(words[1], "serve")) serve(atoi(words[2]));
    if (count != 5 && count != 6) {
        fprintf(
            stderr, "usage: relays-load serve PORT | relays-load new|ping|down|up PORT SECONDS CLIENTS [DESTINATION]\n");
        return 64;
    }
    if (count == 6) destination = atoi(words[5]);
    load(words[1], atoi(words[2]), atof(words[3]), atoi(words[4]));
    return 0;
}
