/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/words.h"

bool iotsig_words_parse(const char *list, const struct word *words, size_t count, unsigned *bits)
{
    unsigned parsed = 0;
    for (const char *word = list;;) {
        size_t n = strcspn(word, ","), i = 0;
        while (i < count && !text_equal(text_of(words[i].text), (struct text){word, n}))
            i++;
        if (i == count)
            return false;
        parsed |= words[i].bits;
        if (word[n] == '\0')
            break;
        word += n + 1;
    }
    *bits = parsed;
    return true;
}
