// Both ends of what a relay is loaded with: a server, and clients that ask it through the relay.
//
// usage: relays-load serve PLACE | relays-load CASE PLACE SECONDS CLIENTS [DESTINATION]
// A place is a port of this machine, whose server answers datagrams too, or the path of a unix socket. With a destination the
// place is that of a SOCKS proxy, which is asked for the port DESTINATION of this machine.
// Prints, for clients, how much was done in the time: `new` connections with one question of 100 bytes each, `ping` questions on
// connections that stay, `udp` questions in datagrams, `down` bytes that the server sends, `up` bytes that it takes.
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
#include <sys/un.h>
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

// Where to listen or to connect.
static struct sockaddr_storage place;
static socklen_t place_size;
static int client_type = SOCK_STREAM;

static void find(const char *text) {
    if (text[0] == '/') {
        struct sockaddr_un *name = (struct sockaddr_un *)&place;
        name->sun_family = AF_UNIX;
        if (strlen(text) >= sizeof name->sun_path) fail(text);
        strcpy(name->sun_path, text);
        place_size = sizeof *name;
        return;
    }
    struct sockaddr_in *name = (struct sockaddr_in *)&place;
    name->sin_family = AF_INET, name->sin_port = htons(atoi(text));
    name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    place_size = sizeof *name;
}

static int open_socket(int type) {
    int file = socket(place.ss_family, type, 0), on = 1;
    if (file < 0 || file >= most) fail("socket");
    if (place.ss_family == AF_INET && (type & 15) == SOCK_STREAM) setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return file;
}

// Answers datagrams with themselves.
static void serve_datagrams(int socket) {
    struct sockaddr_storage peer;
    for (;;) {
        socklen_t size = sizeof peer;
        ssize_t count = recvfrom(socket, buffer, piece, MSG_DONTWAIT, (struct sockaddr *)&peer, &size);
        if (count < 0) return;
        sendto(socket, buffer, count, MSG_DONTWAIT, (struct sockaddr *)&peer, size);
    }
}

static void serve_one(int poll, int socket) {
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
}

static void serve(void) {
    int listener = open_socket(SOCK_STREAM | SOCK_NONBLOCK), datagrams = -1, on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&place, place_size) || listen(listener, 4096)) fail("listen");
    int poll = epoll_create1(0);
    watch(poll, listener, EPOLLIN, EPOLL_CTL_ADD);
    if (place.ss_family == AF_INET) {
        datagrams = open_socket(SOCK_DGRAM | SOCK_NONBLOCK);
        if (bind(datagrams, (struct sockaddr *)&place, place_size)) fail("bind");
        watch(poll, datagrams, EPOLLIN, EPOLL_CTL_ADD);
    }
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int socket = events[i].data.fd;
            if (socket == datagrams) serve_datagrams(socket);
            if (socket != listener) {
                if (socket != datagrams) serve_one(poll, socket);
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

static void begin(int poll, const char *task) {
    int client = open_socket(client_type);
    if (connect(client, (struct sockaddr *)&place, place_size)) fail("connect");
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
static void ask(int poll, int client, const char *task) {
    ssize_t count = recv(client, buffer, asking[client] > 10 ? asking[client] - 10 : asking[client], MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
        close(client);
        begin(poll, task);
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

static void load(const char *task, double seconds, int clients) {
    int poll = epoll_create1(0);
    for (int i = 0; i < clients; i++) begin(poll, task);
    uint64_t done = 0;
    double end = now() + seconds;
    char text[question];
    memset(text, 'q', question);
    while (now() < end) {
        struct epoll_event events[256];
        int count = epoll_wait(poll, events, 256, 100);
        // Datagrams may be lost; who has lost all of them begins anew.
        if (count == 0 && client_type == SOCK_DGRAM) begin(poll, task);
        for (int i = 0; i < count; i++) {
            int client = events[i].data.fd;
            if (asking[client]) {
                ask(poll, client, task);
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
                begin(poll, task);
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
                begin(poll, task);
            }
        }
    }
    printf("%llu\n", (unsigned long long)done);
}

int main(int count, char **words) {
    if (count >= 3) find(words[2]);
    if (count == 3 && !strcmp(words[1], "serve")) serve();
    if (count != 5 && count != 6) {
        fputs("usage: relays-load serve PLACE | relays-load new|ping|udp|down|up PLACE SECONDS CLIENTS [DESTINATION]\n", stderr);
        return 64;
    }
    if (count == 6) destination = atoi(words[5]);
    const char *task = words[1];
    if (!strcmp(task, "udp")) {
        client_type = SOCK_DGRAM;
        task = "ping";
    }
    load(task, atof(words[3]), atoi(words[4]));
    return 0;
}
