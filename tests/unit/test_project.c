#include "parse_fixture.h"

#include "stages/parse/project.h"

#include <jansson.h>
#include <stdio.h>

static struct parsed scalar, best;

static int begin(void **state)
{
    (void)state;
    parsed_begin(&scalar, ISA_SCALAR);
    parsed_begin(&best, isa_best());
    return 0;
}

static int end(void **state)
{
    (void)state;
    parsed_end(&scalar);
    parsed_end(&best);
    return 0;
}

static bool is_json(const void *text, size_t size)
{
    parsed_line(&scalar, text, size);
    parsed_line(&best, text, size);
    enum line_reason reason = parsed_reason(&scalar);
    assert_int_equal(reason, parsed_reason(&best));
    return reason != LINE_BAD_JSON && reason != LINE_BAD_UTF8 &&
           reason != LINE_TOO_DEEP;
}

/* The text by itself, and where the walk passes it over or takes it. */
static void expect(const char *text, bool good)
{
    static const char *const around[][2] = {
        {"", ""},
        {"[", "]"},
        {"{\"unknown\":", "}"},
        {"{\"id\":", ",\"lang\":\"en\"}"},
        {"{\"user\":{\"name\":", "},\"x\":[1,{}]}"},
        {"{\"entities\":{\"urls\":[{},", "]}}"},
        {" { \"retweeted_status\" : ", " } "},
    };
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        char line[8192];
        int size = snprintf(line, sizeof line, "%s%s%s", around[i][0], text,
                            around[i][1]);
        if (is_json(line, (size_t)size) != good)
            fail_msg("%s should be %s", line, good ? "taken" : "refused");
    }
}

static void what_the_grammar_allows_is_taken(void **state)
{
    static const char *const good[] = {
        "0", "-0", "-1", "10", "123456789012345678901234567890", "1.5",
        "0.25", "1e5", "1E+5", "1e-05", "1e400", "-0.0e-0", "1234567.8",
        "null", "true", "false", "\"\"", "\"a\"", "\"\\u0000\\ud800\"",
        "\",:{}[]\"", "[]", "{}", "[[]]", "[{}]", "[1,2,3]", "[[],[],{}]",
        "{\"\":1}", "{\"a\":{\"b\":[1,{\"c\":null}]}}", "{\"a\":1,\"a\":2}",
        "{\"i\\u0064\":1}", "{\"\\u0069d\":[]}", "[\"a\",\"b\",null,-1]",
        " [ 1 , 2 ] ", "\t{\t\"a\"\t:\t1\t,\t\"b\"\t:\t\"x\"\t}\t",
        "\n[\n]\n", "{ }", "{\"a\" :1}", "{\"a\": 1}", "{\"a\":1 ,\"b\":2}",
        "{\"a\":\"x\" ,\"b\":\"y\" }", "[\"x\" ,1 , null , [ ] , { } ]",
        "\r\n 1 \r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        expect(good[i], true);
}

static void what_the_grammar_forbids_is_refused(void **state)
{
    static const char *const bad[] = {
        "", ",", ":", "{", "[", "\"", "tru", "nul", "falsee", "True", "nulll",
        "01", "-", "-01", "1.", ".5", "+1", "1e", "1e+", "1.e5", "0x10", "1_",
        "1a", "--1", "1-", "12345678a", "1234567890123456789x", "1e5.5",
        "NaN", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1:2]", "{\"a\"}",
        "{\"a\":}", "{\"a\":1,}", "{,\"a\":1}", "{\"a\":1,,\"b\":2}",
        "{\"a\"::1}", "{\"a\":1:\"b\":2}", "{\"a\",1}", "{\"a\" 1}",
        "{\"a\":1 \"b\":2}", "{\"a\":1\"b\":2}", "{1:2}", "{null:1}",
        "{[]:1}", "{\"a\":1]", "[1}", "[[1]", "{\"a\":[1}", "{\"a\":{}",
        "[\"a\"\"b\"]", "[\"a\"1]", "[1\"a\"]", "[1[]]", "[[]1]", "[{}{}]",
        "[[][]]", "\"a\",", "1,", "{},", ",{}", "{}:", "[]]", "{}}", "1 2",
        "\"a\" \"b\"", "\"a\":1", "{\"a\":\"b\":\"c\"}", "'a'", "/**/1",
        "[1,2,3,]", "{\"a\":[],}", "{\"a\":null,}", "{\"a\" \"b\"}",
        "{\"id\"\"x\":1}", "{\"id\":1 2}", "{\"id\":1, ,\"b\":2}",
        "{\"id\" , 1}", "{ , }", "[ , ]", "[1 , ]", "[ : ]", "{\"a\": : 1}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(bad[i], "\"a\":1") != 0 && strcmp(bad[i], "") != 0)
            expect(bad[i], false);
    assert_false(is_json("\"a\":1", 5));
    assert_false(is_json("        ", 8));
    assert_false(is_json("\xEF\xBB\xBF{}", 5));
    assert_false(is_json("{}\0", 3));
}

