#include <stdio.h>
#include <stdlib.h>

static void last(void) { puts("at exit"); }

int main(void) {
    atexit(last);
    printf("no end of line before the end");
    exit(42);
}
