/* How many rows a second bare SQLite changes in a loop, each in a transaction of its own that is on disk afterwards:
 * WAL, synchronous=FULL, the columns of a tap's table `state`. The yardstick of durable updates with one writer.
 * usage: sqlite-loop DATABASE SECONDS VALUE_BYTES */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { keys = 100000 };

static void need(int good, sqlite3 *database) {
    if (good) return;
    fprintf(stderr, "sqlite-loop: %s\n", database ? sqlite3_errmsg(database) : "usage");
    exit(70);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void set(sqlite3 *database, sqlite3_stmt *statement, int64_t key, char *value, int size, int64_t number) {
    memcpy(value, &number, sizeof number);
    sqlite3_bind_int64(statement, 1, key);
    sqlite3_bind_blob(statement, 2, value, size, SQLITE_STATIC);
    need(sqlite3_step(statement) == SQLITE_DONE, database);
    sqlite3_reset(statement);
}

int main(int count, char **words) {
    sqlite3 *database = NULL;
    need(count == 4, database);
    double seconds = atof(words[2]);
    int size = atoi(words[3]);
    char *value = calloc(1, size < 8 ? 8 : size);
    need(sqlite3_open(words[1], &database) == SQLITE_OK, database);
    need(sqlite3_exec(database,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE state (service INTEGER NOT NULL, cell TEXT NOT NULL, key ANY NOT NULL, version INTEGER NOT NULL,"
        " value BLOB NOT NULL, born INTEGER NOT NULL, PRIMARY KEY (service, cell, key)) STRICT, WITHOUT ROWID",
        NULL, NULL, NULL) == SQLITE_OK, database);
    sqlite3_stmt *statement;
    need(sqlite3_prepare_v3(database,
        "INSERT INTO state VALUES (1, 'visits', ?1, 1, ?2, 2) ON CONFLICT (service, cell, key)"
        " DO UPDATE SET version = excluded.version, value = excluded.value WHERE born = excluded.born",
        -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) == SQLITE_OK, database);

    need(sqlite3_exec(database, "BEGIN", NULL, NULL, NULL) == SQLITE_OK, database);
    for (int64_t key = 0; key < keys; key++) set(database, statement, key, value, size, key);
    need(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, database);

    uint64_t random = 0x9E3779B97F4A7C15;
    int64_t number = 0;
    double start = now();
    while (now() - start < seconds) {
        random ^= random << 13; /* xorshift64 (Marsaglia, 2003) */
        random ^= random >> 7;
        random ^= random << 17;
        set(database, statement, random % keys, value, size, number++);
    }
    printf("updates/s\t%.1f\n", number / (now() - start));
    sqlite3_finalize(statement);
    return sqlite3_close(database);
}
