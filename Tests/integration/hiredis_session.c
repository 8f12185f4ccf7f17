/* A session over hiredis, the C client library: what test_hiredis.py compiles and runs.
 *
 *     hiredis_session PORT [UNIX-SOCKET]
 *
 * Prints "N checks" and exits with 0 when all hold; otherwise names the line that does not. */

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int checks = 0;

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "line %d: %s does not hold\n", __LINE__, #condition); \
            exit(1);                                                            \
        }                                                                       \
        checks++;                                                               \
    } while (0)

static redisReply *command(redisContext *context, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = redisvCommand(context, format, arguments);
    va_end(arguments);
    if (reply == NULL) {
        fprintf(stderr, "no reply to %s: %s\n", format, context->errstr);
        exit(1);
    }
    return reply;
}

static void expect_text(redisReply *reply, int type, const char *text) {
    CHECK(reply->type == type);
    CHECK(reply->len == strlen(text) && memcmp(reply->str, text, reply->len) == 0);
    freeReplyObject(reply);
}

static void expect_integer(redisReply *reply, long long value) {
    CHECK(reply->type == REDIS_REPLY_INTEGER && reply->integer == value);
    freeReplyObject(reply);
}

static void strings(redisContext *context) {
    expect_text(command(context, "FLUSHALL"), REDIS_REPLY_STATUS, "OK");
    expect_text(command(context, "SET %s %b", "key", "a\0b\r\n", (size_t)5), REDIS_REPLY_STATUS, "OK");
    redisReply *reply = command(context, "GET key");
    CHECK(reply->type == REDIS_REPLY_STRING && reply->len == 5);
    CHECK(memcmp(reply->str, "a\0b\r\n", 5) == 0);
    freeReplyObject(reply);
    reply = command(context, "GET nothing");
    CHECK(reply->type == REDIS_REPLY_NIL);
    freeReplyObject(reply);
    expect_integer(command(context, "INCRBY counter 9223372036854775807"), 9223372036854775807LL);
    expect_text(command(context, "INCR counter"), REDIS_REPLY_ERROR,
                "ERR increment or decrement would overflow");
    expect_text(command(context, "NOSUCH a"), REDIS_REPLY_ERROR,
                "ERR unknown command 'NOSUCH', with args beginning with: 'a' ");
}

static void arrays(redisContext *context) {
    for (int number = 0; number < 100; number++) {
        expect_integer(command(context, "RPUSH list %d", number), number + 1);
    }
    redisReply *reply = command(context, "LRANGE list 0 -1");
    CHECK(reply->type == REDIS_REPLY_ARRAY && reply->elements == 100);
    for (int number = 0; number < 100; number++) {
        CHECK(atoi(reply->element[number]->str) == number);
    }
    freeReplyObject(reply);
    reply = command(context, "LMPOP 2 nothing list LEFT COUNT 2");
    CHECK(reply->elements == 2 && reply->element[1]->elements == 2);
    freeReplyObject(reply);
    reply = command(context, "MGET key nothing list");
    CHECK(reply->elements == 3 && reply->element[1]->type == REDIS_REPLY_NIL);
    CHECK(reply->element[2]->type == REDIS_REPLY_NIL);
    freeReplyObject(reply);
}

static void pipeline(redisContext *context) {
    const int depth = 10000;
    for (int number = 0; number < depth; number++) {
        redisAppendCommand(context, "SET pipeline:%d %d", number, number);
        redisAppendCommand(context, "GET pipeline:%d", number);
    }
    for (int number = 0; number < depth; number++) {
        redisReply *set, *get;
        CHECK(redisGetReply(context, (void **)&set) == REDIS_OK);
        CHECK(redisGetReply(context, (void **)&get) == REDIS_OK);
        CHECK(set->type == REDIS_REPLY_STATUS && atoi(get->str) == number);
        freeReplyObject(set);
        freeReplyObject(get);
    }
}

static void large_value(redisContext *context) {
    const size_t length = 8 * 1024 * 1024;
    char *value = malloc(length);
    memset(value, 'v', length);
    expect_text(command(context, "SET large %b", value, length), REDIS_REPLY_STATUS, "OK");
    redisReply *reply = command(context, "GET large");
    CHECK(reply->type == REDIS_REPLY_STRING && reply->len == length);
    CHECK(memcmp(reply->str, value, length) == 0);
    freeReplyObject(reply);
    expect_integer(command(context, "DEL large"), 1);
    free(value);
}

int main(int count, char **arguments) {
    struct timeval limit = {.tv_sec = 10};
    for (int way = 0; way < count - 1; way++) {
        redisContext *context = way == 0
            ? redisConnectWithTimeout("127.0.0.1", atoi(arguments[1]), limit)
            : redisConnectUnixWithTimeout(arguments[2], limit);
        CHECK(context != NULL && context->err == 0);
        redisSetTimeout(context, limit);
        strings(context);
        arrays(context);
        pipeline(context);
        large_value(context);
        redisFree(context);
    }
    printf("%d checks\n", checks);
    return 0;
}