static void nesting_ends_at_the_limit(void **state)
{
    (void)state;
    for (int depth = PROJECT_DEPTH_MAX - 1; depth <= PROJECT_DEPTH_MAX + 1;
         depth++)
        for (int kind = 0; kind < 2; kind++) {
            char text[8 * (PROJECT_DEPTH_MAX + 2)] = "", *at = text;
            for (int i = 0; i < depth; i++)
                at += sprintf(at, "%s", !kind              ? "["
                                        : i + 1 < depth ? "{\"a\":"
                                                        : "{");
            for (int i = 0; i < depth; i++)
                *at++ = kind ? '}' : ']';
            bool good = depth <= PROJECT_DEPTH_MAX;
            assert_int_equal(is_json(text, (size_t)(at - text)), good);
            if (!good)
                assert_int_equal(parsed_reason(&scalar), LINE_TOO_DEEP);
        }
}

/* White space of any kind between all tokens changes nothing. */
static void white_space_may_stand_between_all_tokens(void **state)
{
    static const char *const tokens[] = {
        "{", "\"id_str\"", ":", "\"123\"", ",", "\"user\"", ":", "{",
        "\"id\"", ":", "7", ",", "\"x\"", ":", "[", "1", ",", "\"y\"", ",",
        "{", "}", ",", "[", "]", ",", "null", "]", "}", ",", "\"text\"", ":",
        "\"t\"", ",", "\"created_at\"", ":",
        "\"Wed Jul 03 06:29:00 +0000 2019\"", "}"};
    enum { COUNT = sizeof tokens / sizeof *tokens };
    (void)state;
    srand(1);
    for (int round = 0; round < 3000; round++) {
        char line[2048], *at = line;
        for (int i = 0; i < COUNT; i++) {
            at += sprintf(at, "%s", tokens[i]);
            for (int n = rand() % 4 == 0 ? rand() % 3 : 0; n; n--)
                *at++ = " \t\r\n"[rand() % 4];
        }
        assert_true(is_json(line, (size_t)(at - line)));
        assert_int_equal(best.tally.post_records, 1);
        assert_int_equal(item_at(&best, 0).observation.id.number, 7);
        assert_int_equal(item_at(&best, 1).post.id.number, 123);
    }
}

/* ---- against jansson --------------------------------------------------- */

static const char *const SEEDS[] = {
    ("{\"created_at\":\"Wed Jul 03 06:29:00 +0000 2019\",\"id\":11,"
    "\"id_str\":\"11\",\"text\":\"a\\u00e9\\\"\",\"user\":{\"id\":5,"
    "\"id_str\":\"5\",\"name\":\"n\",\"verified\":false,\"url\":null},"
    "\"entities\":{\"urls\":[],\"hashtags\":[{\"text\":\"x\","
    "\"indices\":[1,2]}]},\"lang\":\"en\",\"retweeted_status\":"
    "{\"id\":3,\"user\":{\"id\":9}},\"timestamp_ms\":\"1\"}"),
    ("{\"delete\":{\"status\":{\"id\":1,\"id_str\":\"1\",\"user_id\":2,"
    "\"user_id_str\":\"2\"},\"timestamp_ms\":\"1562135340000\"}}"),
    "[1,-2.5e+3,\"\\ud83d\\ude00\",[[],{}],null,true,false,{\"a\":[0]}]",
    " { \"a\" : [ 1 , 2 ] , \"b\" : { } , \"c\" : \"d\" } ",
};

