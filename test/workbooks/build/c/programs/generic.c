/* _Generic and _Static_assert, which C has since 2011. */
#include <stdio.h>

#define kind(x) _Generic((x), int: "int", double: "double", char *: "text", const char *: "text", default: "another")
_Static_assert(sizeof(int) == 4, "as everywhere here");

int main(void)
{
    printf("%s %s %s %s %s\n", kind(1), kind(1.0), kind("x"), kind('c'), kind(1.0f));
    return 0;
}
