#include "util/number.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

/* Of this thread only; a zero locale, when there is no memory for one, changes nothing. */
static locale_t enter(locale_t *before)
{
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    *before = uselocale(plain);
    return plain;
}

static void leave(locale_t plain, locale_t before)
{
    uselocale(before);
    if (plain != (locale_t)0)
        freelocale(plain);
}

double tq_number__read(const char *text, char **end)
{
    locale_t before;
    const locale_t plain = enter(&before);
    const double number = strtod(text, end);
    leave(plain, before);
    return number;
}

size_t tq_number__print(char *to, size_t size, int digits, double value)
{
    locale_t before;
    const locale_t plain = enter(&before);
    const int length = snprintf(to, size, "%.*g", digits, value);
    leave(plain, before);
    return length < 0 ? 0 : (size_t)length;
}