static size_t mutate(char *line, size_t size)
{
    static const char bytes[] = "{}[]:,\"\\ 0123456789-+.eEntfalsu/\t\xC3\xA9";
    for (int changes = 1 + rand() % 3; changes; changes--) {
        size_t place = (size_t)rand() % size, other = (size_t)rand() % size;
        char byte = bytes[(size_t)rand() % (sizeof bytes - 1)];
        switch (rand() % 4) {
        case 0:
            line[place] = byte;
            break;
        case 1:
            memmove(line + place, line + place + 1, --size - place);
            break;
        case 2:
            memmove(line + place + 1, line + place, size++ - place);
            line[place] = byte;
            break;
        default:
            line[place] = line[other];
        }
    }
    return size;
}

/* jansson refuses these, which RFC 8259 allows. */
static bool jansson_is_stricter(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow ||
           code == json_error_null_character ||
           strstr(error->text, "invalid Unicode") != NULL;
}

static void jansson_agrees_on_every_mutation(void **state)
{
    uint32_t good = 0;
    (void)state;
    srand(2);
    for (int round = 0; round < 60000; round++) {
        char line[2048];
        size_t size = strlen(SEEDS[round % 4]);
        memcpy(line, SEEDS[round % 4], size);
        size = mutate(line, size);
        json_error_t error;
        json_t *json = json_loadb(line, size,
                                  JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        bool taken = is_json(line, size);
        if (taken != (json != NULL) &&
            (!taken || !jansson_is_stricter(&error)))
            fail_msg("%.*s: jansson says %s", (int)size, line,
                     json ? "good" : error.text);
        good += taken;
        json_decref(json);
    }
    assert_in_range(good, 6000, 54000);     /* neither side is idle */
}

/* ---- what is noted ----------------------------------------------------- */

enum { SLOT_A, SLOT_LONG, SLOT_CHILD, SLOT_CHILD_A, SLOT_CHILD_B, SLOTS };

static const struct context_key CHILD_KEYS[] = {
    {"a", 0, 0, 0}, {"b", 1, 0, 0}, {NULL, 0, 0, 0}};
static const struct context_key KEYS[] = {
    {"a", SLOT_A, 0, 0},
    {"a_key_that_is_longer_than_thirty_two_bytes", SLOT_LONG, 0, 0},
    {"child", SLOT_CHILD, 2, SLOT_CHILD_A},
    {NULL, 0, 0, 0}};
static const struct context CONTEXTS[] = {
    {NULL, 0, NULL}, {KEYS, SLOTS, NULL}, {CHILD_KEYS, 2, NULL}};

static struct projection *projection;
static struct slots slots;
static char padded[512];

static int compile(void **state)
{
    (void)state;
    projection = projection_compile(CONTEXTS, 3);
    return projection ? 0 : -1;
}

static int dispose(void **state)
{
    (void)state;
    projection_free(projection);
    return 0;
}

static void walk_once(const char *text)
{
    uint32_t tokens[512 + KERNEL_PADDING], count, token = 0;
    size_t size = strlen(text);
    assert_true(size < sizeof padded - KERNEL_PADDING);
    memset(padded, '}', sizeof padded);
    memcpy(padded, text, size);
    const uint8_t *bytes = (const uint8_t *)padded;
    assert_int_equal(index_scalar(bytes, size, tokens, &count), 0);
    struct walk walk = {bytes, (uint32_t)size, tokens, count};
    struct value_ref value;
    memset(&slots, 0x55, sizeof slots);
    assert_int_equal(project_value(projection, &walk, &token, 1, &slots,
                                   &value), WALK_OK);
    assert_int_equal(token, count);
}

static const char *noted(uint32_t slot)
{
    static char text[512];
    struct value_ref value = slot_value(&slots, slot);
    snprintf(text, sizeof text, "%d %.*s", value.type,
             (int)(value.end - value.start), padded + value.start);
    return text;
}

static void values_are_noted_wherever_they_stand(void **state)
{
    (void)state;
    /* Twice each: the second time the order of keys is known. */
    for (int i = 0; i < 2; i++) {
        walk_once("{\"a\":1,\"child\":{\"b\":\"x\",\"z\":[],\"a\":null}}");
        assert_string_equal(noted(SLOT_A), "4 1");
        assert_string_equal(noted(SLOT_CHILD_B), "5 x");
        assert_string_equal(noted(SLOT_CHILD_A), "1 null");
        assert_string_equal(noted(SLOT_LONG), "0 ");
        walk_once("{\"child\":7,\"a_key_that_is_longer_than_thirty_two_bytes\""
                  ":true,\"a_key_that_is_longer_than_thirty_two_bytez\":1}");
        assert_string_equal(noted(SLOT_CHILD), "4 7");
        assert_string_equal(noted(SLOT_LONG), "2 true");
        assert_string_equal(noted(SLOT_CHILD_B), "0 ");
        walk_once("{\"child\":7,\"a_key_that_is_lXnger_than_thirty_two_bytes\""
                  ":true}");
        assert_string_equal(noted(SLOT_LONG), "0 ");
        walk_once("{ \"unknown\" : [ 1 , { \"a\" : 2 } ] , \"a\" : [ ] }");
        assert_string_equal(noted(SLOT_A), "7 [ ]");
    }
}

static void of_a_key_that_stands_twice_the_last_counts(void **state)
{
    (void)state;
    walk_once("{\"a\":1,\"a\":\"2\"}");
    assert_string_equal(noted(SLOT_A), "5 2");
    walk_once("{\"child\":{\"a\":1},\"child\":{\"b\":2}}");
    assert_string_equal(noted(SLOT_CHILD_A), "0 ");
    assert_string_equal(noted(SLOT_CHILD_B), "4 2");
    walk_once("{\"child\":{\"a\":1},\"child\":null}");
    assert_string_equal(noted(SLOT_CHILD), "1 null");
    assert_string_equal(noted(SLOT_CHILD_A), "0 ");
    walk_once("{\"child\":{\"a\":1},\"child\":[{\"b\":1}]}");
    assert_string_equal(noted(SLOT_CHILD_A), "0 ");
    assert_string_equal(noted(SLOT_CHILD_B), "0 ");
}

static void a_key_spelled_with_escapes_is_the_same_key(void **state)
{
    (void)state;
    walk_once("{\"\\u0061\":1,\"ch\\u0069ld\":{\"\\u0062\" : 2}}");
    assert_string_equal(noted(SLOT_A), "4 1");
    assert_string_equal(noted(SLOT_CHILD_B), "4 2");
    walk_once("{\"\\\\u0061\":1,\"a\\u0000\":2}");
    assert_string_equal(noted(SLOT_A), "0 ");
}

int main(void)
{
    const struct CMUnitTest grammar[] = {
        cmocka_unit_test(what_the_grammar_allows_is_taken),
        cmocka_unit_test(what_the_grammar_forbids_is_refused),
        cmocka_unit_test(nesting_ends_at_the_limit),
        cmocka_unit_test(white_space_may_stand_between_all_tokens),
        cmocka_unit_test(jansson_agrees_on_every_mutation),
    };
    const struct CMUnitTest notes[] = {
        cmocka_unit_test(values_are_noted_wherever_they_stand),
        cmocka_unit_test(of_a_key_that_stands_twice_the_last_counts),
        cmocka_unit_test(a_key_spelled_with_escapes_is_the_same_key),
    };
    return cmocka_run_group_tests(grammar, begin, end) +
           cmocka_run_group_tests(notes, compile, dispose);
}
