/* strtol and its family, with their ends and errors. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void whole(const char *text, int base)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, base);
    printf("%s base %d: %lld rest \"%s\" %s\n", text, base, value, end, errno == ERANGE ? "range" : "ok");
}

int main(void)
{
    whole("42", 10);
    whole("  -17xyz", 10);
    whole("0x1f", 0);
    whole("0755", 0);
    whole("zz", 36);
    whole("99999999999999999999", 10);
    whole("-99999999999999999999", 10);
    whole("", 10);
    whole("nothing", 10);
    char *end;
    printf("%g ", strtod("3.25e2rest", &end));
    printf("%s %g %g %g\n", end, strtod("0x1.8p1", NULL), strtod("-inf", NULL), strtod(".", NULL));
    printf("%d %g %llu\n", atoi("123abc"), atof("2.5"), strtoull("18446744073709551615", NULL, 10));
    printf("%" PRIdMAX "\n", strtoimax("-5", NULL, 10));
    return 0;
}
