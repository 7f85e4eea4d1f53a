/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that forget: base/recent, and detect/window, against lists that are searched. */
#include "unit.h"

#include <string.h>

#include "base/recent.h"
#include "base/strings.h"
#include "detect/window.h"

#define MOST 5
#define KEYS 12

/* What was used, the last one last, by a list that is searched. */
struct model {
    unsigned keys[MOST];
    size_t n;
};

static void use(struct model *model, unsigned key)
{
    size_t i = 0;
    while (i < model->n && model->keys[i] != key)
        i++;
    if (i == MOST) /* the first makes room */
        i = 0;
    else if (i == model->n)
        model->n++;
    memmove(model->keys + i, model->keys + i + 1, (model->n - 1 - i) * sizeof *model->keys);
    model->keys[model->n - 1] = key;
}

static bool has(const struct model *model, unsigned key)
{
    for (size_t i = 0; i < model->n; i++)
        if (model->keys[i] == key)
            return true;
    return false;
}

static void count_leaving(void *user, void *value)
{
    (void)value;
    ++*(size_t *)user;
}

static void what_was_used_longest_ago_makes_room(void **state)
{
    (void)state;
    const struct iotsig_hash_key key = {1, 2};
    struct iotsig_recent recent;
    struct model model = {.n = 0};
    uint64_t random = 7;
    size_t left = 0, added_in_all = 0;
    iotsig_recent_init(&recent, &iotsig_allocator_default, key, sizeof(unsigned), MOST,
                       count_leaving, &left);
    for (int i = 0; i < 5000; i++) {
        unsigned number = (unsigned)below(&random, KEYS);
        bool added, known = has(&model, number);
        unsigned *value = iotsig_recent_get(&recent, &number, sizeof number, &added);
        assert_non_null(value);
        assert_int_equal(added, !known);
        assert_int_equal(*value, added ? 0 : number);
        *value = number;
        added_in_all += added;
        use(&model, number);
        size_t n = 0;
        for (unsigned *at = NULL; (at = iotsig_recent_next(&recent, at)) != NULL; n++)
            assert_int_equal(*at, model.keys[n]);
        assert_int_equal(n, model.n);
        for (unsigned other = 0; other < KEYS; other++)
            assert_int_equal(iotsig_recent_find(&recent, &other, sizeof other) != NULL,
                             has(&model, other));
    }
    assert_int_equal(recent.evicted, left);
    iotsig_recent_fini(&recent);
    assert_int_equal(left, added_in_all);
}

static void showings_are_found_until_they_are_swept_out(void **state)
{
    (void)state;
    enum { NUMBERS = 300 };
    struct window window;
    int64_t last[NUMBERS] = {0};
    uint64_t random = 9;
    iotsig_window_init(&window, &iotsig_allocator_default);
    for (int64_t now = 1; now < 20000; now++) {
        uint32_t number = (uint32_t)below(&random, NUMBERS);
        struct showing *showing = iotsig_window_get(&window, number, now - 400);
        assert_non_null(showing);
        assert_true(showing->count == 0 || showing->last == last[number]);
        assert_true(showing->count > 0 || last[number] < now - 400 || last[number] == 0);
        showing->count++;
        showing->last = last[number] = now;
        if (now % 500 == 0) {
            for (uint32_t i = 0; i < NUMBERS; i += 3)
                if ((showing = iotsig_window_find(&window, i)) != NULL)
                    showing->lapsed = true;
            iotsig_window_sweep(&window);
            for (uint32_t i = 0; i < NUMBERS; i++) {
                showing = iotsig_window_find(&window, i);
                assert_true(i % 3 != 0 || showing == NULL);
                assert_true(i % 3 == 0 || last[i] < now - 400 || showing != NULL);
                if (i % 3 == 0)
                    last[i] = 0;
            }
        }
    }
    assert_true(window.capacity <= 2048); /* what is old takes no room */
    iotsig_window_fini(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_used_longest_ago_makes_room),
        cmocka_unit_test(showings_are_found_until_they_are_swept_out),
    };
    return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
