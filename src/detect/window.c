/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/window.h"

#include "base/strings.h"

#define CAPACITY_MIN 32

void iotsig_window_init(struct window *window, const struct iotsig_allocator *allocator)
{
    *window = (struct window){.allocator = allocator};
}

void iotsig_window_fini(struct window *window)
{
    iotsig_memory_free(window->allocator, window->items);
    iotsig_window_init(window, window->allocator);
}

static void empty(struct showing *items, size_t capacity)
{
    for (size_t i = 0; i < capacity; i++)
        items[i].number = IOTSIG_NO_STRING;
}

/* Where a number is, or would be. Numbers are of a vocabulary that nobody on the network chooses.
 */
static struct showing *place_of(struct showing *items, size_t capacity, uint32_t number)
{
    size_t i = (number * 0x9e3779b1u >> 7) & (capacity - 1);
    while (items[i].number != number && items[i].number != IOTSIG_NO_STRING)
        i = (i + 1) & (capacity - 1);
    return &items[i];
}

struct showing *iotsig_window_find(const struct window *window, uint32_t number)
{
    if (window->capacity == 0)
        return NULL;
    struct showing *found = place_of(window->items, window->capacity, number);
    return found->number == number ? found : NULL;
}

static bool is_kept(const struct showing *item, int64_t since)
{
    return item->number != IOTSIG_NO_STRING && item->last >= since;
}

/* Counts those that are kept, and puts them where they belong in `to`, which is empty, or NULL. */
static size_t keep(const struct window *window, int64_t since, struct showing *to, size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0; i < window->capacity; i++)
        if (is_kept(&window->items[i], since)) {
            count++;
            if (to != NULL)
                *place_of(to, capacity, window->items[i].number) = window->items[i];
        }
    return count;
}

/* Room for one more, at most half full. */
static bool make_room(struct window *window, int64_t since)
{
    size_t capacity = CAPACITY_MIN, count = keep(window, since, NULL, 0);
    while (capacity / 4 < count) /* so that it is not full again at once */
        capacity *= 2;
    struct showing *items = iotsig_memory_get(window->allocator, capacity * sizeof *items);
    if (items == NULL)
        return false;
    empty(items, capacity);
    window->count = keep(window, since, items, capacity);
    iotsig_memory_free(window->allocator, window->items);
    window->items = items;
    window->capacity = capacity;
    return true;
}

/* Where one is taken out, those behind it move up. */
void iotsig_window_sweep(struct window *window)
{
    size_t mask = window->capacity - 1;
    for (size_t i = 0; i < window->capacity;) {
        if (window->items[i].number == IOTSIG_NO_STRING || !window->items[i].lapsed) {
            i++;
            continue;
        }
        window->items[i].number = IOTSIG_NO_STRING;
        window->count--;
        for (size_t j = (i + 1) & mask; window->items[j].number != IOTSIG_NO_STRING;
             j = (j + 1) & mask) {
            struct showing item = window->items[j];
            window->items[j].number = IOTSIG_NO_STRING;
            *place_of(window->items, window->capacity, item.number) = item;
        }
    }
}

struct showing *iotsig_window_get(struct window *window, uint32_t number, int64_t since)
{
    struct showing *found = iotsig_window_find(window, number);
    if (found != NULL)
        return found;
    if (iotsig_window_is_full(window) && !make_room(window, since))
        return NULL;
    found = place_of(window->items, window->capacity, number);
    *found = (struct showing){.number = number};
    window->count++;
    return found;
}
