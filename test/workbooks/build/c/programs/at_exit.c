/* Functions that run at the end, in reverse, and buffered text that is written then. */
#include <stdio.h>
#include <stdlib.h>

static void first(void) { puts("first registered, last run"); }
static void second(void) { printf("second, without a newline"); }

int main(void)
{
    atexit(first);
    atexit(second);
    puts("main");
    return 9;
}
